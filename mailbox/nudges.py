"""Nudges: ring a worker by the task's name, after the commit.

The row is the truth and a nudge is only quicker: one that is lost, or rung twice,
or into a broker that is down, changes nothing (ADR 0004). `mailbox.file_due` and
`mailbox.relay_due` find every minute what nobody was told of.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from mailbox.models import Arrival, Lane, SortingJob, Submission

logger = logging.getLogger(__name__)

# How many arrivals one task is told of: enough to make Celery's own cost small,
# few enough that two workers share the work.
ARRIVALS_A_TASK = 20
URGENT = 3
# How far ahead the broker is told; the sweep, every minute, tells it of what falls due by then.
SOON = timedelta(seconds=90)
# How long the mark of a nudge stands that no worker has heard: a lost one costs no more.
_RUNG_FOR = 30.0


def _ring(task: str, *args: Any, countdown: float = 0) -> None:
    """Ring after the commit. A broker that is down is logged, not raised."""

    # Not a partial: Django wants the name of what it could not call for its log.
    def ring() -> None:
        _send(task, *args, countdown=countdown)

    transaction.on_commit(ring, robust=True)


def _send(task: str, *args: Any, countdown: float = 0) -> None:
    # Without retries: whoever waits for a broker that is down keeps a person waiting.
    current_app.send_task(
        task, args=args, countdown=countdown or None, retry=False, ignore_result=True
    )


def file_later(arrival: Arrival) -> None:
    """Have an arrival filed, once it is committed."""
    _ring("mailbox.file", [str(arrival.pk)])


def file_all_later(arrivals: Sequence[UUID]) -> None:
    """Have these arrivals filed, a handful a task; they are committed already."""
    for start in range(0, len(arrivals), ARRIVALS_A_TASK):
        _ring("mailbox.file", [str(pk) for pk in arrivals[start : start + ARRIVALS_A_TASK]])


def read_test_letter_later(arrival: Arrival) -> None:
    """Have what came to a test letter read, where DNS may take its time."""
    _ring("mailbox.read_test_letter", str(arrival.pk))


def write_to_saraban_later(letter_id: int) -> None:
    """Have a test letter written to a saraban mailbox, once it is committed."""
    _ring("mailbox.write_to_saraban", letter_id)


def relay_later(submission: Submission) -> None:
    """Have a submission relayed when it falls due; the most urgent ones by their own queue."""
    relay_line_later(submission.lane, submission.agency_id, submission.due_at)


def relay_line_later(lane: int, agency_id: int | None, due_at: datetime | None = None) -> None:
    """Have a line served, after the commit: what one agency has in one lane (`relaying.turns`).

    due_at: not before then; None: now. One nudge waits for a line, however many letters it has.
    """
    wait = (due_at - timezone.now()).total_seconds() if due_at else 0
    if wait > SOON.total_seconds():
        return  # a broker is no diary: the sweep rings when the moment is near

    def ring() -> None:
        key, lasts, late = _line_key(lane, agency_id), _RUNG_FOR, 0.0
        if due_at is not None and wait > 0:
            # Rung a hair early, it would find nothing due and leave the rest to the sweep.
            second = math.ceil(due_at.timestamp() + 0.1)
            key, lasts, late = f"{key}:{second}", wait + _RUNG_FOR, second - time.time()
        if _is_first(key, lasts):
            task = "mailbox.relay_urgent_turn" if lane == Lane.URGENT else "mailbox.relay_turn"
            _send(task, lane, agency_id, countdown=max(late, 0))

    transaction.on_commit(ring, robust=True)


def rung(lane: int, agency_id: int | None) -> None:
    """A worker has heard the nudge of a line: what comes from now on rings again."""
    with suppress(Exception):  # no broker, no mark: the next one rings once too often
        cache.delete(_line_key(lane, agency_id))


def _line_key(lane: int, agency_id: int | None) -> str:
    return f"relay-line:{lane}:{agency_id or 0}"


def _is_first(key: str, seconds: float) -> bool:
    """Whether nobody has rung for this lately; without a cache everybody is the first."""
    try:
        return bool(cache.add(key, 1, timeout=seconds))
    except Exception:  # noqa: BLE001  # a cache that is away must not silence the bell
        return True


def try_gateway_later(ticket: str) -> None:
    """Have a gateway tried step by step, for an officer who looks on."""
    _ring("mailbox.try_gateway", ticket)


def gateway_is_back(gateway_id: int) -> None:
    """Have the letters tried that wait for a gateway that answers again."""
    _ring("mailbox.wake_for_gateway", gateway_id)


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
