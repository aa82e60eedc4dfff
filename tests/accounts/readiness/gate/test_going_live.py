from __future__ import annotations

import pytest

from accounts.models import Outcome, ProvisioningJob
from accounts.readiness import gate, officers
from accounts.readiness.gate.table import NoSuchWay
from tests.accounts.provisioning.newcomers import asked_for, newcomer
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    State,
    account,
    agency,
    decided,
    domain,
    evaluator,
    officer,
    scanned,
)

pytestmark = pytest.mark.django_db


def test_an_officer_of_the_agency_lets_it_go_live_and_what_waited_goes_on() -> None:
    made = agency()
    mail = domain(made)
    scanned(mail)
    job = asked_for(newcomer(made))
    decided(made, "open")
    assert job.state == ProvisioningJob.State.WAITING_GATE

    gate.go_live(made, officer(made), NOW)
    made.refresh_from_db()
    job.refresh_from_db()
    assert made.state == State.LIVE
    assert (job.state, job.due_at) == (ProvisioningJob.State.WAITING, NOW)


def test_nobody_goes_live_without_a_decision() -> None:
    mail = domain(agency())
    scanned(mail)
    with pytest.raises(NoSuchWay):
        gate.go_live(mail.agency, officer(mail.agency), NOW)


def test_what_has_decayed_since_the_decision_is_not_opened() -> None:
    made = agency()
    mail = domain(made)
    scanned(mail)
    decided(made, "open")
    scanned(mail, {"TR-1": Outcome.FAIL}, now=NOW + DAY)
    with pytest.raises(gate.NotPassing):
        gate.go_live(made, officer(made), NOW + DAY)
    made.refresh_from_db()
    assert made.state == State.READY


def test_what_was_not_known_for_a_week_is_not_opened() -> None:
    made = agency()
    scanned(domain(made))
    decided(made, "open")
    with pytest.raises(gate.NotPassing):
        gate.go_live(made, officer(made), NOW + 7 * DAY)


def test_an_officer_of_the_ministry_above_may() -> None:
    ministry = agency()
    made = agency(parent=ministry)
    scanned(domain(made))
    decided(made, "open")
    gate.go_live(made, officer(ministry), NOW)
    assert made.state == State.LIVE


@pytest.mark.parametrize("who", ["stranger", "evaluator", "colleague"])
def test_nobody_else_may(who: str) -> None:
    made = agency(State.READY)
    scanned(domain(made))
    by = {
        "stranger": lambda: officer(agency()),
        "evaluator": evaluator,
        "colleague": lambda: account(made),
    }[who]()
    with pytest.raises(officers.NotTheirOfficer):
        gate.go_live(made, by, NOW)


def test_one_who_reaches_everywhere_is_still_not_of_the_agency() -> None:
    made = agency(State.READY)
    scanned(domain(made))
    by = account(agency())
    by.is_superuser = True
    by.save()
    with pytest.raises(officers.NotOfTheAgency):
        gate.go_live(made, by, NOW)


def test_an_agency_served_before_the_gate_is_taken_over_by_letter() -> None:
    made = agency()
    gate.adopt(made, "นร ๐๕๐๖/ว ๕", now=NOW)
    made.refresh_from_db()
    assert made.state == State.LIVE


def test_taking_over_is_no_way_around_a_decision() -> None:
    made = agency()
    scanned(domain(made))
    decided(made, "send_back")
    with pytest.raises(gate.HasBeenDecidedOn):
        gate.adopt(made, "นร ๐๕๐๖/ว ๕", now=NOW)


def test_taking_over_needs_a_letter() -> None:
    with pytest.raises(gate.LetterMissing):
        gate.adopt(agency(), " ", now=NOW)
