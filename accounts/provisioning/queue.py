"""The queue of accounts to be opened: asked for, worked on by lease, put off, stopped.

A job's row is the whole truth; Celery only rings. One worker holds it by its lease. The first
try is one transaction, all steps or none; after a failure each step and its mark are one. In
each the job and its account are locked and looked at again, so that a kill at any point, a
second worker or a withdrawn approval leaves nothing half-done. Locks: the job, its account,
the audit, in this order. Moments are aware; days are days in Thailand.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from accounts.audit import chain
from accounts.mandate import duties, obligations
from accounts.models import (
    Account,
    Agency,
    Obligation,
    Official,
    ProvisioningJob,
    ProvisioningStep,
)
from accounts.provisioning import steps
from accounts.provisioning.letting_through import may_open
from accounts.provisioning.nudges import provision_soon
from govmail_portal.errors import PortalError

logger = logging.getLogger(__name__)

State = ProvisioningJob.State
# What may be opened: approved and not stopped since. Open ones: their steps may be done again.
OPENABLE = (
    Account.State.APPROVED,
    Account.State.RESERVED,
    Account.State.PROVISIONING,
    Account.State.FAILED,
    *Account.OPEN_STATES,
)
# Of these nothing was told to anybody, and its mailbox perhaps is not there.
_HALF_OPEN = (Account.State.PROVISIONING, Account.State.FAILED)
# After so many tries in a row the job waits for a person: some four hours.
MOST_ATTEMPTS = 12
_LONGEST_WAIT = timedelta(hours=1)


# --- Asking ---------------------------------------------------------------


@transaction.atomic
def request(
    account: Account, *, queue_class: int, must_be_done_by: date | None, now: datetime
) -> ProvisioningJob:
    """Have an account opened; one that is in the queue already moves forward, never back.

    queue_class: ProvisioningJob.QueueClass. The account is approved or reserved. While its
    agency is not open it waits at the gate, and its duty's clock goes on; unless its official has
    leave for a central account.
    """
    gate = not may_open(account, now=now)
    job, made = ProvisioningJob.objects.get_or_create(
        account=account,
        finished_at=None,
        defaults={
            "agency": account.agency,
            "queue_class": queue_class,
            "must_be_done_by": must_be_done_by,
            "state": State.WAITING_GATE if gate else State.WAITING,
            "requested_at": now,
            "due_at": None if gate else now,
        },
    )
    if not made:
        _move_forward(job, queue_class, must_be_done_by)
    if gate:
        _mark_waiting(account)
    else:
        provision_soon()
    return job


def _move_forward(job: ProvisioningJob, queue_class: int, must_be_done_by: date | None) -> None:
    job.queue_class = min(job.queue_class, queue_class)
    job.must_be_done_by = min(
        (day for day in (job.must_be_done_by, must_be_done_by) if day), default=None
    )
    job.save(update_fields=["queue_class", "must_be_done_by"])


@transaction.atomic
def cancel(
    account: Account, *, now: datetime, why: str, by: Account | None = None
) -> ProvisioningJob | None:
    """Stop opening an account, and take back what was done; None if nothing was under way.

    why: a sentence for the page. The address stays reserved: it is never given to another.
    """
    job = ProvisioningJob.objects.select_for_update().open().filter(account=account).first()
    if job is not None:
        _stop(job, account, why=why, now=now, by=by)
    return job


def _stop(
    job: ProvisioningJob, account: Account, *, why: str, now: datetime, by: Account | None = None
) -> None:
    """The job is locked."""
    for done in job.steps.filter(done_at__isnull=False).order_by("-order"):
        undo = steps.undoing(done.name)
        if undo is not None:
            undo(account, now=now)
    job.steps.update(done_at=None)
    job.state, job.words = State.CANCELLED, why[:300]
    job.due_at, job.finished_at = None, now
    job.save(update_fields=["state", "words", "due_at", "finished_at"])
    Account.objects.filter(pk=account.pk, state__in=_HALF_OPEN).update(state=Account.State.RESERVED)
    chain.record("provisioning_cancelled", job, by=by, now=now, details={"why": job.words})


@transaction.atomic
def try_again(job: ProvisioningJob, *, by: Account, now: datetime) -> bool:
    """Put a job that needs help, or waits for its next try, at its place in the queue now.

    Gives whether it did: what is over, or waits for its agency, stays as it is.
    """
    again = ProvisioningJob.objects.filter(pk=job.pk, state__in=(State.WAITING, State.FAILED))
    if not again.update(state=State.WAITING, due_at=now, attempts=0, words=""):
        return False
    chain.record("provisioning_tried_again", job, by=by, now=now)
    provision_soon()
    return True


# --- The gate -------------------------------------------------------------


@transaction.atomic
def open_gate(agency: Agency, *, now: datetime) -> int:
    """The agency is open: let go what waited for it; return how many accounts that were."""
    if not agency.is_open:
        return 0
    waiting = ProvisioningJob.objects.filter(agency=agency, state=State.WAITING_GATE)
    count = waiting.update(state=State.WAITING, due_at=now)
    Obligation.objects.filter(agency=agency, is_waiting_gate=True).update(is_waiting_gate=False)
    if count:
        chain.record("gate_opened", agency, by=None, now=now, details={"accounts": count})
        provision_soon()
    return count


def open_gates(*, now: datetime) -> int:
    """Let go whatever waits for agencies that are open by now, however they came to be."""
    held = ProvisioningJob.objects.filter(state=State.WAITING_GATE).order_by()
    agencies = Agency.objects.filter(
        pk__in=held.values("agency").distinct(), state__in=Agency.OPEN_STATES
    )
    return sum(open_gate(agency, now=now) for agency in agencies)


@transaction.atomic
def let_through(account: Account, *, now: datetime) -> bool:
    """Let one account go on that waits for its agency, if it may; gives whether it did."""
    if not may_open(account, now=now):
        return False
    waiting = ProvisioningJob.objects.filter(account=account, state=State.WAITING_GATE)
    count = waiting.update(state=State.WAITING, due_at=now)
    if account.official_id is not None:
        held = Obligation.objects.filter(official=account.official_id, is_waiting_gate=True)
        held.update(is_waiting_gate=False)
    if count:
        provision_soon()
    return count == 1


def _mark_waiting(account: Account) -> None:
    if account.official_id is not None:
        owed = Obligation.objects.filter(official=account.official_id, state__in=duties.OPEN)
        owed.update(is_waiting_gate=True)


# --- Working --------------------------------------------------------------


def next_jobs(*, now: datetime, most: int) -> list[ProvisioningJob]:
    """The jobs whose turn it is, unclaimed, in the order of the queue."""
    due = ProvisioningJob.objects.due(now).filter(state=State.WAITING)
    return list(due.in_turn(timezone.localdate(now))[:most])


def work(job: ProvisioningJob, *, now: datetime) -> bool:
    """Do every step this job is still owed, and open its account; gives whether it has.

    Raises what a step raised: the caller is a door and calls `put_off`. Does nothing when
    another worker has the job, and stops between two steps when it was cancelled.
    """
    if not job.claim(now, now + settings.PROVISIONING_LEASE):
        return False
    if job.attempts > MOST_ATTEMPTS:
        _give_up(job, gettext_noop("Its workers ended without a word."))
        return False
    if job.attempts > 1:
        return _go_step_by_step(job, now=now)
    try:
        return _do_all(job, now=now)
    except Exception as failure:  # noqa: BLE001  # raised again by the step that it is
        logger.info("Job %s goes on step by step: %s.", job.pk, type(failure).__name__)
    return _go_step_by_step(job, now=now)


class _Meanwhile(Exception):
    """The job was changed in the middle of its opening; all of that is taken back."""


@transaction.atomic
def _do_all(job: ProvisioningJob, *, now: datetime) -> bool:
    """Do everything that is owed at once, or nothing: nearly always this is all.

    What goes wrong takes all of it back; step by step it then shows which it was, and what
    works is kept.
    """
    account = _account_of(job, now=now)
    if account is None:
        return False
    done = _done_of(job)
    owed = [each for each in steps.in_order() if each.name not in done]
    for step in owed:
        step.part(account, now=now)
    ProvisioningStep.objects.bulk_create(
        [ProvisioningStep(job=job, name=each.name, order=each.order, done_at=now) for each in owed],
        update_conflicts=True,
        unique_fields=["job", "name"],
        update_fields=["done_at", "last_error"],
    )
    if not _finish(job, now=now):
        raise _Meanwhile
    return True


def _go_step_by_step(job: ProvisioningJob, *, now: datetime) -> bool:
    done = _begin(job, now=now)
    if done is None:
        return False
    for step in steps.in_order():
        if step.name not in done and not _do(job, step, now=now):
            return False
    return _finish(job, now=now)


@transaction.atomic
def _begin(job: ProvisioningJob, *, now: datetime) -> set[str] | None:
    """Write the rows of the steps; return the names of those that are done, or None as `_do`."""
    account = _account_of(job, now=now)
    if account is None:
        return None
    if account.state not in (Account.State.PROVISIONING, *Account.OPEN_STATES):
        account.state = Account.State.PROVISIONING
        account.save(update_fields=["state"])
    ProvisioningStep.objects.bulk_create(
        [ProvisioningStep(job=job, name=each.name, order=each.order) for each in steps.in_order()],
        ignore_conflicts=True,
    )
    return _done_of(job)


def _done_of(job: ProvisioningJob) -> set[str]:
    return set(job.steps.filter(done_at__isnull=False).values_list("name", flat=True))


@transaction.atomic
def _do(job: ProvisioningJob, step: steps.Step, *, now: datetime) -> bool:
    """Do one step and mark it, or neither; False where the job is no longer to go on."""
    account = _account_of(job, now=now)
    if account is None:
        return False
    step.part(account, now=now)
    job.steps.filter(name=step.name).update(done_at=now, last_error="")
    return True


def _account_of(job: ProvisioningJob, *, now: datetime) -> Account | None:
    """Lock the job and its account, and look again; None where this worker must let go of it.

    Not to be suspended, nor its approval withdrawn, between the look and what follows from it.
    """
    held = (
        ProvisioningJob.objects.select_for_update(of=("self", "account"), no_key=True)
        .select_related("account__agency", "account__official", "account__position")
        .get(pk=job.pk)
    )
    account = held.account
    if held.state != State.WAITING or held.due_at != job.due_at:
        return None
    if account.state not in OPENABLE:
        _stop(held, account, why=gettext_noop("Its approval was withdrawn."), now=now)
        return None
    if not may_open(account, now=now):
        ProvisioningJob.objects.filter(pk=job.pk).update(state=State.WAITING_GATE, due_at=None)
        _mark_waiting(account)
        return None
    return account


def _finish(job: ProvisioningJob, *, now: datetime) -> bool:
    """Mark the job done; False where it is no longer this worker's."""
    mine = ProvisioningJob.objects.filter(pk=job.pk, state=State.WAITING, due_at=job.due_at)
    ended = mine.update(state=State.DONE, due_at=None, finished_at=now, words="")
    return ended == 1


