from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import (
    Account,
    Agency,
    AuditEvent,
    DirectoryEntry,
    OrgUnit,
    ProvisioningJob,
    ProvisioningStep,
)
from accounts.provisioning import own_steps, queue, steps
from govmail_portal.errors import PortalError
from tests.accounts.provisioning.newcomers import NOW, Units, agency, asked_for, newcomer

pytestmark = pytest.mark.django_db
State = ProvisioningJob.State
Class = ProvisioningJob.QueueClass
TODAY = date(2026, 11, 23)


class NoRoom(PortalError):
    message = "There is no room on the disk."


def refuse() -> None:
    raise NoRoom


def test_a_job_opens_its_account(units: Units) -> None:
    account = newcomer(agency())
    job = asked_for(account)
    queue.work(job, now=NOW)

    account.refresh_from_db()
    job.refresh_from_db()
    assert account.state == Account.State.ACTIVE
    assert (job.state, job.finished_at, job.due_at) == (State.DONE, NOW, None)


def test_whose_last_day_is_known_is_leaving_as_soon_as_the_account_opens(units: Units) -> None:
    account = newcomer(agency())
    Account.objects.filter(pk=account.pk).update(valid_to=NOW + timedelta(days=90))
    queue.work(asked_for(account), now=NOW)

    account.refresh_from_db()
    assert account.state == Account.State.LEAVING and account.is_active_at(NOW)


def test_every_step_is_marked_when_it_is_done(units: Units) -> None:
    job = asked_for(newcomer(agency()))
    queue.work(job, now=NOW)
    assert [(each.name, each.done_at) for each in job.steps.all()] == [
        ("unit", NOW),
        ("directory", NOW),
        ("account", NOW),
    ]


def test_an_opened_account_stands_in_the_directory(units: Units) -> None:
    account = newcomer(agency())
    queue.work(asked_for(account), now=NOW)
    assert DirectoryEntry.objects.filter(account=account).exists()


def test_the_opening_is_written_down_once(units: Units) -> None:
    account = newcomer(agency())
    queue.work(asked_for(account), now=NOW)
    queue.work(asked_for(account), now=NOW)
    assert AuditEvent.objects.filter(act="account_opened").count() == 1


def test_the_order_is_overdue_then_class_then_day_then_age(units: Units) -> None:
    at = agency()
    later, sooner = TODAY + timedelta(days=60), TODAY + timedelta(days=9)
    wanted = {
        "overdue official": asked_for(newcomer(at), by_day=TODAY - timedelta(days=1)),
        "director without a day": asked_for(newcomer(at), queue_class=Class.DIRECTOR),
        "saraban, soon": asked_for(newcomer(at), queue_class=Class.POSITION, by_day=sooner),
        "saraban, later": asked_for(newcomer(at), queue_class=Class.POSITION, by_day=later),
        "official, soon": asked_for(newcomer(at), by_day=sooner),
        "official, asked first": asked_for(newcomer(at), by_day=later, now=NOW),
        "official, asked next": asked_for(
            newcomer(at), by_day=later, now=NOW + timedelta(seconds=1)
        ),
        "official without a day": asked_for(newcomer(at)),
    }
    names = {job.pk: name for name, job in wanted.items()}
    turn = queue.next_jobs(now=NOW + timedelta(seconds=2), most=20)
    assert [names[job.pk] for job in turn] == list(wanted)


def test_what_is_due_today_is_not_overdue_yet(units: Units) -> None:
    at = agency()
    today = asked_for(newcomer(at), by_day=TODAY)
    director = asked_for(newcomer(at), queue_class=Class.DIRECTOR)
    assert queue.next_jobs(now=NOW, most=2) == [director, today]


def test_asking_again_moves_forward_and_never_back(units: Units) -> None:
    account = newcomer(agency())
    first = asked_for(account, queue_class=Class.DIRECTOR, by_day=TODAY)
    again = asked_for(account, queue_class=Class.REST, by_day=TODAY + timedelta(days=9))
    assert again == first
    assert (again.queue_class, again.must_be_done_by) == (Class.DIRECTOR, TODAY)


