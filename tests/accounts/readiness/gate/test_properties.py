from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Agency, CheckedDomain, GateEvent, Outcome, Rule, RuleProfile
from accounts.readiness import gate
from accounts.readiness.gate.table import WAYS, Cause
from tests.accounts.readiness.scene import NOW, State, agency, domain, grave, scanned

pytestmark = pytest.mark.django_db
SAID = st.sampled_from([*Outcome.values, "grave"])
# What a run says of one rule, and how many hours after the one before.
RUNS = st.lists(st.tuples(SAID, st.integers(1, 24 * 9)), min_size=1, max_size=8)
QUIET = st.lists(
    st.tuples(
        st.sampled_from([Outcome.UNKNOWN, Outcome.NOT_TESTED]).map(str), st.integers(1, 24 * 9)
    ),
    min_size=1,
    max_size=8,
)
few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def _few_rules() -> None:
    """Rules of which one must pass, one needs a plan and one is shown: runs are quicker so."""
    profile = RuleProfile.objects.create(version=1_000, valid_from=NOW.date())
    for order, (code, level) in enumerate((("TR-1", "B"), ("SE-5", "S"), ("SE-9", "A"))):
        Rule.objects.create(profile=profile, code=code, order=order, pillar="secure", level=level)


def begin(state: str) -> CheckedDomain:
    """An agency in this state whose domain has passed everything."""
    mail = domain(agency(state))
    scanned(mail)
    return mail


def play(mail: CheckedDomain, runs: list[tuple[str, int]]) -> list[str]:
    """The states of the agency after each of these runs."""
    now, states = NOW, []
    for said, hours in runs:
        now += timedelta(hours=hours)
        told = grave("TR-1") if said == "grave" else said
        states.append(scanned(mail, {"TR-1": told}, now=now))
    return states


@few
@given(runs=RUNS, state=st.sampled_from([State.UNASSESSED, State.READY, State.LIVE]))
def test_whatever_runs_bring_the_history_is_a_walk_along_the_ways(
    runs: list[tuple[str, int]], state: str
) -> None:
    mail = begin(state)
    play(mail, runs)
    events = list(GateEvent.objects.filter(agency=mail.agency).order_by("pk"))
    assert all((each.before, Cause(each.cause), each.after) in WAYS for each in events)
    assert all(first.after == second.before for first, second in pairwise(events))
    # No run leads to ready, nor to live but from risk; nothing is suspended without a grace.
    reached = {(each.before, each.after) for each in events}
    assert not {after for _before, after in reached} & {State.READY, State.READY_WITH_WAIVERS}
    assert {before for before, after in reached if after == State.LIVE} <= {State.AT_RISK}
    for begun, ended in pairwise(events):
        if ended.after == State.SUSPENDED:
            assert ended.at - begun.at >= timedelta(days=3)
    # What was reckoned a moment ago is reckoned the same again.
    mail.agency.refresh_from_db()
    last = mail.agency.readiness.reckoned_at
    assert last is not None and gate.reckon(mail.agency, last) == mail.agency.state


@few
@given(
    runs=QUIET,
    state=st.sampled_from([State.LIVE, State.AT_RISK, State.SUSPENDED, State.NOT_READY]),
)
def test_what_tells_nothing_never_opens_and_never_closes(
    runs: list[tuple[str, int]], state: str
) -> None:
    mail = begin(State.LIVE if state == State.AT_RISK else state)
    if state == State.AT_RISK:
        scanned(mail, {"TR-1": grave("TR-1")}, now=NOW)
    before = Agency.objects.get(pk=mail.agency_id).is_open
    for after in play(mail, runs):
        assert (after in Agency.OPEN_STATES) is before
        assert state != State.AT_RISK or after == State.AT_RISK


@pytest.mark.parametrize("said", ["fail", "grave"])
def test_a_single_fail_never_suspends(said: str) -> None:
    mail = begin(State.LIVE)
    assert play(mail, [(said, 1)])[0] in Agency.OPEN_STATES
    for days in (1, 13, 14, 15, 60):
        assert gate.reckon(mail.agency, NOW + timedelta(days=days)) in Agency.OPEN_STATES
