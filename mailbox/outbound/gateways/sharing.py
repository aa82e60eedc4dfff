"""Who goes first at a gateway that takes only so much, and when the others come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailbox.models import Delivery, Lane
from mailbox.smtp.verdicts import Reason

# An urgent letter that was asked to wait comes back within so long. One that is late by more
# waits for a worker, not for room, and keeps nobody away.
_SOON = timedelta(seconds=10)
_LATE = timedelta(seconds=30)
# How far what waits is spread at most: a limit that is lifted is noticed by then.
FURTHEST = timedelta(hours=1)
# Letters counted at most: of more it is enough to know that they are many.
_MOST_COUNTED = 100_000
# What workers look at in passing, where a gateway rests: all are woken when it is back
# (`operating.waking`), and whoever looks at them before looks in vain.
_LOOKED_AT_A_MINUTE = 600

_URGENT = """
SELECT EXISTS (
  SELECT 1 FROM mailbox_submission s JOIN mailbox_delivery d ON d.submission_id = s.id
  WHERE s.lane = %s AND s.due_at BETWEEN %s AND %s AND s.held_at IS NULL
    AND d.state = ANY(%s) AND d.gateway_id = %s AND d.reason = %s
)
"""
_WAITING = """
SELECT count(*) FROM (
  SELECT 1 FROM mailbox_submission
  WHERE lane = %s AND agency_id = %s AND due_at <= %s AND held_at IS NULL LIMIT %s
) waiting
"""


@dataclass(frozen=True)
class Asker:
    """Whose letters, and in which lane, want to go through a gateway."""

    agency_id: int
    lane: int = Lane.ORDINARY

    @property
    def is_urgent(self) -> bool:
        return self.lane == Lane.URGENT


def urgent_waits(gateway_id: int, now: datetime) -> bool:
    """Whether an urgent letter, of whatever agency, found no room at this gateway just now."""
    owed = [state.value for state in Delivery.OWED]
    lane, between = Lane.URGENT.value, (now - _LATE, now + _SOON)
    values: list[Any] = [lane, *between, owed, gateway_id, Reason.OWN_LIMIT.value]
    with connection.cursor() as cursor:
        cursor.execute(_URGENT, values)
        ((found,),) = cursor.fetchall()
    return bool(found)


def time_for(asker: Asker, now: datetime) -> timedelta:
    """Over how long the letters of a line come back whose gateway rests: not all at once."""
    return busy_for(asker, now, a_minute=_LOOKED_AT_A_MINUTE)


def busy_for(asker: Asker, now: datetime, *, a_minute: int) -> timedelta:
    """How long the letters of a line that wait keep a gateway busy; an hour at most.

    Half of what they need by its rate: some come when there is no room, and its time is not
    to be lost. Nothing for urgent ones.
    """
    if asker.is_urgent:
        return timedelta()
    values: list[Any] = [asker.lane, asker.agency_id, now + FURTHEST, _MOST_COUNTED]
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        ((count,),) = cursor.fetchall()
    return min(timedelta(minutes=count / a_minute / 2), FURTHEST)
