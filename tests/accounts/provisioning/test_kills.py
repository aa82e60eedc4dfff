"""A worker killed at any point of a job leaves one that another worker ends, once."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Account, AuditEvent, ProvisioningJob
from accounts.provisioning import own_steps, queue, steps
from tests.accounts.provisioning.newcomers import NOW, Units, agency, asked_for, newcomer

POINTS = [
    (name, moment) for name in ("unit", "directory", "account") for moment in ("before", "after")
]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_while_working(job: ProvisioningJob) -> bool:
    """Let a process of its own work on a job; True if it was killed."""
    # The child must have a connection of its own, and the parent keep none that it could share.
    connection.close()
    child = os.fork()
    if child == 0:
        queue.work(job, now=NOW)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("tried", [0, 1])
@pytest.mark.django_db(transaction=True)
def test_killed_at_every_step_the_job_is_done_once(
    units: Units, monkeypatch: pytest.MonkeyPatch, tried: int
) -> None:
    """The first try is one transaction, later ones go step by step."""
    at, left = agency(), []
    for name, moment in POINTS:
        account = newcomer(at)
        job = asked_for(account)
        ProvisioningJob.objects.filter(pk=job.pk).update(attempts=tried)
        job.refresh_from_db()
        whole = steps._STEPS[name]

        def deadly(
            account: Account, *, now: object, whole: steps.Step = whole, when: str = moment
        ) -> None:
            if when == "before":
                die()
            whole.part(account, now=NOW)
            die()

        with monkeypatch.context() as patch:
            patch.setitem(steps._STEPS, name, steps.Step(name, whole.order, deadly))
            assert killed_while_working(job), (name, moment)
        left.append(job)
    job = asked_for(newcomer(at))
    with monkeypatch.context() as patch:
        patch.setattr(queue, "_finish", lambda job, *, now: die())
        assert killed_while_working(job)
    left.append(job)

    assert not queue.next_jobs(now=NOW + timedelta(minutes=4), most=99)
    later = NOW + timedelta(minutes=6)
    for job in queue.next_jobs(now=later, most=99):
        queue.work(job, now=later)

    assert set(ProvisioningJob.objects.values_list("state", flat=True)) == {"done"}
    assert {units.made_for(job.account) for job in left} == {1}
    assert AuditEvent.objects.filter(act="account_opened").count() == len(left)


@pytest.mark.parametrize("tried", [0, 1])
@pytest.mark.django_db(transaction=True)
def test_before_its_last_step_no_account_is_open(
    units: Units, monkeypatch: pytest.MonkeyPatch, tried: int
) -> None:
    job = asked_for(newcomer(agency()))
    ProvisioningJob.objects.filter(pk=job.pk).update(attempts=tried)
    job.refresh_from_db()

    def deadly(account: Account, *, now: object) -> None:
        own_steps.open_account(account, now=NOW)
        die()

    monkeypatch.setitem(steps._STEPS, "account", steps.Step("account", 50, deadly))
    assert killed_while_working(job)
    left = Account.objects.get(pk=job.account_id)
    assert left.state == (Account.State.PROVISIONING if tried else Account.State.RESERVED)
