from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agency, GateEvent, Outcome
from accounts.readiness import gate
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    State,
    agency,
    domain,
    fail_for_good,
    grave,
    live,
    row,
    scanned,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def story(of: Agency) -> list[tuple[str, str, str]]:
    events = GateEvent.objects.filter(agency=of).order_by("pk")
    return list(events.values_list("before", "cause", "after"))


# --- Before a decision ----------------------------------------------------


def test_an_agency_without_domains_is_not_assessed() -> None:
    assert gate.reckon(agency(), NOW) == State.UNASSESSED


def test_the_first_domain_begins_the_assessment() -> None:
    made = agency()
    domain(made)
    assert gate.reckon(made, NOW) == State.ASSESSING


def test_it_is_being_assessed_until_every_domain_was_measured() -> None:
    made = agency()
    first, second = domain(made), domain(made, role="web")
    assert scanned(first) == State.ASSESSING
    assert scanned(second) == State.READY_FOR_DECISION


def test_a_rule_that_must_pass_and_fails_makes_it_not_ready() -> None:
    mail = domain(agency())
    assert scanned(mail, {"TR-1": Outcome.FAIL}) == State.NOT_READY
    assert row(mail.agency).blocking == ["TR-1"]


def test_one_failing_domain_of_two_keeps_the_agency_shut() -> None:
    made = agency()
    good, bad = domain(made), domain(made, role="web")
    scanned(good)
    assert scanned(bad, {"SE-4": Outcome.FAIL}) == State.NOT_READY


def test_a_repaired_agency_is_ready_for_a_decision_and_no_more() -> None:
    mail = domain(agency())
    scanned(mail, {"TR-1": Outcome.FAIL})
    for hours in range(9):
        assert scanned(mail, now=NOW + hours * HOUR) == State.READY_FOR_DECISION


@pytest.mark.parametrize("outcome", [Outcome.PARTIAL, Outcome.NOT_TESTED, Outcome.UNKNOWN])
def test_what_is_not_known_to_pass_opens_nothing(outcome: str) -> None:
    assert scanned(domain(agency()), {"TR-1": outcome}) == State.NOT_READY


def test_what_does_not_apply_keeps_nothing_shut() -> None:
    said = {"TR-9": Outcome.NOT_APPLICABLE, "SE-10": Outcome.NOT_APPLICABLE}
    assert scanned(domain(agency()), said) == State.READY_FOR_DECISION


def test_without_control_shown_over_a_mail_domain_it_stays_shut() -> None:
    made = agency()
    assert scanned(domain(made, is_verified=False)) == State.NOT_READY
    assert [each.why for each in gate.blocking(made, NOW)] == ["no_mail_domain"]


def test_a_web_domain_alone_is_not_enough() -> None:
    assert scanned(domain(agency(), role="web")) == State.NOT_READY


def test_control_shown_over_a_year_ago_no_longer_counts() -> None:
    mail = domain(agency(), now=NOW - 366 * DAY)
    assert scanned(mail) == State.NOT_READY


def test_a_rule_that_is_only_shown_keeps_nothing_shut() -> None:
    assert scanned(domain(agency()), {"SE-9": Outcome.FAIL}) == State.READY_FOR_DECISION


def test_a_grave_result_of_a_rule_that_needs_only_a_plan_keeps_it_shut() -> None:
    mail = domain(agency())
    assert scanned(mail, {"SE-8": grave("SE-8")}) == State.NOT_READY


def test_without_any_domain_left_it_is_as_before_the_first() -> None:
    mail = domain(agency())
    scanned(mail)
    mail.removed_at = NOW
    mail.save()
    assert gate.reckon(mail.agency, NOW) == State.UNASSESSED


# --- Unknown --------------------------------------------------------------


def test_an_unknown_result_leaves_the_last_known_one_for_seven_days() -> None:
    mail = domain(agency())
    scanned(mail)
    for day in range(1, 7):
        now = NOW + day * DAY
        assert scanned(mail, rest=Outcome.UNKNOWN, now=now) == State.READY_FOR_DECISION
    assert scanned(mail, rest=Outcome.UNKNOWN, now=NOW + 7 * DAY) == State.NOT_READY
    assert {each.why for each in gate.blocking(mail.agency, NOW + 7 * DAY)} >= {"stale"}


def test_an_unknown_result_does_not_repair_a_failed_rule() -> None:
    mail = domain(agency())
    scanned(mail, {"TR-1": Outcome.FAIL})
    assert scanned(mail, {"TR-1": Outcome.UNKNOWN}, now=NOW + HOUR) == State.NOT_READY


def test_a_live_agency_stays_live_though_nothing_is_known_for_a_month() -> None:
    made, mail = live()
    for day in range(1, 31, 5):
        assert scanned(mail, rest=Outcome.UNKNOWN, now=NOW + day * DAY) == State.LIVE


def test_nothing_unknown_takes_an_agency_out_of_risk() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    for day in range(1, 40, 6):
        assert scanned(mail, rest=Outcome.UNKNOWN, now=ended + day * DAY) == State.AT_RISK


# --- Live, at risk, suspended ---------------------------------------------


