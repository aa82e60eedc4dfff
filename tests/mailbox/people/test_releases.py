"""A personal copy released after a transfer: read for thirty days, and taken as files."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AuditEvent
from accounts.people import consequences
from accounts.people.roles import HR_OFFICER
from mailbox.models import Delegation, Message
from mailbox.models.delegations import Rights, rights_in
from mailbox.opening import mailbox_key, open_rendition
from mailbox.people import delegating
from tests.cast import Cast, signed_in
from tests.mailbox.people.offices import delegate
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def release(cast: Cast, moved: Account, now: datetime) -> Delegation:
    consequences.carry_out("released", cast.amina, now=now, to=moved, reason="บันทึกส่วนตัว")
    return Delegation.objects.latest("granted_at")


def test_a_release_lets_the_new_account_read_for_thirty_days_and_nothing_else(
    cast: Cast, now: datetime, moved: Account
) -> None:
    given = release(cast, moved, now)
    today = timezone.localdate(now)

    assert rights_in(given.mailbox, moved, on=today) == Rights(may_read=True)
    assert rights_in(given.mailbox, moved, on=today + 29 * DAY) == Rights(may_read=True)
    assert rights_in(given.mailbox, moved, on=today + 30 * DAY) == Rights()


def test_who_a_copy_was_released_to_downloads_letters_of_the_old_mailbox(
    cast: Cast, now: datetime, moved: Account
) -> None:
    old = letter_of(cast)
    client = signed_in(moved)
    assert client.get(old).status_code == 404
    release(cast, moved, now)

    assert client.get(old).status_code == 200


def test_what_was_released_is_gone_as_soon_as_it_is_ended(
    cast: Cast, now: datetime, moved: Account
) -> None:
    old = letter_of(cast)
    delegating.end_by_officer(release(cast, moved, now), by=cast.hana, now=now)

    assert signed_in(moved).get(old).status_code == 404


def test_a_release_is_in_the_audit_with_its_reason(
    cast: Cast, now: datetime, moved: Account
) -> None:
    release(cast, moved, now)
    event = AuditEvent.objects.get(act="delegation_granted")

    assert (event.agency, event.details["reason"]) == (cast.transport, "บันทึกส่วนตัว")


def test_who_may_take_copies_is_told_in_the_new_mailbox(
    cast: Cast, now: datetime, moved: Account
) -> None:
    release(cast, moved, now)
    release(cast, moved, now)
    (told,) = Message.objects.select_related("mailbox__account", "content")

    assert told.mailbox.account == moved
    assert "amina@transport.example" in open_rendition(told, mailbox_key(told.mailbox)).text


def test_a_release_carried_out_again_is_one(cast: Cast, now: datetime, moved: Account) -> None:
    release(cast, moved, now)
    release(cast, moved, now)

    assert Delegation.objects.count() == 1


@pytest.mark.parametrize("side", ["old", "new"])
def test_an_officer_of_either_side_ends_a_release(
    cast: Cast, now: datetime, moved: Account, side: str
) -> None:
    old = Account.objects.filter(pk=cast.amina.pk)
    old.update(official=None, former_official=moved.official)
    given = release(cast, moved, now)
    client = signed_in(cast.hana if side == "old" else officer_of(cast.chiara))
    chosen = {"action": "end_now", "_selected_action": [str(given.pk)]}
    client.post("/admin/mailbox/delegation/", chosen)

    given.refresh_from_db()
    assert given.ended_at is not None


def test_an_officer_of_the_delegates_agency_sees_no_other_delegation(
    cast: Cast, moved: Account
) -> None:
    given = delegate(cast.mailbox_of(cast.bruno), moved)
    address = f"/admin/mailbox/delegation/{given.pk}/change/"

    assert signed_in(officer_of(cast.chiara)).get(address).status_code == 404


def officer_of(account: Account) -> Account:
    """Make somebody an HR officer of their agency."""
    account.is_staff = True
    account.save(update_fields=["is_staff"])
    account.groups.add(Group.objects.get(name=HR_OFFICER))
    return account


def letter_of(cast: Cast) -> str:
    """Where the one letter in Amina's mailbox is downloaded."""
    (message,) = deliver(letter("เรื่องเดิม"), cast.amina)
    return reverse("mailbox:eml", args=[message.pk])
