"""How a question fails: one exception, one clock, and the way both become an observation."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from accounts.probing.observations import Observation, Status

# What a stranger says is kept, but not for ever.
MOST_TEXT = 2_000


class ProbeFailed(Exception):
    """A question that was not answered. error: a word of ours; detail: their own, cut."""

    def __init__(self, status: Status, error: str, detail: str = "") -> None:
        super().__init__(f"{status} {error} {detail}".strip())
        self.status, self.error, self.detail = status, error, detail[:MOST_TEXT]


class Deadline:
    """When a question must be over, however it dawdles on the way.

    lane: the end of all questions together; past it the fault is ours ("late"), because it was
    we who came to this one too late.
    """

    def __init__(self, seconds: float, lane: Deadline | None = None) -> None:
        self._end = time.monotonic() + seconds
        self._lane = lane

    def left(self) -> float:
        """Seconds left, above nothing. Raises ProbeFailed where there are none."""
        now = time.monotonic()
        if self._lane is not None and self._lane.ends_at <= now:
            raise ProbeFailed(Status.UNABLE, "late")
        if self._end <= now:
            raise ProbeFailed(Status.SILENT, "timeout")
        return min(self._end, self.ends_at) - now

    @property
    def ends_at(self) -> float:
        """The moment, of time.monotonic."""
        return self._end if self._lane is None else min(self._end, self._lane.ends_at)

    def push_back(self, seconds: float) -> None:
        """Give back the time spent waiting for what was not the stranger's doing."""
        self._end += seconds

    def missed(self) -> ProbeFailed:
        """What to raise when an operation bounded by `left` ran out of time."""
        is_late = self._lane is not None and self._lane.ends_at <= self._end
        return (
            ProbeFailed(Status.UNABLE, "late") if is_late else ProbeFailed(Status.SILENT, "timeout")
        )


def observe(probe: str, target: str, look: Callable[[dict[str, Any]], None]) -> Observation:
    """Ask, and write down what came: `look` fills the facts, and may raise ProbeFailed.

    What was learnt before a failure is kept beside it.
    """
    began_at, began = datetime.now(UTC), time.monotonic()
    facts: dict[str, Any] = {}
    status, error = Status.ANSWERED, ""
    try:
        look(facts)
    except ProbeFailed as failed:
        status, error = failed.status, failed.error
        if failed.detail:
            facts["detail"] = failed.detail
    took_ms = round((time.monotonic() - began) * 1000)
    return Observation(probe, target, status, began_at, facts, took_ms, error)


def text_of(said: bytes, most: int = MOST_TEXT) -> str:
    """A stranger's octets as text: what is not UTF-8 as \\xNN, without NUL, cut."""
    # PostgreSQL takes no NUL in JSON, and nobody means one.
    return said[: most * 4].decode("utf-8", "backslashreplace").replace("\0", "\\x00")[:most]
