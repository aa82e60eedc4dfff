from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Account, CheckedDomain, Outcome, Waiver
from accounts.readiness import deciding, gate, officers, plans, waivers
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    State,
    agency,
    decided,
    domain,
    evaluator,
    fail_for_good,
    grave,
    live,
    officer,
    row,
    scanned,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOW)


@pytest.fixture
def failing() -> CheckedDomain:
    made = domain(agency())
    scanned(made, {"TR-2": Outcome.FAIL})
    return made


def ask(
    of: CheckedDomain, code: str = "TR-2", *, days: int = 60, by: Account | None = None
) -> Waiver:
    return waivers.ask(
        of,
        code,
        reason="รอผู้รับจ้าง",
        letter_no="ทล ๐๑๐๑/๑",
        expires_on=TODAY + timedelta(days=days),
        by=by or officer(of.agency),
        now=NOW,
    )


def give(of: CheckedDomain, code: str = "TR-2", *, days: int = 60) -> Waiver:
    asked = ask(of, code, days=days)
    waivers.approve(asked, by=evaluator(), now=NOW)
    waivers.second(asked, by=evaluator(), now=NOW)
    return asked


def state_of(of: CheckedDomain) -> str:
    of.agency.refresh_from_db()
    return of.agency.state


def test_a_waiver_of_two_lets_a_failing_agency_be_decided_on(failing: CheckedDomain) -> None:
    give(failing)
    assert state_of(failing) == State.READY_FOR_DECISION


def test_a_waiver_that_only_one_approved_opens_nothing(failing: CheckedDomain) -> None:
    waivers.approve(ask(failing), by=evaluator(), now=NOW)
    assert state_of(failing) == State.NOT_READY


def test_with_a_waiver_it_opens_with_waivers_and_cites_them(failing: CheckedDomain) -> None:
    given = give(failing)
    with pytest.raises(deciding.OtherKindNeeded):
        deciding.propose(failing.agency, "open", reason="x", by=evaluator(), now=NOW)
    decided(failing.agency, "open_with_waivers")
    assert failing.agency.state == State.READY_WITH_WAIVERS
    assert failing.agency.gate_decisions.get().waivers == [given.pk]


def test_its_last_day_counts_and_the_day_after_does_not(failing: CheckedDomain) -> None:
    given = give(failing, days=3)
    last = NOW + 3 * DAY
    scanned(failing, {"TR-2": Outcome.FAIL}, now=last)
    assert state_of(failing) == State.READY_FOR_DECISION
    assert given.expires_on == timezone.localdate(last)
    assert gate.reckon(failing.agency, last + DAY) == State.NOT_READY


def test_when_it_ends_a_live_agency_is_at_risk_with_a_grace() -> None:
    made, mail = live()
    give(mail, "TR-1", days=5)
    assert fail_for_good(mail, now=NOW + DAY) and state_of(mail) == State.LIVE
    now = NOW + 6 * DAY
    assert scanned(mail, {"TR-1": Outcome.FAIL}, now=now) == State.AT_RISK
    assert row(made).grace_until == now + 14 * DAY


def test_no_waiver_covers_what_is_grave(failing: CheckedDomain) -> None:
    give(failing)
    assert scanned(failing, {"TR-2": grave("TR-2")}, now=NOW + DAY) == State.NOT_READY


def test_no_waiver_covers_what_is_unknown() -> None:
    made = domain(agency())
    scanned(made, {"TR-2": Outcome.UNKNOWN})
    give(made)
    assert state_of(made) == State.NOT_READY


def test_a_waiver_of_one_domain_covers_no_other(failing: CheckedDomain) -> None:
    give(failing)
    other = domain(failing.agency)
    assert scanned(other, {"TR-2": Outcome.FAIL}) == State.NOT_READY


def test_dmarc_is_waived_for_ninety_days_at_most(failing: CheckedDomain) -> None:
    with pytest.raises(waivers.NotSoLong):
        ask(failing, days=91)
    assert ask(failing, days=90).expires_on == TODAY + timedelta(days=90)


@pytest.mark.parametrize("days", [-1, 0, 181])
def test_the_past_and_more_than_half_a_year_are_refused(failing: CheckedDomain, days: int) -> None:
    with pytest.raises(waivers.NotSoLong):
        ask(failing, "TR-1", days=days)