def test_of_two_workers_one_has_the_job(units: Units) -> None:
    job = asked_for(newcomer(agency()))
    other = ProvisioningJob.objects.get(pk=job.pk)
    assert job.claim(NOW, NOW + timedelta(minutes=5))
    queue.work(other, now=NOW)
    assert units.calls == []


def test_a_worker_whose_lease_ended_stops_between_two_steps(units: Units) -> None:
    job = asked_for(newcomer(agency()))

    def lose() -> None:
        ProvisioningJob.objects.filter(pk=job.pk).update(due_at=NOW + timedelta(hours=1))

    units.at_end = lose
    queue.work(job, now=NOW)
    job.refresh_from_db()
    assert job.state == State.WAITING
    assert Account.objects.get(pk=job.account_id).state == Account.State.PROVISIONING


# --- What does not work ---------------------------------------------------


def fail(job: ProvisioningJob, failure: Exception | None = None) -> None:
    """Work as the task does."""
    try:
        queue.work(job, now=NOW)
    except Exception as caught:  # noqa: BLE001  # as the door
        queue.put_off(job, failure or caught, now=NOW)
    job.refresh_from_db()


def test_a_step_that_failed_says_so_and_is_tried_again(units: Units) -> None:
    units.at_end = refuse
    job = asked_for(newcomer(agency()))
    fail(job)
    step = ProvisioningStep.objects.get(job=job, name="unit")
    assert (step.done_at, step.attempts, step.last_error) == (None, 1, NoRoom.message)
    assert job.due_at == NOW + timedelta(seconds=30)


def test_a_step_that_failed_leaves_nothing_half_done(units: Units) -> None:
    units.at_end = refuse
    account = newcomer(agency())
    fail(asked_for(account))
    assert units.made_for(account) == 0


