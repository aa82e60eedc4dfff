from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import (
    Account,
    Agency,
    AgencyDomain,
    CentralGrant,
    Official,
    ProvisioningJob,
)
from accounts.provisioning import queue
from accounts.readiness import central, officers
from tests.accounts.provisioning.newcomers import asked_for, newcomer
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    State,
    agency,
    evaluator,
    officer,
    official_of,
)

pytestmark = pytest.mark.django_db
Job = ProvisioningJob.State


@pytest.fixture(autouse=True)
def _central_domain(settings: Settings) -> None:
    settings.CENTRAL_DOMAIN = "mail.example"


@pytest.fixture
def closed() -> Agency:
    return agency(State.NOT_READY)


def propose(of: Official, *, days: int = 90, by: Account | None = None) -> CentralGrant:
    return central.propose(
        of,
        letter_no="นร ๐๕๐๖/ว ๕",
        reason="หน่วยงานยังไม่พร้อม",
        until=NOW + timedelta(days=days),
        by=by or evaluator(),
        now=NOW,
    )


def give(of: Official) -> Account:
    return central.second(propose(of), by=evaluator(), now=NOW)


def official(of: Account) -> Official:
    assert of.official is not None
    return of.official


def test_two_evaluators_let_an_official_through_to_the_central_domain(closed: Agency) -> None:
    account = newcomer(closed)
    job = asked_for(account)
    other = asked_for(newcomer(closed))
    assert job.state == Job.WAITING_GATE

    given = give(official(account))
    job.refresh_from_db()
    other.refresh_from_db()
    assert given == account
    assert given.address.endswith("@mail.example")
    assert (job.state, job.due_at, other.state) == (Job.WAITING, NOW, Job.WAITING_GATE)


def test_such_an_account_is_opened_though_the_agency_is_not(
    closed: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue.steps, "in_order", list)
    account = newcomer(closed)
    job = asked_for(account)
    give(official(account))
    queue.work(ProvisioningJob.objects.get(pk=job.pk), now=NOW)
    job.refresh_from_db()
    assert job.state == Job.DONE


def test_when_leave_is_taken_back_before_it_is_open_it_waits_again(closed: Agency) -> None:
    account = newcomer(closed)
    job = asked_for(account)
    give(official(account))
    central.end(CentralGrant.objects.get(), why="ผิดคน", by=evaluator(), now=NOW)
    queue.work(ProvisioningJob.objects.get(pk=job.pk), now=NOW)
    job.refresh_from_db()
    assert (job.state, job.due_at) == (Job.WAITING_GATE, None)


def test_an_official_without_an_account_is_given_one(closed: Agency) -> None:
    of = official_of(closed)
    account = give(of)
    assert (account.official, account.agency) == (of, closed)
    assert account.address.endswith("@mail.example")
    assert ProvisioningJob.objects.get(account=account).state == Job.WAITING


def test_the_agency_needs_no_domain_of_its_own(closed: Agency) -> None:
    AgencyDomain.objects.all().delete()
    assert give(official_of(closed)).address.endswith("@mail.example")


def test_one_evaluator_alone_lets_nobody_through(closed: Agency) -> None:
    by = evaluator()
    grant = propose(official_of(closed), by=by)
    with pytest.raises(central.AnotherEvaluatorNeeded):
        central.second(grant, by=by, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        CentralGrant.objects.update(seconded_by=by, seconded_at=NOW)


def test_nobody_of_the_agency_or_without_the_right_does(closed: Agency) -> None:
    of = official_of(closed)
    with pytest.raises(officers.TooNear):
        propose(of, by=evaluator(closed))
    with pytest.raises(officers.NoEvaluator):
        propose(of, by=officer(agency()))


def test_where_the_agency_is_open_no_leave_is_needed() -> None:
    with pytest.raises(central.NeedsNoLeave):
        propose(official_of(agency(State.LIVE)))


def test_without_a_central_domain_there_is_none(closed: Agency, settings: Settings) -> None:
    settings.CENTRAL_DOMAIN = ""
    with pytest.raises(central.NoCentralDomain):
        propose(official_of(closed))


@pytest.mark.parametrize("days", [0, 367])
def test_leave_is_for_a_year_at_most(closed: Agency, days: int) -> None:
    with pytest.raises(central.NotSoLong):
        propose(official_of(closed), days=days)


def test_one_waits_or_holds_at_a_time_and_one_that_is_over_makes_room(closed: Agency) -> None:
    of = official_of(closed)
    propose(of, days=1)
    with pytest.raises(central.WaitsAlready):
        propose(of)
    later = NOW + 2 * DAY
    central.propose(of, letter_no="x", reason="x", until=later + DAY, by=evaluator(), now=later)


def test_what_was_left_unanswered_for_too_long_is_not_given(closed: Agency) -> None:
    grant = propose(official_of(closed), days=1)
    with pytest.raises(central.AnsweredAlready):
        central.second(grant, by=evaluator(), now=NOW + DAY)


def test_leave_that_ends_soon_is_put_before_evaluators_again(closed: Agency) -> None:
    give(official_of(closed))
    assert not central.to_look_at_again(NOW).exists()
    assert central.to_look_at_again(NOW + 61 * DAY).count() == 1
