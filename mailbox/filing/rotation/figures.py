"""How far a rotation is, in figures, and in a line for whoever waits for it at night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far one kind has come: rows `what` (under the key in use), of all; broken stay behind."""

    kind: str
    done: int
    total: int
    broken: int = 0
    what: str = "under the key in use"

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 means all."""
        return 100 * self.done // self.total if self.total else 100


@dataclass
class Pace:
    """How fast it goes: since the first figure of a kind. clock: seconds, of any beginning."""

    clock: Callable[[], float]
    _began: dict[str, tuple[float, int]] = field(default_factory=dict)

    def line(self, figure: Progress) -> str:
        """A kind's figure with its rate and the time that is left, where that can be told."""
        began, before = self._began.setdefault(figure.kind, (self.clock(), figure.done))
        took, came = self.clock() - began, figure.done - before
        words = f"{figure.kind}: {figure.done:,} of {figure.total:,} {figure.what}"
        words += f" ({figure.percent} %)"
        if took > 0 and came > 0:
            left = max(0.0, (figure.total - figure.done) * took / came)
            words += f", {came / took:,.0f}/s, {_short(left)} left"
        return words + (f", {figure.broken:,} cannot be opened" if figure.broken else "")


def _short(seconds: float) -> str:
    """Seconds, minutes, or hours and minutes."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