def test_a_rule_for_which_a_plan_is_enough_is_not_waived(failing: CheckedDomain) -> None:
    with pytest.raises(waivers.NeedsNoWaiver):
        ask(failing, "SE-5")


def test_nobody_approves_twice_nor_what_they_asked_for(failing: CheckedDomain) -> None:
    asked, first = ask(failing), evaluator()
    waivers.approve(asked, by=first, now=NOW)
    with pytest.raises(waivers.AnotherEvaluatorNeeded):
        waivers.second(asked, by=first, now=NOW)
    with pytest.raises(officers.TooNear):
        waivers.second(asked, by=evaluator(failing.agency), now=NOW)


def test_the_table_itself_refuses_the_same_person_twice(failing: CheckedDomain) -> None:
    asked, first = ask(failing), evaluator()
    waivers.approve(asked, by=first, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Waiver.objects.filter(pk=asked.pk).update(seconded_by=first, seconded_at=NOW)


def test_ending_it_shuts_the_way_again(failing: CheckedDomain) -> None:
    given = give(failing)
    waivers.end(given, why="ไม่จำเป็นแล้ว", by=evaluator(), now=NOW)
    assert state_of(failing) == State.NOT_READY


def test_one_waits_or_holds_at_a_time_and_a_lapsed_one_makes_room(failing: CheckedDomain) -> None:
    first = ask(failing, days=1)
    with pytest.raises(waivers.AskedAlready):
        ask(failing)
    Waiver.objects.filter(pk=first.pk).update(expires_on=TODAY - timedelta(days=1))
    ask(failing)


def test_an_officer_from_elsewhere_asks_for_nothing(failing: CheckedDomain) -> None:
    with pytest.raises(officers.NotTheirOfficer):
        ask(failing, by=officer(agency()))


# --- Plans ----------------------------------------------------------------


def promise(of: CheckedDomain, on: date, code: str = "SE-5") -> None:
    plans.promise(of, code, on, owner="ฝ่ายระบบ", by=officer(of.agency), now=NOW)


def test_a_rule_that_needs_a_plan_keeps_it_shut_until_there_is_one() -> None:
    mail = domain(agency())
    assert scanned(mail, {"SE-5": Outcome.FAIL}) == State.NOT_READY
    assert [each.why for each in gate.blocking(mail.agency, NOW)] == ["no_plan"]
    promise(mail, TODAY + timedelta(days=30))
    assert state_of(mail) == State.READY_FOR_DECISION


def test_a_promise_whose_day_has_passed_keeps_it_shut_again() -> None:
    mail = domain(agency())
    scanned(mail, {"SE-5": Outcome.FAIL})
    promise(mail, TODAY + timedelta(days=2))
    assert scanned(mail, {"SE-5": Outcome.FAIL}, now=NOW + 3 * DAY) == State.NOT_READY
    late = plans.overdue(type(mail.agency).objects.all(), NOW + 3 * DAY)
    assert [plan.code for plan in late] == ["SE-5"]


def test_a_promise_kept_is_closed_by_the_run_that_passes() -> None:
    mail = domain(agency())
    scanned(mail, {"SE-5": Outcome.FAIL})
    promise(mail, TODAY + timedelta(days=30))
    scanned(mail, now=NOW + DAY)
    assert mail.plans.get().closed_at == NOW + DAY


def test_another_promise_takes_the_place_of_the_first() -> None:
    mail = domain(agency())
    promise(mail, TODAY + timedelta(days=30))
    promise(mail, TODAY + timedelta(days=40))
    kept = mail.plans.get(closed_at__isnull=True)
    assert kept.promised_on == TODAY + timedelta(days=40)


def test_a_plan_is_no_way_around_a_rule_that_must_pass() -> None:
    mail = domain(agency())
    scanned(mail, {"TR-1": Outcome.FAIL})
    promise(mail, TODAY + timedelta(days=30), "TR-1")
    assert state_of(mail) == State.NOT_READY


@pytest.mark.parametrize("days", [0, 367])
def test_a_promise_is_for_a_day_to_come_within_a_year(days: int) -> None:
    with pytest.raises(plans.NoDayToCome):
        promise(domain(agency()), TODAY + timedelta(days=days))
