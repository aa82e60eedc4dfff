from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from accounts.models import AuditEvent, GateEvent
from accounts.readiness import gate
from accounts.readiness.gate.table import DECISIONS, WAYS, Cause, NoSuchWay
from tests.accounts.readiness.scene import NOW, State, agency, row

pytestmark = pytest.mark.django_db
# The specification's list, written out once more: from, why, to.
TABLE = {
    (State.UNASSESSED, "domains_added", State.ASSESSING),
    (State.UNASSESSED, "adopted", State.LIVE),
    (State.ASSESSING, "domains_gone", State.UNASSESSED),
    (State.ASSESSING, "blocked", State.NOT_READY),
    (State.ASSESSING, "passed", State.READY_FOR_DECISION),
    (State.ASSESSING, "adopted", State.LIVE),
    (State.NOT_READY, "domains_gone", State.UNASSESSED),
    (State.NOT_READY, "passed", State.READY_FOR_DECISION),
    (State.NOT_READY, "adopted", State.LIVE),
    (State.READY_FOR_DECISION, "domains_gone", State.UNASSESSED),
    (State.READY_FOR_DECISION, "blocked", State.NOT_READY),
    (State.READY_FOR_DECISION, "open", State.READY),
    (State.READY_FOR_DECISION, "open_with_waivers", State.READY_WITH_WAIVERS),
    (State.READY_FOR_DECISION, "send_back", State.NOT_READY),
    (State.READY, "domains_gone", State.UNASSESSED),
    (State.READY, "failing", State.NOT_READY),
    (State.READY, "send_back", State.NOT_READY),
    (State.READY, "go_live", State.LIVE),
    (State.READY_WITH_WAIVERS, "domains_gone", State.UNASSESSED),
    (State.READY_WITH_WAIVERS, "failing", State.NOT_READY),
    (State.READY_WITH_WAIVERS, "send_back", State.NOT_READY),
    (State.READY_WITH_WAIVERS, "go_live", State.LIVE),
    (State.LIVE, "failing", State.AT_RISK),
    (State.LIVE, "suspend", State.SUSPENDED),
    (State.AT_RISK, "recovered", State.LIVE),
    (State.AT_RISK, "grace_over", State.SUSPENDED),
    (State.AT_RISK, "suspend", State.SUSPENDED),
    (State.SUSPENDED, "reinstate", State.READY),
    (State.SUSPENDED, "reinstate", State.READY_WITH_WAIVERS),
}
EVERY = list(product(State.values, Cause, State.values))


def test_the_ways_are_those_of_the_specification() -> None:
    assert {(before, cause.value, after) for before, cause, after in WAYS} == TABLE


@pytest.mark.parametrize(("before", "cause", "after"), sorted(TABLE))
def test_a_way_is_walked_and_written_down(before: str, cause: str, after: str) -> None:
    made = agency(before)
    held = gate.hold(made, now=NOW)
    gate.move(held, Cause(cause), after, now=NOW)
    made.refresh_from_db()
    event = GateEvent.objects.get(agency=made)
    said = AuditEvent.objects.get(act="gate_moved").details
    assert (made.state, event.before, event.cause, event.after) == (after, before, cause, after)
    assert (said["before"], said["cause"], said["after"]) == (before, cause, after)
    assert row(made).since == NOW


def test_every_way_that_is_not_listed_is_refused() -> None:
    made = agency()
    held = gate.hold(made, now=NOW)
    walked = 0
    for before, cause, after in EVERY:
        if (before, cause.value, after) in TABLE:
            continue
        made.state = before
        with pytest.raises(NoSuchWay):
            gate.move(held, cause, after, now=NOW)
        walked += 1
    assert walked == len(EVERY) - len(TABLE)
    assert not GateEvent.objects.exists()


def test_only_decisions_lead_to_ready() -> None:
    ready = (State.READY, State.READY_WITH_WAIVERS)
    assert {cause for _before, cause, after in WAYS if after in ready} <= DECISIONS


def test_only_the_machine_leads_to_risk() -> None:
    assert [way for way in WAYS if way[2] == State.AT_RISK] == [
        (State.LIVE, Cause.FAILING, State.AT_RISK)
    ]


def test_no_decision_leads_to_live() -> None:
    assert not [way for way in WAYS if way[2] == State.LIVE and way[1] in DECISIONS]


def test_the_grace_is_forgotten_when_a_suspended_agency_comes_back() -> None:
    made = agency(State.LIVE)
    for cause, after in (
        (Cause.FAILING, State.AT_RISK),
        (Cause.GRACE_OVER, State.SUSPENDED),
        (Cause.REINSTATE, State.READY),
        (Cause.GO_LIVE, State.LIVE),
    ):
        gate.move(gate.hold(made, now=NOW), cause, after, now=NOW)
    gate.move(gate.hold(made, now=NOW), Cause.FAILING, State.AT_RISK, now=NOW)
    assert row(made).grace_until == NOW + timedelta(days=14)
