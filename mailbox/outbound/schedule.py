"""When a message leaves, when it is tried again (RFC 5321 §4.5.4.1), and when no more."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from govmail_portal.dates import BANGKOK
from mailbox.errors import NoSuchMoment

# Two more tries within the first hour, then ever rarer.
LADDER = (
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=6),
)
# So that a gateway that comes back is not met by everybody in the same second.
JITTER = 0.2


def moment_of(text: str) -> datetime:
    """The moment somebody chose, as a form says it: `YYYY-MM-DDTHH:MM` in Thailand.

    NoSuchMoment where it cannot be read.
    """
    try:
        return datetime.strptime(text.strip()[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=BANGKOK)
    except ValueError:
        raise NoSuchMoment from None


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many tries; never less than the ladder says."""
    step = LADDER[min(max(attempts, 1), len(LADDER)) - 1]
    return step * (1 + random.uniform(0, JITTER))  # noqa: S311  # spreads load, keeps no secret


def next_try(attempts: int, *, now: datetime, expires_at: datetime) -> datetime | None:
    """The moment of the next try, the last of them at expires_at; None: give up."""
    if now >= expires_at:
        return None
    return min(now + wait_after(attempts), max(expires_at, now + LADDER[0]))
