from __future__ import annotations

from datetime import date

import pytest

from accounts import tasks
from accounts.models import (
    Account,
    Agency,
    MandateRule,
    Obligation,
    ProvisioningJob,
)
from accounts.provisioning import nudges
from tests.accounts.provisioning.newcomers import Units, agency, asked_for, newcomer

pytestmark = pytest.mark.django_db
State = ProvisioningJob.State


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rung, instead of a worker."""
    rung: list[str] = []
    monkeypatch.setattr(nudges.current_app, "send_task", lambda name, **options: rung.append(name))
    return rung


def test_one_that_fails_never_holds_up_the_others(
    units: Units, rings: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    at = agency()
    bad, good = asked_for(newcomer(at)), asked_for(newcomer(at))

    def poison() -> None:
        if units.calls[-1] == bad.account.address:
            raise RuntimeError

    units.at_end = poison
    tasks.provision()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (State.WAITING, State.DONE)
    assert "RuntimeError" in bad.steps.get(name="unit").last_error


def test_a_task_leaves_the_rest_to_the_next_one(
    units: Units, rings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ACCOUNTS_A_TASK", 2)
    at = agency()
    for _number in range(3):
        asked_for(newcomer(at))
    tasks.provision()
    assert ProvisioningJob.objects.filter(state=State.DONE).count() == 2
    assert rings == ["accounts.provision"]


def test_losing_every_ring_loses_no_account(units: Units, rings: list[str]) -> None:
    closed = agency(Agency.State.ASSESSING)
    asked_for(newcomer(closed))
    Agency.objects.filter(pk=closed.pk).update(state=Agency.State.LIVE)
    tasks.provision_due()
    tasks.provision()
    assert set(Account.objects.values_list("state", flat=True)) == {Account.State.ACTIVE}


def test_a_thousand_requests_ring_once(
    units: Units, rings: list[str], django_capture_on_commit_callbacks: object
) -> None:
    at = agency()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        for _number in range(20):
            asked_for(newcomer(at))
    assert rings == ["accounts.provision"]


def test_an_opened_account_is_a_proof_of_its_holders_duty_at_once(
    units: Units, rings: list[str]
) -> None:
    account = newcomer(agency())
    rule = MandateRule.objects.filter(covers=MandateRule.Covers.EVERYONE).first()
    assert rule is not None, "migrations write the cabinet's rules"
    duty = Obligation.objects.create(
        official=account.official,
        rule=rule,
        agency=account.agency,
        began_on=date(2008, 1, 7),
        due_on=date(2009, 1, 7),
    )
    asked_for(account)
    tasks.provision()
    duty.refresh_from_db()
    assert "account_active" in duty.evidence
