from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Account, Agency, AuditEvent, GateDecision, GateEvent, Outcome
from accounts.readiness import deciding, gate, officers, profiles
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    State,
    account,
    agency,
    decided,
    domain,
    evaluator,
    fail_for_good,
    live,
    official_of,
    scanned,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def passing() -> Agency:
    made = agency()
    scanned(domain(made))
    return made


def propose(of: Agency, kind: str = "open", by: Account | None = None) -> GateDecision:
    return deciding.propose(of, kind, reason="ครบทุกข้อ", by=by or evaluator(), now=NOW)


def test_two_evaluators_open_the_way_for_an_agency(passing: Agency) -> None:
    first, second = evaluator(), evaluator()
    decision = propose(passing, by=first)
    deciding.second(decision, by=second, now=NOW)
    passing.refresh_from_db()
    event = GateEvent.objects.get(agency=passing, cause="open")
    assert passing.state == State.READY
    assert (event.decision, event.by) == (decision, second)
    acts = set(AuditEvent.objects.values_list("act", flat=True))
    assert {"decision_proposed", "decision_taken", "gate_moved"} <= acts


def test_a_decision_cites_the_newest_run_of_every_domain_and_the_rules(passing: Agency) -> None:
    runs = deciding.newest_runs(passing)
    decision = propose(passing)
    assert decision.runs == [run.pk for run in runs]
    assert decision.evidence_hash == deciding.hash_of(runs)
    assert decision.profile == profiles.in_force(NOW.date())


def test_one_evaluator_alone_decides_nothing(passing: Agency) -> None:
    by = evaluator()
    decision = propose(passing, by=by)
    with pytest.raises(deciding.AnotherEvaluatorNeeded):
        deciding.second(decision, by=by, now=NOW)
    passing.refresh_from_db()
    assert passing.state == State.READY_FOR_DECISION


def test_the_table_itself_refuses_the_same_person_twice(passing: Agency) -> None:
    decision = propose(passing)
    with pytest.raises(IntegrityError), transaction.atomic():
        decision.seconded_by, decision.seconded_at = decision.decided_by, NOW
        decision.save()


@pytest.mark.parametrize("where", ["here", "above", "below"])
def test_nobody_of_the_agencys_line_decides(where: str) -> None:
    ministry = agency()
    made = agency(parent=ministry)
    scanned(domain(made))
    place = {"here": made, "above": ministry, "below": agency(parent=made)}[where]
    with pytest.raises(officers.TooNear):
        propose(made, by=evaluator(place))


def test_nobody_who_holds_a_post_there_decides(passing: Agency) -> None:
    by = evaluator()
    by.official = official_of(passing)
    by.save()
    with pytest.raises(officers.TooNear):
        propose(passing, by=by)


def test_the_second_person_is_from_elsewhere_too(passing: Agency) -> None:
    decision = propose(passing)
    with pytest.raises(officers.TooNear):
        deciding.second(decision, by=evaluator(passing), now=NOW)


def test_without_the_right_nobody_decides(passing: Agency) -> None:
    with pytest.raises(officers.NoEvaluator):
        propose(passing, by=account(agency()))


def test_new_evidence_between_the_two_makes_the_decision_lapse(passing: Agency) -> None:
    decision = propose(passing)
    scanned(passing.checked_domains.get(), now=NOW + DAY)
    with pytest.raises(deciding.Lapsed):
        deciding.second(decision, by=evaluator(), now=NOW + DAY)
    decision.refresh_from_db()
    passing.refresh_from_db()
    assert decision.ended_at == NOW + DAY
    assert passing.state == State.READY_FOR_DECISION
    # It does not stand in the way of the next one.
    deciding.propose(passing, "open", reason="ใหม่", by=evaluator(), now=NOW + DAY)


def test_a_new_domain_between_the_two_makes_it_lapse(passing: Agency) -> None:
    decision = propose(passing)
    domain(passing)
    with pytest.raises(deciding.Lapsed):
        deciding.second(decision, by=evaluator(), now=NOW)


def test_evidence_that_grew_old_between_the_two_makes_it_lapse(passing: Agency) -> None:
    decision = propose(passing)
    with pytest.raises(deciding.Lapsed):
        deciding.second(decision, by=evaluator(), now=NOW + 8 * DAY)


def test_an_agency_that_does_not_pass_is_not_proposed_to_open() -> None:
    mail = domain(agency())
    scanned(mail, {"TR-1": Outcome.FAIL})
    with pytest.raises(deciding.NotForThisState):
        propose(mail.agency)


def test_what_needs_no_waiver_does_not_open_with_waivers(passing: Agency) -> None:
    with pytest.raises(deciding.OtherKindNeeded):
        propose(passing, "open_with_waivers")


def test_one_decision_waits_at_a_time(passing: Agency) -> None:
    propose(passing)
    with pytest.raises(deciding.WaitsAlready):
        propose(passing, "send_back")


def test_the_second_person_may_refuse_and_says_why(passing: Agency) -> None:
    decision = propose(passing)
    with pytest.raises(deciding.ReasonMissing):
        deciding.refuse(decision, why=" ", by=evaluator(), now=NOW)
    deciding.refuse(decision, why="ดูใหม่", by=evaluator(), now=NOW)
    with pytest.raises(deciding.AnsweredAlready):
        deciding.second(decision, by=evaluator(), now=NOW)


def test_only_the_first_person_takes_it_back(passing: Agency) -> None:
    by = evaluator()
    decision = propose(passing, by=by)
    with pytest.raises(deciding.NotYours):
        deciding.take_back(decision, by=evaluator(), now=NOW)
    deciding.take_back(decision, by=by, now=NOW)
    assert not deciding.waiting(Agency.objects.all()).exists()


def test_an_agency_is_sent_back(passing: Agency) -> None:
    decided(passing, "send_back")
    assert GateEvent.objects.filter(agency=passing, cause="send_back").exists()


def test_a_suspended_agency_is_reinstated_by_two_and_goes_live_by_itself() -> None:
    made, mail = live()
    ended = fail_for_good(mail)
    scanned(mail, {"TR-1": Outcome.FAIL}, now=ended + 14 * DAY)
    with pytest.raises(gate.NotPassing):
        deciding.propose(made, "reinstate", reason="x", by=evaluator(), now=ended + 14 * DAY)
    scanned(mail, now=ended + 15 * DAY)
    decided(made, "reinstate", now=ended + 15 * DAY)
    assert made.state == State.READY


def test_two_evaluators_suspend_an_open_agency() -> None:
    made, _mail = live()
    decided(made, "suspend")
    assert made.state == State.SUSPENDED


@pytest.mark.django_db(transaction=True)
def test_of_two_seconders_at_once_one_is_told_that_it_is_done() -> None:
    made = agency()
    scanned(domain(made))
    decision = propose(made)
    told: list[str] = []
    start = threading.Barrier(2)

    def agree(by: Account) -> None:
        mine = GateDecision.objects.get(pk=decision.pk)
        start.wait(timeout=20)
        try:
            deciding.second(mine, by=by, now=NOW)
            told.append("done")
        except deciding.AnsweredAlready:
            told.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=agree, args=[evaluator()]) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(told) == ["done", "late"]
    assert GateEvent.objects.filter(agency=made, cause="open").count() == 1
