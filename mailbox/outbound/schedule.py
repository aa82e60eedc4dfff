"""When a message leaves, when it is tried again (RFC 5321 §4.5.4.1), and when no more."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from govmail_portal.dates import BANGKOK
from mailbox.errors import NoSuchMoment

# Of every recipient's own: twice as long each time, up to six hours.
LADDER = (
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=20),
    timedelta(minutes=40),
    timedelta(hours=1, minutes=20),
    timedelta(hours=2, minutes=40),
    timedelta(hours=5, minutes=20),
    timedelta(hours=6),
)
# So that a gateway that comes back is not met by everybody in the same second.
JITTER = 0.2
# What the gateway has not spoken about is no fault of the recipient: nobody waits for hours
# after it is mended. Its breaker keeps such tries from costing anything.
LONGEST_FOR_GATEWAY = timedelta(minutes=40)


def moment_of(text: str) -> datetime:
    """The moment somebody chose, as a form says it: `YYYY-MM-DDTHH:MM` in Thailand.

    NoSuchMoment where it cannot be read.
    """
    try:
        return datetime.strptime(text.strip()[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=BANGKOK)
    except ValueError:
        raise NoSuchMoment from None


def wait_after(tries: int, *, most: timedelta = LADDER[-1]) -> timedelta:
    """How long to wait after so many tries; never less than the ladder says, or `most`."""
    step = min(LADDER[min(max(tries, 1), len(LADDER)) - 1], most)
    return step * (1 + random.uniform(0, JITTER))  # noqa: S311  # spreads load, keeps no secret


def next_try(
    tries: int, *, now: datetime, expires_at: datetime, most: timedelta = LADDER[-1]
) -> datetime | None:
    """The moment of the next try, the last of them at expires_at; None: give up."""
    if now >= expires_at:
        return None
    return min(now + wait_after(tries, most=most), max(expires_at, now + LADDER[0]))
