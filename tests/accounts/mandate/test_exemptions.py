"""A release takes a letter, a term and two officers; it puts off the blame, not the day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.mandate import exemptions, finding
from accounts.models import Account, Agency, AuditEvent, Exemption, Obligation, Official
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import duty, reckon

pytestmark = pytest.mark.django_db
DUE = date(2009, 1, 7)
LATE = DUE + timedelta(days=10)
State = Obligation.State


@pytest.fixture
def agency() -> Agency:
    return scene.agency()


@pytest.fixture
def officers(agency: Agency) -> tuple[Account, Account]:
    return scene.officer(agency), scene.officer(agency)


def ask(by: Account, **wanted: Any) -> Exemption:
    return exemptions.ask(
        **{
            "rule": scene.rule("everyone"),
            "reason": "leave",
            "letter_no": "กผ 1/2",
            "starts_on": LATE,
            "expires_on": LATE + timedelta(days=179),
            "by": by,
            "now": scene.noon(LATE),
        }
        | wanted
    )


def agree(exemption: Exemption, by: Account) -> None:
    exemptions.agree(exemption, by=by, now=scene.noon(LATE))


def test_agreed_by_another_it_releases_until_its_end_and_the_day_stays(
    agency: Agency, officers: tuple[Account, Account]
) -> None:
    one = scene.official(agency)
    reckon(one, LATE)
    exemption = ask(officers[0], official=one)
    assert duty(one).state == State.OVERDUE
    agree(exemption, officers[1])
    assert (duty(one).state, duty(one).due_on) == (State.EXEMPT, DUE)
    reckon(one, LATE + timedelta(days=179), "night")
    assert duty(one).state == State.EXEMPT
    reckon(one, LATE + timedelta(days=180), "night")
    assert duty(one).state == State.OVERDUE


def test_who_asked_cannot_agree(agency: Agency, officers: tuple[Account, Account]) -> None:
    exemption = ask(officers[0], official=scene.official(agency))
    with pytest.raises(exemptions.SecondOfficerNeeded):
        agree(exemption, officers[0])
    exemption.refresh_from_db()
    assert exemption.approved_at is None


def test_withdrawn_it_releases_no_more(agency: Agency, officers: tuple[Account, Account]) -> None:
    one = scene.official(agency)
    reckon(one, LATE)
    exemption = ask(officers[0], official=one)
    agree(exemption, officers[1])
    exemptions.withdraw(exemption, by=officers[0], now=scene.noon(LATE))
    assert duty(one).state == State.OVERDUE
    with pytest.raises(exemptions.AnsweredAlready):
        agree(exemption, officers[1])


def test_of_a_unit_it_releases_those_in_it_and_below_it_alone(
    agency: Agency, officers: tuple[Account, Account]
) -> None:
    unit = scene.unit(agency)
    inside = scene.official(agency, unit=scene.unit(agency, unit))
    outside = scene.official(agency, unit=scene.unit(agency))
    reckon([inside, outside], LATE)
    agree(ask(officers[0], unit=unit), officers[1])
    reckon([inside, outside], LATE, "night")
    assert (duty(inside).state, duty(outside).state) == (State.EXEMPT, State.OVERDUE)


def test_it_releases_from_its_rule_alone(agency: Agency, officers: tuple[Account, Account]) -> None:
    one = scene.official(agency, director="yes")
    reckon(one, LATE)
    agree(ask(officers[0], official=one), officers[1])
    assert duty(one, "directors").state == State.OVERDUE


def test_what_was_done_stays_done(agency: Agency, officers: tuple[Account, Account]) -> None:
    one = scene.official(agency)
    scene.prove(one, agency, date(2008, 3, 1))
    scene.attest(agency, officers[0], date(2008, 3, 1))
    reckon(one, LATE)
    agree(ask(officers[0], official=one), officers[1])
    assert duty(one).state == State.MET


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"expires_on": LATE + timedelta(days=180)}, exemptions.TooLong),
        ({"expires_on": LATE - timedelta(days=1)}, exemptions.EndsBeforeItBegins),
        (
            {"starts_on": LATE - timedelta(days=9), "expires_on": LATE - timedelta(days=1)},
            exemptions.IsOver,
        ),
        ({"letter_no": "  "}, exemptions.LetterMissing),
        ({"official": None}, exemptions.NobodyToExempt),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    agency: Agency,
    officers: tuple[Account, Account],
    wanted: dict[str, Any],
    error: type[Exception],
) -> None:
    one: dict[str, Official | None] = {"official": scene.official(agency)}
    with pytest.raises(error):
        ask(officers[0], **(one | wanted))
    assert not Exemption.objects.exists()


def test_each_act_is_in_the_audit(agency: Agency, officers: tuple[Account, Account]) -> None:
    one = scene.official(agency)
    scene.account(one, agency, opened=DUE)
    exemption = ask(officers[0], official=one)
    agree(exemption, officers[1])
    exemptions.withdraw(exemption, by=officers[1], now=scene.noon(LATE))
    acts = AuditEvent.objects.order_by("number")
    assert list(acts.values_list("act", "actor", "agency")) == [
        ("ask_exemption", officers[0].pk, agency.pk),
        ("agree_to_exemption", officers[1].pk, agency.pk),
        ("withdraw_exemption", officers[1].pk, agency.pk),
    ]


# --- Whose they are -------------------------------------------------------


def test_a_former_agency_has_no_say_any_more(agency: Agency) -> None:
    """Nor one that somebody is seconded to: the duty goes along with the account."""
    there, one = scene.agency("กรมใหม่"), scene.official(agency, until=LATE)
    scene.give_post(one, there, since=LATE + timedelta(days=1))
    scene.account(one, there, opened=LATE)
    exemption = ask(scene.officer(there), official=one)
    ours, theirs = (Agency.objects.filter(pk=each.pk) for each in (agency, there))

    assert list(exemptions.within_reach(theirs)) == [exemption]
    assert not exemptions.within_reach(ours).exists()
    assert one not in finding.officials_named("", ours, day=LATE)
    assert one in finding.officials_named("", theirs, day=LATE)


def test_who_has_no_account_yet_is_exempted_where_their_post_is(agency: Agency) -> None:
    one, ours = scene.official(agency), Agency.objects.filter(pk=agency.pk)
    exemption = ask(scene.officer(agency), official=one)

    assert list(exemptions.within_reach(ours)) == [exemption]
    assert one in finding.officials_named("", ours, day=LATE)


def test_nobody_asks_for_or_agrees_to_their_own(
    agency: Agency, officers: tuple[Account, Account]
) -> None:
    first, second = officers
    with pytest.raises(exemptions.NotYourOwn):
        ask(first, official=first.official)
    exemption = ask(second, official=first.official)
    with pytest.raises(exemptions.NotYourOwn):
        agree(exemption, first)
