from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Account
from mailbox import opening
from mailbox.errors import KeyMissing
from mailbox.filing import spares
from mailbox.filing.mailboxes import SYSTEM_FOLDERS
from mailbox.models import Folder, Mailbox, MailboxAddress, Message
from mailbox.opening import mailbox_key
from mailbox.people.opening import (
    AddressLeadsElsewhere,
    NoSpareMailbox,
    close_mailbox_of,
    open_mailbox_of,
    welcome,
)
from mailbox.sealing import hpke
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.people.offices import office

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(cast: Cast) -> Account:
    return Account.objects.create_user("new@transport.example", agency=cast.transport)


def test_a_worker_gives_a_spare_mailbox_out_and_its_key_fits(
    newcomer: Account, key_set: dict[Role, StoredKeyring]
) -> None:
    spares.fill(1)
    with using(key_set["worker"]):
        open_mailbox_of(newcomer, now=timezone.now())
    box = Mailbox.objects.get(account=newcomer)

    assert box.is_open and not box.is_spare
    assert Folder.objects.filter(mailbox=box).count() == len(SYSTEM_FOLDERS)
    assert hpke.public_key_of(mailbox_key(box)) == bytes(box.public_key)
    assert MailboxAddress.objects.get(mailbox=box).address == newcomer.address


def test_a_worker_cannot_open_what_it_gave_out(
    newcomer: Account, key_set: dict[Role, StoredKeyring]
) -> None:
    spares.fill(1)
    with using(key_set["worker"]):
        open_mailbox_of(newcomer, now=timezone.now())
        with pytest.raises(KeyMissing):
            opening.mailbox_key(Mailbox.objects.get(account=newcomer))


def test_without_a_spare_mailbox_a_worker_waits_for_the_keyholder(
    newcomer: Account, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(key_set["worker"]), pytest.raises(NoSpareMailbox):
        open_mailbox_of(newcomer, now=timezone.now())

    assert not Mailbox.objects.filter(account=newcomer).exists()


def test_a_worker_can_make_no_spare_mailbox(cast: Cast, key_set: dict[Role, StoredKeyring]) -> None:
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        spares.fill(1)


def test_opening_twice_opens_one_mailbox(newcomer: Account) -> None:
    spares.fill(2)
    for _time in range(2):
        open_mailbox_of(newcomer, now=timezone.now())

    assert Mailbox.objects.spare().count() == 1


def test_a_request_that_was_cancelled_and_made_again_finds_its_mailbox(newcomer: Account) -> None:
    open_mailbox_of(newcomer, now=timezone.now())
    close_mailbox_of(newcomer, now=timezone.now())
    assert not Mailbox.objects.get(account=newcomer).is_open
    open_mailbox_of(newcomer, now=timezone.now())

    assert Mailbox.objects.get(account=newcomer).is_open


def test_an_address_that_leads_elsewhere_is_said_and_costs_no_spare(cast: Cast) -> None:
    spares.fill(1)
    MailboxAddress.objects.create(
        address="new@transport.example", mailbox=cast.mailbox_of(cast.amina)
    )
    newcomer = Account.objects.create_user("new@transport.example", agency=cast.transport)
    with pytest.raises(AddressLeadsElsewhere):
        open_mailbox_of(newcomer, now=timezone.now())

    assert Mailbox.objects.spare().count() == 1


def test_a_spare_mailbox_takes_no_mail_and_is_seen_by_nobody(cast: Cast) -> None:
    spares.fill(1)
    box = Mailbox.objects.spare().get()

    assert not box.is_open and box.account is None and not box.addresses.exists()


def test_the_keyholder_keeps_as_many_ready_as_settings_say(cast: Cast, settings: Any) -> None:
    settings.SPARE_MAILBOXES = 3
    call_command("keyholder", once=True)
    call_command("keyholder", once=True)

    assert Mailbox.objects.spare().count() == 3


def test_the_first_letter_lies_in_the_mailbox_once_and_vouched_for(
    newcomer: Account, key_set: dict[Role, StoredKeyring]
) -> None:
    now = timezone.now()
    open_mailbox_of(newcomer, now=now)
    with using(key_set["worker"]):
        welcome(newcomer, now=now)
        welcome(newcomer, now=now)
    message = Message.objects.get(mailbox__account=newcomer)
    letter = opening.open_rendition(message, mailbox_key(message.mailbox))

    assert message.origin == Message.Origin.PORTAL and not message.is_read
    assert newcomer.address in letter.text and "second factor" not in letter.subject
    assert letter.is_automatic


def test_an_office_is_told_that_it_survives_its_holder(cast: Cast) -> None:
    account = office(cast.transport).account
    assert account is not None
    welcome(account, now=timezone.now())
    message = Message.objects.get(mailbox__account=account)

    assert (
        "belongs to the office"
        in opening.open_rendition(message, mailbox_key(message.mailbox)).text
    )
