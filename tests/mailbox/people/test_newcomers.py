"""Whoever comes to use an office's mailbox is made known to those who use it, and to HR."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.audit import chain
from accounts.models import Account, Assignment, AuditEvent, Official
from accounts.people.roles import HR_OFFICER
from govmail_portal.errors import PortalError
from mailbox.mime.rendition import Rendition
from mailbox.models import Delegation, Mailbox, Message, OfficeReader
from mailbox.opening import mailbox_key, open_rendition
from mailbox.people import newcomers, notices
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.people.offices import delegate, hold, office

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def registry(cast: Cast, now: datetime) -> Mailbox:
    """The ministry's saraban@: Amina holds it, and everybody concerned knows."""
    box = office(cast.transport)
    hold(box, cast.amina)
    newcomers.take_note(now)
    return box


def letters_of(account: Account) -> list[Rendition]:
    """What lies in an official's own mailbox, the newest first."""
    found = Message.objects.filter(mailbox__account=account).select_related("mailbox", "content")
    return [open_rendition(one, mailbox_key(one.mailbox)) for one in found.order_by("-received_at")]


def invented(cast: Cast) -> Account:
    """Somebody an officer has made up, with an account that nobody has opened yet."""
    official = Official.objects.create(given_name_th="ไม่มี", family_name_th="ตัวตน")
    return Account.objects.create_user(
        "nobody.x@transport.example", official=official, agency=cast.transport
    )


def test_who_holds_the_post_and_hr_are_told_of_a_new_delegate(
    cast: Cast, registry: Mailbox, now: datetime
) -> None:
    delegate(registry, cast.bruno, reason="คค ๑๒/๒๕๖๙")
    assert newcomers.tell(now) == 1
    (to_holder,), (to_officer,) = letters_of(cast.amina), letters_of(cast.hana)

    assert "Central registry" in to_holder.subject
    for letter in (to_holder, to_officer):
        assert "Bruno Wongsakul <bruno@transport.example>" in letter.text
        assert "saraban@transport.example" in letter.text and "คค ๑๒/๒๕๖๙" in letter.text
        assert letter.is_automatic
    assert not letters_of(cast.bruno) and not letters_of(cast.chiara)


def test_an_invented_holder_does_not_come_unseen(
    cast: Cast, registry: Mailbox, now: datetime
) -> None:
    hold(registry, invented(cast), Assignment.Kind.ACTING)
    newcomers.tell(now)

    assert "nobody.x@transport.example" in letters_of(cast.amina)[0].text
    assert "nobody.x@transport.example" in letters_of(cast.hana)[0].text


def test_a_post_that_is_given_to_somebody_else_in_its_row_is_told(
    cast: Cast, registry: Mailbox, now: datetime
) -> None:
    delegate(registry, cast.bruno)
    newcomers.tell(now)
    Assignment.objects.filter(position=registry.account.position).update(  # type: ignore[union-attr]
        official=invented(cast).official
    )
    assert newcomers.tell(now) == 1

    assert "nobody.x@" in letters_of(cast.bruno)[0].text
    assert len(letters_of(cast.amina)) == 1  # who is out hears no more


def test_everybody_is_told_once(cast: Cast, registry: Mailbox, now: datetime) -> None:
    delegate(registry, cast.bruno)
    newcomers.tell(now)

    assert newcomers.tell(now + DAY) == 0
    assert len(letters_of(cast.amina)) == len(letters_of(cast.hana)) == 1


def test_who_was_gone_and_comes_again_is_told_again(
    cast: Cast, registry: Mailbox, now: datetime
) -> None:
    given = delegate(registry, cast.bruno)
    newcomers.tell(now)
    Delegation.objects.filter(pk=given.pk).update(ended_at=now)
    assert newcomers.tell(now) == 0
    delegate(registry, cast.bruno)

    assert newcomers.tell(now) == 1
    assert len(letters_of(cast.amina)) == 2


def test_a_delegation_of_a_day_to_come_is_told_on_that_day(
    cast: Cast, registry: Mailbox, now: datetime
) -> None:
    delegate(registry, cast.bruno, valid_from=timezone.localdate(now) + DAY)

    assert newcomers.tell(now) == 0
    assert newcomers.tell(now + DAY) == 1


def test_a_persons_own_mailbox_is_their_own_affair(cast: Cast, now: datetime) -> None:
    delegate(cast.mailbox_of(cast.amina), cast.bruno)

    assert newcomers.tell(now) == 0
    assert not OfficeReader.objects.exists()


def test_officers_hear_of_the_first_to_use_an_office_and_of_many_in_one_letter(
    cast: Cast, now: datetime
) -> None:
    for name in ("planning", "saraban"):
        hold(office(cast.transport, name), cast.bruno)
    newcomers.tell(now)
    (letter,) = letters_of(cast.hana)

    assert "planning@" in letter.text and "saraban@" in letter.text


def test_a_lone_officer_is_not_the_only_one_who_hears(cast: Cast, now: datetime) -> None:
    cast.transport.parent = cast.interior
    cast.transport.save(update_fields=["parent"])
    cast.chiara.is_staff = True
    cast.chiara.save(update_fields=["is_staff"])
    cast.chiara.groups.add(Group.objects.get(name=HR_OFFICER))
    hold(office(cast.transport), cast.amina)
    newcomers.tell(now)

    assert len(letters_of(cast.hana)) == len(letters_of(cast.chiara)) == 1


def test_nobody_is_the_only_one_told_of_themselves(cast: Cast, now: datetime) -> None:
    hold(office(cast.transport), cast.hana)
    newcomers.tell(now)

    assert not letters_of(cast.hana)
    assert AuditEvent.objects.filter(act="office_reader_told").count() == 1


def test_a_worker_can_tell_and_the_chain_holds(
    cast: Cast, registry: Mailbox, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    delegate(registry, cast.bruno)
    with using(key_set["worker"]):
        assert newcomers.tell(now) == 1
    event = AuditEvent.objects.get(act="office_reader_told")

    assert event.details == {"who": "bruno@transport.example", "kind": "delegate"}
    assert event.agency == cast.transport and not list(chain.verify())


def test_a_letter_that_cannot_be_written_keeps_no_other_back(
    cast: Cast, registry: Mailbox, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise PortalError

    monkeypatch.setattr(notices, "to_those_there", fail)
    delegate(registry, cast.bruno)

    assert newcomers.tell(now) == 1
    assert len(letters_of(cast.hana)) == 1 and not letters_of(cast.amina)
