"""How long a dead process rests before it is started again."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds: doubled each time, and begun anew once a process has lived for a minute.
FIRST, LONGEST, FORGOTTEN_AFTER = 0.5, 30.0, 60.0


@dataclass
class Rest:
    """The rests of one process; times are those of time.monotonic()."""

    length: float = 0.0
    until: float | None = None
    started_again: float = float("-inf")

    def begin(self, now: float) -> float:
        """Begin a rest and return its length in seconds."""
        if now - self.started_again > FORGOTTEN_AFTER:
            self.length = 0.0
        self.length = min(LONGEST, self.length * 2) or FIRST
        self.until = now + self.length
        return self.length

    def end(self, now: float) -> None:
        """The process is started again."""
        self.until, self.started_again = None, now
