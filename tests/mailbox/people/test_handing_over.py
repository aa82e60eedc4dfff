"""What a dismissed official left: opened to a superior by two officers, and not in secret."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import Account, AuditEvent, PersonnelOrder
from accounts.people import orders, two_officers
from accounts.people.days import today
from accounts.people.roles import HR_OFFICER
from mailbox.models import Delegation, Message
from mailbox.models.delegations import rights_in
from mailbox.opening import mailbox_key, open_rendition
from tests.cast import Cast, person, signed_in
from tests.mailbox.people.offices import delegate

pytestmark = pytest.mark.django_db


@pytest.fixture
def nina(cast: Cast) -> Account:
    """The ministry's second HR officer."""
    names = ("นีน่า ใจงาม", "Nina Jaingam")
    made = person("nina", cast.transport, *names, post=("นักบุคคล", "HR officer"))
    made.is_staff = True
    made.save(update_fields=["is_staff"])
    made.groups.add(Group.objects.get(name=HR_OFFICER))
    return made


def dismiss(cast: Cast, now: datetime, **details: object) -> None:
    """Amina is dismissed today; Bruno is her superior."""
    official = cast.amina.official
    assert official is not None
    orders.record(
        PersonnelOrder.Kind.DISMISSED,
        official,
        effective_on=today(now),
        by=cast.hana,
        now=now,
        order_no="คค ๙๙/๒๕๖๙",
        details={"superior": cast.bruno.pk, **details},
    )


def agree(nina: Account, now: datetime) -> None:
    two_officers.agree(two_officers.waiting(now).get(), by=nina, now=now)


def test_a_delegate_is_out_at_once_and_the_superior_in_when_two_have_agreed(
    cast: Cast, now: datetime, nina: Account
) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.chiara, may_write=True, may_send_as=True, granted_by=cast.amina)
    dismiss(cast, now)

    assert not rights_in(box, cast.chiara).may_read
    assert not rights_in(box, cast.bruno).may_read
    agree(nina, now)
    assert rights_in(box, cast.bruno).may_write
    assert not rights_in(box, cast.bruno).may_send


def test_who_was_dismissed_finds_the_letter_when_the_dismissal_is_undone(
    cast: Cast, now: datetime, nina: Account
) -> None:
    dismiss(cast, now)
    agree(nina, now)
    (told,) = Message.objects.filter(mailbox__account=cast.amina).select_related("content")
    letter = open_rendition(told, mailbox_key(told.mailbox))

    assert letter.subject == "Your mailbox was opened to your superior"
    assert "bruno@transport.example" in letter.text
    assert AuditEvent.objects.get(act="hand_over_told").agency == cast.transport


def test_an_order_may_say_that_nobody_is_told(cast: Cast, now: datetime, nina: Account) -> None:
    dismiss(cast, now, quiet=True)
    agree(nina, now)

    assert Delegation.objects.count() == 1 and not Message.objects.exists()
    assert AuditEvent.objects.filter(act="hand_over_not_told").count() == 1


@pytest.mark.parametrize("quiet", [True, False])
def test_the_officer_who_asks_later_can_say_so_too(
    cast: Cast, now: datetime, nina: Account, quiet: bool
) -> None:
    dismiss(cast, now, superior=None)
    answers = {"superior": cast.bruno.address, "reason": "งานค้าง", "answered": "1"}
    chosen = {"action": "ask_for_superior", "_selected_action": [str(cast.amina.pk)]}
    more = {"quiet": "on"} if quiet else {}
    address = reverse("admin:accounts_account_changelist")
    signed_in(cast.hana).post(address, {**chosen, **answers, **more})
    agree(nina, now)

    assert Message.objects.exists() is not quiet