def test_one_failed_run_closes_nothing() -> None:
    made, mail = live()
    assert scanned(mail, {"TR-1": Outcome.FAIL}, now=NOW + DAY) == State.LIVE


def test_three_failed_runs_within_a_day_close_nothing() -> None:
    made, mail = live()
    for hours in (0, 5, 10, 23.9):
        now = NOW + DAY + hours * HOUR
        assert scanned(mail, {"TR-1": Outcome.FAIL}, now=now) == State.LIVE


def test_two_failed_runs_over_many_days_close_nothing() -> None:
    made, mail = live()
    scanned(mail, {"TR-1": Outcome.FAIL}, now=NOW + DAY)
    assert scanned(mail, {"TR-1": Outcome.FAIL}, now=NOW + 4 * DAY) == State.LIVE


def test_a_passing_run_between_breaks_the_row_of_fails() -> None:
    made, mail = live()
    for hours, outcome in enumerate([Outcome.FAIL] * 2 + [Outcome.PASS] + [Outcome.FAIL] * 2):
        scanned(mail, {"TR-1": outcome}, now=NOW + (1 + 20 * hours) * HOUR)
    made.refresh_from_db()
    assert made.state == State.LIVE


def test_unknown_runs_between_neither_count_nor_break_the_row() -> None:
    made, mail = live()
    outcomes = [Outcome.FAIL, Outcome.UNKNOWN, Outcome.FAIL, Outcome.NOT_TESTED, Outcome.UNKNOWN]
    for number, outcome in enumerate(outcomes):
        assert scanned(mail, {"TR-1": outcome}, now=NOW + number * DAY) == State.LIVE
    assert scanned(mail, {"TR-1": Outcome.FAIL}, now=NOW + 6 * DAY) == State.AT_RISK


def test_three_failed_runs_over_a_day_put_it_at_risk_for_fourteen_days() -> None:
    made, mail = live()
    ended = fail_for_good(mail, now=NOW + DAY)
    made.refresh_from_db()
    assert made.state == State.AT_RISK
    assert row(made).grace_until == ended + 14 * DAY
    assert row(made).blocking == ["TR-1"]


def test_a_grave_fail_puts_it_at_risk_at_once_and_does_not_suspend() -> None:
    made, mail = live()
    assert scanned(mail, {"TR-1": grave("TR-1")}, now=NOW + DAY) == State.AT_RISK
    assert row(made).grace_until == NOW + 15 * DAY


def test_rules_that_need_a_plan_only_close_nothing() -> None:
    made, mail = live()
    fail_for_good(mail, "SE-5")
    made.refresh_from_db()
    assert made.state == State.LIVE


def test_after_one_passing_run_it_is_live_again_by_itself() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    assert scanned(mail, now=ended + HOUR) == State.LIVE
    assert story(made)[-1] == (State.AT_RISK, "recovered", State.LIVE)
    assert row(made).grace_until is None


def test_it_stays_at_risk_while_another_rule_fails() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    assert scanned(mail, {"ST-1": Outcome.FAIL}, now=ended + HOUR) == State.AT_RISK


def test_the_end_of_the_grace_alone_suspends_nothing() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    assert gate.reckon(made, ended + 20 * DAY) == State.AT_RISK


def test_failing_still_after_the_grace_it_is_suspended() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    failing = {"TR-1": Outcome.FAIL}
    assert scanned(mail, failing, now=ended + 14 * DAY - HOUR) == State.AT_RISK
    assert scanned(mail, failing, now=ended + 14 * DAY) == State.SUSPENDED


def test_a_suspended_agency_that_passes_again_waits_for_a_decision() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    scanned(mail, {"TR-1": Outcome.FAIL}, now=ended + 14 * DAY)
    assert scanned(mail, now=ended + 15 * DAY) == State.SUSPENDED


def test_who_mends_for_a_day_only_gains_no_new_grace() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    back = ended + 9 * DAY
    assert scanned(mail, now=back) == State.LIVE
    again = fail_for_good(mail, now=back + DAY)
    made.refresh_from_db()
    assert made.state == State.AT_RISK
    assert row(made).grace_until == again + 5 * DAY


def test_what_is_left_of_a_grace_is_three_days_at_least() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    back = ended + 13 * DAY
    scanned(mail, now=back)
    again = fail_for_good(mail, now=back + DAY)
    assert row(made).grace_until == again + 3 * DAY


def test_who_stays_live_for_a_fortnight_has_the_whole_grace_again() -> None:
    made, mail = live()
    back = fail_for_good(mail) + 9 * DAY
    scanned(mail, now=back)
    again = fail_for_good(mail, now=back + 14 * DAY)
    assert row(made).grace_until == again + 14 * DAY


def test_an_agency_decided_on_that_fails_for_good_must_be_decided_on_anew() -> None:
    made = agency(State.READY)
    mail = domain(made)
    scanned(mail)
    fail_for_good(mail, now=NOW + DAY)
    made.refresh_from_db()
    assert made.state == State.NOT_READY


def test_an_agency_served_before_the_gate_was_there_stays_as_it_is() -> None:
    assert gate.reckon(agency(State.LIVE), NOW) == State.LIVE