def count_as_proof(jobs: Sequence[ProvisioningJob], *, now: datetime) -> None:
    """Those of these jobs that are done prove that their officials have an account.

    Many at once, as a reckoning costs the same for fifty as for one; who is killed before it
    leaves it to the reckoning of the night.
    """
    done = ProvisioningJob.objects.filter(pk__in=[job.pk for job in jobs], state=State.DONE)
    holders = Official.objects.filter(account__in=done.values("account"))
    obligations.recompute(holders, now=now, cause="account_opened")


# --- When it does not work ------------------------------------------------


@transaction.atomic
def put_off(job: ProvisioningJob, failure: Exception, *, now: datetime) -> None:
    """A step did not work: write down which and why, and when to try again.

    After MOST_ATTEMPTS it waits for a person. NotYet is no failure and counts as none.
    """
    held = ProvisioningJob.objects.select_for_update().get(pk=job.pk)
    if held.state != State.WAITING or held.due_at != job.due_at:
        return
    patient = isinstance(failure, steps.NotYet)
    words = _words_of(failure)
    owed = held.steps.filter(done_at__isnull=True).first()
    if owed is not None:
        owed.attempts += 0 if patient else 1
        owed.last_error = words
        owed.save(update_fields=["attempts", "last_error"])
    if isinstance(failure, steps.NotYet):
        held.attempts -= 1
        held.due_at = now + failure.wait
    elif held.attempts >= MOST_ATTEMPTS:
        _give_up(held, words)
        return
    else:
        held.due_at = now + wait_before_retry(held.attempts)
    held.save(update_fields=["attempts", "due_at"])


def wait_before_retry(attempts: int) -> timedelta:
    """Half a minute after the first try, twice as long after each, at most an hour."""
    return min(timedelta(seconds=30 << min(attempts - 1, 12)), _LONGEST_WAIT)


@transaction.atomic
def _give_up(job: ProvisioningJob, words: str) -> None:
    ProvisioningJob.objects.filter(pk=job.pk, due_at=job.due_at).update(
        state=State.FAILED, due_at=None, words=words
    )
    Account.objects.filter(pk=job.account_id, state=Account.State.PROVISIONING).update(
        state=Account.State.FAILED
    )


def _words_of(failure: Exception) -> str:
    """What the page may show: our own sentences whole, of anything else only the kind.

    In English, as the sources have them: the page says them in its reader's language.
    """
    if isinstance(failure, PortalError):
        with translation.override("en"):
            return str(failure.message)[:300]
    logger.error("A step of opening an account failed.", exc_info=failure)
    return type(failure).__name__[:300]
