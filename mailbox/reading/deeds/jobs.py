"""Jobs: one verb for every conversation of a list, done by a worker in pieces.

A piece is a transaction: the deed, what it changed, and how far the job has come. A
worker that dies leaves the job falling due again after its lease, and nothing is done
twice. Nothing newer than the job is touched. Needs no mailbox's key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Count, F, Q

from mailbox.filing.messages import lock
from mailbox.filing.placements import announce
from mailbox.models import (
    Folder,
    Label,
    MailReport,
    SortingJob,
    SortingJobPart,
)
from mailbox.nudges import sort_later
from mailbox.reading import labels, sorting
from mailbox.reading.cursors import Cursor
from mailbox.reading.deeds import reports
from mailbox.reading.deeds.changes import Change, undo
from mailbox.reading.lists import List, thread_id_of
from mailbox.reading.sorting import Here

logger = logging.getLogger(__name__)

PIECE = 200
LEASE = timedelta(minutes=5)
# After so many pieces a worker lets others have their turn.
PIECES_A_TURN = 25
# How far the length of a list without a counter is counted: for the page, not for the work.
MOST_COUNTED = 10_000
# Errors in a row, a lease apart, after which a job ends and its page says so.
MOST_FAILURES = 5
# How long a finished job can be taken back.
KEPT = timedelta(days=7)
ERASE = "erase"
UNDO = "undo"

_Deed = Callable[[Here, Sequence[UUID], SortingJob], Change]


class _Lost(Exception):
    """Another worker has this job now, or it was cancelled."""


def _to(job: SortingJob) -> Folder:
    own = Q(pk=job.target) if len(job.target) == 36 else Q(kind=job.target)
    return Folder.objects.get(own, mailbox=job.mailbox_id)


def _label(job: SortingJob) -> Label:
    return Label.objects.get(pk=job.target, mailbox=job.mailbox_id)


_DEEDS: dict[str, _Deed] = {
    "read": lambda here, threads, _job: sorting.mark_read(here, threads),
    "unread": lambda here, threads, _job: sorting.mark_read(here, threads, read=False),
    "star": lambda here, threads, _job: sorting.star(here, threads),
    "unstar": lambda here, threads, _job: sorting.star(here, threads, starred=False),
    "archive": lambda here, threads, job: sorting.archive(here, threads, now=job.created_at),
    "trash": lambda here, threads, job: sorting.trash(here, threads, now=job.created_at),
    "spam": lambda here, threads, job: reports.report(
        here, threads, kind=MailReport.Kind.SPAM, now=job.created_at
    ),
    "restore": lambda here, threads, _job: sorting.restore(here, threads),
    "move": lambda here, threads, job: sorting.move(here, threads, to=_to(job), now=job.created_at),
    "mute": lambda here, threads, job: sorting.mute(here, threads, now=job.created_at),
    "label": lambda _here, threads, job: labels.put(job.mailbox, threads, _label(job)),
    "unlabel": lambda _here, threads, job: labels.take_off(job.mailbox, threads, _label(job)),
}
VERBS = frozenset((*_DEEDS, ERASE))


def begin(one: List, verb: str, *, target: str = "", now: datetime) -> SortingJob:
    """Have a worker do a verb of VERBS to all of a list as it stands now."""
    if verb not in VERBS:
        raise SortingJob.DoesNotExist
    with transaction.atomic():
        job = SortingJob(
            mailbox=one.mailbox,
            folder=one.folder,
            label=one.label,
            show=one.show,
            verb=verb,
            target=target,
            expected=_expected(one),
            created_at=now,
            due_at=now,
        )
        if verb == "move":
            _to(job)
        elif verb in ("label", "unlabel"):
            _label(job)
        job.save()
        sort_later(job)
    return job


def cancel(job: SortingJob, *, now: datetime) -> bool:
    """Stop a job after the piece it is at; False if it has finished before."""
    stopped = SortingJob.objects.filter(pk=job.pk, finished_at=None, cancelled_at=None).update(
        cancelled_at=now, due_at=None
    )
    announce([job.mailbox_id])
    return stopped == 1


def take_back(job: SortingJob, *, now: datetime) -> SortingJob:
    """Have a worker undo what a job has done so far; a job that is running stops."""
    with transaction.atomic():
        # Pieces hold this lock: none is under way once we have it.
        lock([job.mailbox_id])
        cancel(job, now=now)
        job.refresh_from_db()
        back = SortingJob.objects.create(
            mailbox_id=job.mailbox_id,
            verb=UNDO,
            undoes=job,
            expected=job.done,
            created_at=now,
            due_at=now,
        )
        sort_later(back)
    return back


def work(job: SortingJob, *, now: datetime) -> None:
    """Do pieces of a job until it is finished, cancelled, or others are to have a turn."""
    if not job.claim(now, now + LEASE):
        return
    try:
        for _turn in range(PIECES_A_TURN):
            if not _piece(job, now):
                logger.info("sorting job %s: finished, %d conversations", job.pk, job.done)
                return
        with transaction.atomic():
            _keep(job, due_at=now)
            sort_later(job)
    except _Lost:
        return
    except ObjectDoesNotExist:
        logger.warning("sorting job %s: what it needs is gone", job.pk)
        cancel(job, now=now)


def put_off(job: SortingJob, failure: Exception, *, now: datetime) -> None:
    """Write down that a worker failed on a job: tried again after its lease, but not for ever."""
    # Only the kind of error is logged: its words could hold something of the mail.
    logger.error("sorting job %s: %s", job.pk, type(failure).__name__)
    waiting = SortingJob.objects.filter(pk=job.pk, finished_at=None, cancelled_at=None)
    waiting.update(failures=F("failures") + 1)
    ended = waiting.filter(failures__gte=MOST_FAILURES)
    if ended.update(has_failed=True, cancelled_at=now, due_at=None):
        announce([job.mailbox_id])


def forget_finished(now: datetime) -> int:
    """Delete jobs that finished long ago, and with them their way back."""
    old = SortingJob.objects.filter(created_at__lt=now - KEPT, due_at__isnull=True)
    return old.delete()[0]


def _piece(job: SortingJob, now: datetime) -> bool:
    """One piece in one transaction; False when there was none left."""
    with transaction.atomic():
        lock([job.mailbox_id])
        done = _undo_piece(job) if job.verb == UNDO else _do_piece(job)
        if done:
            job.done += done
            _keep(job, due_at=now + LEASE)
        else:
            _keep(job, due_at=None, finished_at=now)
        announce([job.mailbox_id])
    return done > 0


def _do_piece(job: SortingJob) -> int:
    one = List(job.mailbox, job.folder, job.label, job.show)
    rows = one.rows().filter(latest_at__lte=job.created_at)
    if job.reached:
        rows = rows.filter(Cursor.read(job.reached).and_older("latest_at"))
    found = list(rows[:PIECE])
    if not found:
        return 0
    threads = [thread_id_of(row) for row in found]
    here: Here = job.folder or job.mailbox
    if job.verb == ERASE:
        sorting.erase(here, threads)
    elif change := _DEEDS[job.verb](here, threads, job):
        SortingJobPart.objects.create(job=job, number=job.parts.count(), before=change.to_json())
    job.reached = str(Cursor(found[-1].latest_at, found[-1].pk))
    return len(found)


def _undo_piece(job: SortingJob) -> int:
    part = SortingJobPart.objects.filter(job=job.undoes_id).order_by("-number").first()
    if part is None:
        return 0
    change = Change.from_json(part.before)
    undo(job.mailbox, change)
    part.delete()
    return max(1, min(PIECE, job.expected - job.done))


def _keep(job: SortingJob, **changes: object) -> None:
    """Write how far a job has come, if it is still this worker's."""
    held = SortingJob.objects.filter(pk=job.pk, due_at=job.due_at, cancelled_at__isnull=True)
    if not held.update(done=job.done, reached=job.reached, failures=0, **changes):
        raise _Lost
    for name, value in changes.items():
        setattr(job, name, value)


def _expected(one: List) -> int:
    """How many conversations the page may speak of; 0 where nobody has counted."""
    if one.folder is not None and not one.show:
        return one.folder.conversation_count
    if one.folder is not None and one.show == "unread":
        return one.folder.unread_count
    counted = one.rows().order_by()[:MOST_COUNTED].aggregate(rows=Count("pk"))["rows"]
    return int(counted) if counted < MOST_COUNTED else 0