def test_only_the_steps_still_owed_are_done_again(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = asked_for(newcomer(agency()))
    failing = steps.Step("account", 50, lambda account, *, now: refuse())
    with monkeypatch.context() as patch:
        patch.setitem(steps._STEPS, "account", failing)
        fail(job)
    calls = len(units.calls)
    queue.work(job, now=job.due_at)
    assert len(units.calls) == calls and units.made_for(job.account) == 1
    assert ProvisioningJob.objects.get(pk=job.pk).state == State.DONE


def test_an_unknown_failure_is_shown_by_its_kind_alone(
    units: Units, caplog: pytest.LogCaptureFixture
) -> None:
    job = asked_for(newcomer(agency()))
    job.claim(NOW, NOW + timedelta(minutes=5))
    queue._begin(job, now=NOW)
    queue.put_off(job, ValueError("password=hunter2"), now=NOW)
    assert job.steps.get(name="unit").last_error == "ValueError"


def test_waits_grow_to_an_hour() -> None:
    waits = [queue.wait_before_retry(attempts) for attempts in (1, 2, 3, 60)]
    assert [int(each.total_seconds()) for each in waits] == [30, 60, 120, 3600]


def test_after_the_last_try_it_waits_for_a_person(units: Units) -> None:
    units.at_end = refuse
    job = asked_for(newcomer(agency()))
    ProvisioningJob.objects.filter(pk=job.pk).update(attempts=queue.MOST_ATTEMPTS - 1)
    job.refresh_from_db()
    fail(job)
    assert (job.state, job.due_at, job.words) == (State.FAILED, None, NoRoom.message)
    assert Account.objects.get(pk=job.account_id).state == Account.State.FAILED


def test_a_job_that_kills_its_workers_is_held_in_the_end(units: Units) -> None:
    job = asked_for(newcomer(agency()))
    ProvisioningJob.objects.filter(pk=job.pk).update(attempts=queue.MOST_ATTEMPTS)
    job.refresh_from_db()
    queue.work(job, now=NOW)
    assert units.calls == []
    assert ProvisioningJob.objects.get(pk=job.pk).state == State.FAILED


def test_what_cannot_be_done_yet_counts_as_no_failure(units: Units) -> None:
    def not_yet() -> None:
        raise steps.NotYet("The keeper of the keys is away.", wait=timedelta(seconds=7))

    units.at_beginning = not_yet
    job = asked_for(newcomer(agency()))
    fail(job)
    assert (job.attempts, job.due_at) == (0, NOW + timedelta(seconds=7))
    assert job.steps.get(name="unit").attempts == 0


def test_an_officer_has_it_tried_again_at_its_place(units: Units) -> None:
    account = newcomer(agency())
    job = asked_for(account)
    ProvisioningJob.objects.filter(pk=job.pk).update(state=State.FAILED, due_at=None, attempts=12)
    job.refresh_from_db()
    queue.try_again(job, by=account, now=NOW)
    assert queue.next_jobs(now=NOW, most=1) == [job]
    assert AuditEvent.objects.filter(act="provisioning_tried_again").exists()


def test_what_worked_before_the_failure_is_kept(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = asked_for(newcomer(agency()))
    failing = steps.Step("account", 50, lambda account, *, now: refuse())
    monkeypatch.setitem(steps._STEPS, "account", failing)
    fail(job)
    done = job.steps.filter(done_at__isnull=False).values_list("name", flat=True)
    assert list(done) == ["unit", "directory"]
    assert units.made_for(job.account) == 1


def test_the_first_try_costs_one_transaction(units: Units) -> None:
    job = asked_for(newcomer(agency()))
    with CaptureQueriesContext(connection) as asked:
        queue.work(job, now=NOW)
    begun = [each["sql"] for each in asked if each["sql"].startswith("SAVEPOINT")]
    assert len(begun) == 1


# --- Stopped --------------------------------------------------------------


def test_a_suspension_between_the_look_and_the_opening_holds(units: Units) -> None:
    account = newcomer(agency(), state=Account.State.PROVISIONING)
    Account.objects.filter(pk=account.pk).update(state=Account.State.SUSPENDED)
    with pytest.raises(own_steps.NotToBeOpened):
        own_steps.open_account(account, now=NOW)
    account.refresh_from_db()
    assert account.state == Account.State.SUSPENDED
    assert not AuditEvent.objects.filter(act="account_opened").exists()


def test_a_cancelled_job_opens_nothing(units: Units) -> None:
    account = newcomer(agency())
    job = asked_for(account)
    queue.cancel(account, now=NOW, why="The order was withdrawn.")
    queue.work(ProvisioningJob.objects.get(pk=job.pk), now=NOW)
    assert units.calls == []
    assert ProvisioningJob.objects.get(pk=job.pk).words == "The order was withdrawn."


def test_an_approval_withdrawn_while_the_job_runs_takes_back_what_was_done(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    @steps.undoes("unit")
    def take_back(account: Account, *, now: object) -> None:
        OrgUnit.objects.filter(name_th=account.address).delete()

    account = newcomer(agency())
    job = asked_for(account)

    def withdraw(account: Account, *, now: object) -> None:
        Account.objects.filter(pk=account.pk).update(state=Account.State.REQUESTED)

    monkeypatch.setitem(steps._STEPS, "withdrawing", steps.Step("withdrawing", 25, withdraw))
    queue.work(job, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.words) == (State.CANCELLED, "Its approval was withdrawn.")
    assert units.made_for(account) == 0
    assert Account.objects.get(pk=account.pk).state == Account.State.REQUESTED


def test_a_cancelled_account_keeps_its_address_and_may_be_asked_for_anew(units: Units) -> None:
    account = newcomer(agency())
    job = asked_for(account)
    units.at_end = refuse
    fail(job)
    queue.cancel(account, now=NOW, why="Not now.")
    units.at_end = lambda: None
    account.refresh_from_db()
    assert account.state == Account.State.RESERVED
    queue.work(asked_for(account), now=NOW)
    assert units.made_for(account) == 1


def test_a_suspended_account_is_not_opened_by_its_job(units: Units) -> None:
    account = newcomer(agency(), state=Account.State.SUSPENDED)
    queue.work(asked_for(account), now=NOW)
    account.refresh_from_db()
    assert account.state == Account.State.SUSPENDED


def test_every_agency_state_is_either_open_or_at_the_gate() -> None:
    waiting = {
        state: asked_for(newcomer(agency(state))).state == State.WAITING_GATE
        for state in Agency.State.values
    }
    assert {state for state, waits in waiting.items() if not waits} == {"live", "at_risk"}
