"""Lines: what one agency has waiting in one lane, and who may serve it.

A worker claims a few letters of a line at a time. How many workers serve one line is
bounded by PostgreSQL's advisory locks, which a killed worker lets go of at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Min

from mailbox.models import Content, Lane, Submission
from mailbox.outbound.relaying.rows import made_of

# Letters late by so much say that the workers have more than they can do.
LATE = timedelta(seconds=5)
# But circulars wait no longer than this for others.
PATIENCE_OF_BULK = timedelta(minutes=10)

# The first half of an advisory lock's number: "RELA", for nobody else.
_LOCKS = 0x52454C41
_BULK_LOCKS = 0x52454C42
_URGENT_LOCKS = 0x52454C43
_MOST_SLOTS = 64

# What a turn reads; the rest of the row is loaded by whoever asks for it.
_COLUMNS = (
    *("id", "mailbox_id", "content_id", "sent_copy_id", "relay_key_id", "sealed_key_for_relay"),
    *("sealed_envelope", "size", "urgency", "agency_id", "lane", "delay_told_at", "created_at"),
    *("due_at", "expires_at", "attempts", "scheduled_for", "is_automatic", "written_by_id"),
    *("tally", "has_failed"),
)
_TALLY = _COLUMNS.index("tally")
_OF_CONTENT = ("id", "plain_size", "sealed_size", "row", "file")
# Materialized: in a join the planner may ask the part with LIMIT again for each row, and
# every time it would pass over what it has locked itself, and take more.
_CLAIM = """
WITH mine AS MATERIALIZED (
  SELECT id FROM mailbox_submission
  WHERE lane = %s AND {agency} AND due_at <= %s AND held_at IS NULL AND cancelled_at IS NULL
    AND (scheduled_for IS NULL OR attempts > 0 OR scheduled_for <= %s)
  ORDER BY due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE mailbox_submission s SET due_at = %s, attempts = s.attempts + 1
FROM mine JOIN mailbox_submission o ON o.id = mine.id JOIN mailbox_content c ON c.id = o.content_id
WHERE s.id = mine.id
RETURNING EXISTS (SELECT 1 FROM mailbox_draft d WHERE d.submission_id = s.id), {columns}
"""


@dataclass(frozen=True)
class Line:
    """Letters of one lane and one agency; agency_id is None where the author has none."""

    lane: int
    agency_id: int | None


@dataclass(frozen=True)
class Claimed:
    """Letters that are ours now, with their contents. drafts: those that still have one."""

    letters: Sequence[Submission]
    drafts: Sequence[Submission]


def claim(line: Line, *, now: datetime, most: int, asked_at: datetime | None = None) -> Claimed:
    """Take up to `most` letters of a line that are due, with a lease from now; the oldest first.

    asked_at: until when scheduled letters were asked whether their authors may send (now).
    One statement. What another worker holds is passed over, and not waited for.
    """
    agency = "agency_id IS NULL" if line.agency_id is None else "agency_id = %s"
    columns = [*(f"s.{name}" for name in _COLUMNS), *(f"c.{name}" for name in _OF_CONTENT)]
    wanted = [] if line.agency_id is None else [line.agency_id]
    statement = _CLAIM.format(agency=agency, columns=", ".join(columns))
    with connection.cursor() as cursor:
        lease_until = now + settings.RELAY_LEASE
        cursor.execute(statement, [line.lane, *wanted, now, asked_at or now, most, lease_until])
        found = [(row[0], _submission(row[1:])) for row in cursor.fetchall()]
    letters = [submission for _, submission in found]
    return Claimed(letters, [submission for has_draft, submission in found if has_draft])


def _submission(row: Sequence[Any]) -> Submission:
    own, of_content = list(row[: len(_COLUMNS)]), row[len(_COLUMNS) :]
    if isinstance(own[_TALLY], str):
        own[_TALLY] = json.loads(own[_TALLY])
    submission = made_of(Submission, _COLUMNS, own)
    submission.content = made_of(Content, _OF_CONTENT, of_content)
    return submission


def of_line(line: Line) -> dict[str, int | None]:
    """The filter for what is owed in a line and not held back."""
    return {"lane": line.lane, "agency": line.agency_id}


def owing(until: datetime) -> list[tuple[Line, datetime]]:
    """Every line that has something due by then, and since when."""
    due = Submission.objects.due(until).order_by().values_list("lane", "agency")
    found = due.annotate(since=Min("due_at")).order_by("lane", "since")
    return [(Line(lane, agency), since) for lane, agency, since in found if since is not None]


def next_due(line: Line) -> datetime | None:
    """When the line next has something to do; a lease counts as well."""
    owed = Submission.objects.filter(**of_line(line), held_at__isnull=True, due_at__isnull=False)
    return owed.order_by("due_at").values_list("due_at", flat=True).first()


def must_yield(line: Line, now: datetime) -> bool:
    """Whether a circular should wait: others are late, and it is not yet very late itself."""
    if line.lane != Lane.BULK:
        return False
    since = next_due(line)
    if since is None or since < now - PATIENCE_OF_BULK:
        return False
    late = Submission.objects.due(now - LATE).filter(lane__lt=Lane.BULK)
    return late.exists()


@contextmanager
def slot(line: Line) -> Iterator[bool]:
    """Hold one of the places at a line; False where all are taken.

    At most half of the workers serve one agency's ordinary mail, as many its urgent mail, and a
    quarter all circulars together.
    """
    is_bulk = line.lane == Lane.BULK
    first = {Lane.URGENT: _URGENT_LOCKS, Lane.BULK: _BULK_LOCKS}.get(Lane(line.lane), _LOCKS)
    base = 0 if is_bulk else (line.agency_id or 0) * _MOST_SLOTS
    places = max(1, settings.RELAY_PROCESSES // (4 if is_bulk else 2))
    taken = next((base + n for n in range(min(places, _MOST_SLOTS)) if _lock(first, base + n)), -1)
    try:
        yield taken >= 0
    finally:
        if taken >= 0:
            _unlock(first, taken)


def _lock(first: int, second: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [first, second])
        ((got,),) = cursor.fetchall()
    return bool(got)


def _unlock(first: int, second: int) -> None:
    # A connection that broke has let go of it already.
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [first, second])
