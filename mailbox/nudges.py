"""Nudges: ring a worker by the task's name, after the commit.

The row is the truth and a nudge is only quicker: one that is lost, or rung twice,
or into a broker that is down, changes nothing (ADR 0004). `mailbox.file_due` and
`mailbox.relay_due` find every minute what nobody was told of.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone

from mailbox.models import Arrival, SortingJob, Submission

logger = logging.getLogger(__name__)

# How many arrivals one task is told of: enough to make Celery's own cost small,
# few enough that two workers share the work.
ARRIVALS_A_TASK = 20
URGENT = 3
# How far ahead the broker is told; the sweep, every minute, tells it of what falls due by then.
SOON = timedelta(seconds=90)


def _ring(task: str, *args: Any, countdown: float = 0) -> None:
    """Ring after the commit. A broker that is down is logged, not raised."""

    # Not a partial: Django wants the name of what it could not call for its log.
    def ring() -> None:
        # Without retries: whoever waits for a broker that is down keeps a person waiting.
        current_app.send_task(
            task, args=args, countdown=countdown or None, retry=False, ignore_result=True
        )

    transaction.on_commit(ring, robust=True)


def file_later(arrival: Arrival) -> None:
    """Have an arrival filed, once it is committed."""
    _ring("mailbox.file", [str(arrival.pk)])


def file_all_later(arrivals: Sequence[UUID]) -> None:
    """Have these arrivals filed, a handful a task; they are committed already."""
    for start in range(0, len(arrivals), ARRIVALS_A_TASK):
        _ring("mailbox.file", [str(pk) for pk in arrivals[start : start + ARRIVALS_A_TASK]])


def relay_later(submission: Submission) -> None:
    """Have a submission relayed when it falls due; the most urgent ones by their own queue."""
    task = "mailbox.relay_urgent" if submission.urgency >= URGENT else "mailbox.relay"
    wait = ((submission.due_at or timezone.now()) - timezone.now()).total_seconds()
    if wait > SOON.total_seconds():
        return  # a broker is no diary: the sweep rings when the moment is near
    # Rung a hair early, it would find nothing due and leave the rest to the sweep.
    _ring(task, str(submission.pk), countdown=wait + 0.2 if wait > 0 else 0)


def answer_later(replies: Sequence[UUID]) -> None:
    """Have these automatic replies written and sent, once they are committed."""
    if replies:
        _ring("mailbox.answer", [str(pk) for pk in replies])


def sort_later(job: SortingJob) -> None:
    """Have a job over a whole list done, once it is committed."""
    _ring("mailbox.sort", str(job.pk))


class Bell:
    """Gathers the arrivals of a moment and rings for them together.

    Celery needs longer to send a task than LMTP to keep a message; ringing for many
    at once, in a thread of its own, keeps a slow or absent broker out of the door's way.
    """

    def __init__(self, pause: float = 0.05) -> None:
        """pause: seconds to gather for after the first ring."""
        self._pause = pause
        self._waiting: SimpleQueue[UUID] = SimpleQueue()
        self._stopped = threading.Event()
        self._rung = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def file_later(self, arrival: Arrival) -> None:
        """Have a committed arrival filed, within a moment."""
        self._waiting.put(arrival.pk)
        self._rung.set()

    def stop(self) -> None:
        """Ring for what is waiting, and end."""
        self._stopped.set()
        self._rung.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._rung.wait()
            self._stopped.wait(self._pause)
            self._rung.clear()
            gathered: list[UUID] = []
            with suppress(Empty):
                while True:
                    gathered.append(self._waiting.get_nowait())
            file_all_later(gathered)
