from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import (
    Account,
    Agency,
    AuditEvent,
    Mandate,
    MandateRule,
    Obligation,
    ProvisioningJob,
)
from accounts.provisioning import queue
from tests.accounts.provisioning.newcomers import NOW, Units, agency, asked_for, newcomer

pytestmark = pytest.mark.django_db
State = ProvisioningJob.State


@pytest.fixture
def closed() -> Agency:
    return agency(Agency.State.NOT_READY)


def duty_of(account: Account) -> Obligation:
    rule = MandateRule.objects.first()
    if rule is None:
        mandate = Mandate.objects.create(title_th="มติ", base_date=date(2008, 1, 7))
        rule = MandateRule.objects.create(mandate=mandate, name_th="ทุกคน", months=12)
    return Obligation.objects.create(
        official=account.official,
        rule=rule,
        agency=account.agency,
        began_on=date(2026, 1, 1),
        due_on=date(2026, 11, 1),
    )


def test_at_the_gate_no_worker_takes_it(units: Units, closed: Agency) -> None:
    asked_for(newcomer(closed))
    assert queue.next_jobs(now=NOW + timedelta(days=9), most=9) == []


def test_at_the_gate_the_delay_is_the_agencys_and_the_day_stays(closed: Agency) -> None:
    account = newcomer(closed)
    duty = duty_of(account)
    asked_for(account)
    duty.refresh_from_db()
    assert duty.is_waiting_gate
    assert duty.due_on == date(2026, 11, 1)


def test_when_the_agency_opens_everything_goes_on(units: Units, closed: Agency) -> None:
    account = newcomer(closed)
    duty, job = duty_of(account), asked_for(account)
    Agency.objects.filter(pk=closed.pk).update(state=Agency.State.LIVE)
    closed.refresh_from_db()

    assert queue.open_gate(closed, now=NOW) == 1
    assert queue.next_jobs(now=NOW, most=9) == [job]
    duty.refresh_from_db()
    assert not duty.is_waiting_gate
    assert AuditEvent.objects.get(act="gate_opened").details == {"accounts": 1}


def test_the_gate_of_an_agency_that_is_not_open_stays_shut(closed: Agency) -> None:
    asked_for(newcomer(closed))
    assert queue.open_gate(closed, now=NOW) == 0


def test_the_sweep_finds_agencies_that_opened_unnoticed(units: Units, closed: Agency) -> None:
    asked_for(newcomer(closed))
    asked_for(newcomer(agency(Agency.State.ASSESSING)))
    Agency.objects.filter(pk=closed.pk).update(state=Agency.State.LIVE)
    assert queue.open_gates(now=NOW) == 1


def test_an_agency_that_closes_sends_its_jobs_back_to_the_gate(units: Units) -> None:
    at = agency()
    job = asked_for(newcomer(at))
    Agency.objects.filter(pk=at.pk).update(state=Agency.State.SUSPENDED)
    queue.work(ProvisioningJob.objects.get(pk=job.pk), now=NOW)
    job.refresh_from_db()
    assert (job.state, job.due_at, units.calls) == (State.WAITING_GATE, None, [])
