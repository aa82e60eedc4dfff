from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.audit import chain
from accounts.models import Account, Assignment, AuditEvent
from govmail_portal.errors import NotYours, PortalError
from mailbox.models import Delegation, Mailbox
from mailbox.models.delegations import rights_in
from mailbox.people import delegating
from mailbox.people.delegating import Terms
from tests.cast import Cast
from tests.mailbox.people.offices import delegate, hold, office

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def today() -> date:
    return timezone.localdate()


def grant(box: Mailbox, to: Account, by: Account, **terms: object) -> Delegation:
    values = {"valid_to": today() + 7 * DAY, **terms}
    return delegating.grant(box, to.address, Terms(**values), by=by, now=timezone.now())  # type: ignore[arg-type]


def test_who_owns_a_mailbox_lets_a_colleague_in_and_the_chain_knows(cast: Cast) -> None:
    grant(cast.mailbox_of(cast.amina), cast.bruno, cast.amina, may_send_on_behalf=True)
    event = AuditEvent.objects.get(act="delegation_granted")

    assert rights_in(cast.mailbox_of(cast.amina), cast.bruno).may_send_on_behalf
    assert (event.actor, event.agency) == (cast.amina, cast.transport)
    assert not list(chain.verify())


@pytest.mark.parametrize(
    ("kind", "may"),
    [
        (Assignment.Kind.SUBSTANTIVE, True),
        (Assignment.Kind.ACTING, True),
        (Assignment.Kind.ADDITIONAL, False),
        (Assignment.Kind.SECONDMENT, False),
    ],
)
def test_of_an_office_its_head_and_whoever_acts_for_him_decide(
    cast: Cast, kind: str, may: bool
) -> None:
    box = office(cast.transport)
    hold(box, cast.amina, kind)

    assert delegating.may_grant(box, cast.amina) is may


def test_a_delegate_lets_nobody_else_in(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    delegate(box, cast.bruno, may_write=True, may_send_as=True)

    with pytest.raises(NotYours):
        grant(box, cast.chiara, cast.bruno)


def test_an_hr_officer_lets_nobody_in(cast: Cast) -> None:
    with pytest.raises(NotYours):
        grant(cast.mailbox_of(cast.amina), cast.hana, cast.hana)


@pytest.mark.parametrize(
    ("to", "terms", "error"),
    [
        ("nobody@transport.example", {}, delegating.NoSuchColleague),
        ("amina@transport.example", {}, delegating.DelegateToOneself),
        ("bruno@transport.example", {"valid_to": None}, delegating.DelegationDates),
        ("bruno@transport.example", {"valid_to": date(2020, 1, 1)}, delegating.DelegationDates),
        ("bruno@transport.example", {"valid_to": date(9999, 1, 1)}, delegating.DelegationDates),
        (
            "bruno@transport.example",
            {"valid_from": date(9999, 1, 2)},
            delegating.DelegationDates,
        ),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(
    cast: Cast, to: str, terms: dict[str, object], error: type[PortalError]
) -> None:
    values = {"valid_to": today() + 7 * DAY, **terms}
    with pytest.raises(error):
        delegating.grant(
            cast.mailbox_of(cast.amina),
            to,
            Terms(**values),  # type: ignore[arg-type]
            by=cast.amina,
            now=timezone.now(),
        )

    assert not Delegation.objects.exists() and not AuditEvent.objects.exists()


def test_an_office_cannot_be_a_delegate(cast: Cast) -> None:
    account = office(cast.transport).account
    assert account is not None
    with pytest.raises(delegating.NoSuchColleague):
        grant(cast.mailbox_of(cast.amina), account, cast.amina)


def test_a_second_grant_takes_the_place_of_the_first(cast: Cast) -> None:
    box = cast.mailbox_of(cast.amina)
    grant(box, cast.bruno, cast.amina, may_send_as=True)
    grant(box, cast.bruno, cast.amina)

    assert rights_in(box, cast.bruno).may_send is False
    assert Delegation.objects.standing(today()).count() == 1


def test_there_is_an_end_to_delegates(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegating, "MOST", 1)
    grant(cast.mailbox_of(cast.amina), cast.bruno, cast.amina)

    with pytest.raises(delegating.TooManyDelegates):
        grant(cast.mailbox_of(cast.amina), cast.chiara, cast.amina)


@pytest.mark.parametrize("who", ["amina", "bruno"])
def test_the_owner_and_the_delegate_may_end_it_at_once(cast: Cast, who: str) -> None:
    box = cast.mailbox_of(cast.amina)
    given = grant(box, cast.bruno, cast.amina)
    delegating.end(given, by=getattr(cast, who), now=timezone.now())

    assert not rights_in(box, cast.bruno).may_read
    assert AuditEvent.objects.filter(act="delegation_ended").count() == 1


def test_nobody_else_ends_it(cast: Cast) -> None:
    given = grant(cast.mailbox_of(cast.amina), cast.bruno, cast.amina)

    with pytest.raises(NotYours):
        delegating.end(given, by=cast.chiara, now=timezone.now())


def test_what_is_over_is_not_ended_twice(cast: Cast) -> None:
    given = grant(cast.mailbox_of(cast.amina), cast.bruno, cast.amina)
    for _time in range(2):
        delegating.end(Delegation.objects.get(pk=given.pk), by=cast.amina, now=timezone.now())

    assert AuditEvent.objects.filter(act="delegation_ended").count() == 1
