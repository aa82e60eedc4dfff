"""The burn-up chart as points of a picture: shares over days, one line a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.mandate.board import Point, Projection
from govmail_portal import dates
from govmail_portal.dates import Manner

# The picture's inside, in units of its viewBox (0 0 780 400).
LEFT, RIGHT, TOP, BOTTOM = 48.0, 748.0, 24.0, 368.0
_MOST_MONTHS = 14


@dataclass(frozen=True)
class Course:
    """One rule's line: what was, what would have to be, and where the pace leads.

    `points`, `target`, `guess`: the attribute `points` of a polyline; x, y: its end today.
    """

    name: str
    series: str
    points: str
    target: str
    guess: str
    x: float
    y: float
    label_y: float
    percent: str
    due_x: float
    due_label: str
    due_anchor: str


@dataclass(frozen=True)
class Mark:
    """A place on an axis and what is written there."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    courses: Sequence[Course]
    months: Sequence[Mark]
    shares: Sequence[Mark]
    now_x: float


@dataclass(frozen=True)
class Series:
    """What one rule gives to the chart; base: the day everything began."""

    name: str
    series: str
    base: date
    due: date
    points: Sequence[Point]
    projection: Projection | None


def draw(all_series: Sequence[Series], today: date, manner: Manner) -> Chart:
    """Place every rule's line on common axes: from the first base day to a month past the last."""
    first = min(one.base for one in all_series)
    last = max([today, *(one.due for one in all_series)]) + timedelta(days=30)
    axis = _Axis(first, last)
    return Chart(
        courses=[_course(one, axis, today, manner) for one in all_series],
        months=axis.months(manner),
        shares=[Mark(axis.y(n / 4), manner.digits(f"{n * 25}%")) for n in range(5)],
        now_x=axis.x(today),
    )


@dataclass(frozen=True)
class _Axis:
    first: date
    last: date

    def x(self, day: date) -> float:
        span = max(1, (self.last - self.first).days)
        share = min(1.0, max(0.0, (day - self.first).days / span))
        return round(LEFT + (RIGHT - LEFT) * share, 1)

    def y(self, share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, share)), 1)

    def months(self, manner: Manner) -> list[Mark]:
        """The first of each month, or of every second, third, … where there are many."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        step = max(1, -(-count // _MOST_MONTHS))
        marks: list[Mark] = []
        names = dates.months(manner)
        for number in range(0, count, step):
            at = self.first.month - 1 + number
            day = date(self.first.year + at // 12, at % 12 + 1, 1)
            if day >= self.first:
                year = f" {dates.year(day, manner) % 100}" if day.month == 1 or not marks else ""
                marks.append(Mark(self.x(day), manner.digits(names[day.month - 1] + year)))
        return marks


def _course(one: Series, axis: _Axis, today: date, manner: Manner) -> Course:
    share = one.points[-1].share if one.points else 0.0
    x, y = axis.x(today), axis.y(share)
    due_x = axis.x(one.due)
    due = dates.day_of(one.due, manner)
    return Course(
        name=one.name,
        series=one.series,
        points=_line([(axis.x(p.day), axis.y(p.share)) for p in one.points]),
        target=_line([(axis.x(one.base), axis.y(0)), (due_x, axis.y(1))]),
        guess=_guess(one, axis, today, (x, y)),
        x=x,
        y=y,
        label_y=y + 20 if y < (TOP + BOTTOM) / 2 else y - 12,
        percent=manner.digits(f"{share:.1%}"),
        due_x=due_x,
        due_label=due,
        due_anchor="end" if due_x > RIGHT - 60 else "middle",
    )


def _guess(one: Series, axis: _Axis, today: date, here: tuple[float, float]) -> str:
    ahead = one.projection
    if ahead is None or not one.points or one.points[-1].share >= 1:
        return ""
    if ahead.complete_on is not None and ahead.complete_on <= axis.last:
        return _line([here, (axis.x(ahead.complete_on), axis.y(1))])
    if today < one.due:
        return _line([here, (axis.x(one.due), axis.y(ahead.share_when_due))])
    return ""


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
