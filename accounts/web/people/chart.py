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
# A row's small picture (0 0 84 24), and the least difference of shares that fills its height.
_SPARK_LEFT, _SPARK_RIGHT, _SPARK_TOP, _SPARK_BOTTOM = 4.0, 80.0, 4.0, 20.0
_SPARK_SPAN = 0.1


@dataclass(frozen=True)
class Course:
    """One rule's line: what was, what would have to be, and where the pace leads.

    `points`, `target`, `guess`: the attribute `points` of a polyline; `area`: of what lies under
    `points`; x, y: its end today; guessed: what the pace comes to, written beside guess's end.
    """

    name: str
    series: str
    points: str
    target: str
    area: str
    guess: str
    guessed: Guessed | None
    x: float
    y: float
    label_y: float
    percent: str
    due_x: float
    due_label: str
    due_anchor: str


@dataclass(frozen=True)
class Guessed:
    """Where the pace leads when it is due: a place, and the share there."""

    x: float
    y: float
    percent: str
    anchor: str


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
    now_anchor: str


@dataclass(frozen=True)
class Series:
    """What one rule gives to the chart; base: the day everything began."""

    name: str
    series: str
    base: date
    due: date
    points: Sequence[Point]
    projection: Projection | None


@dataclass(frozen=True)
class Spark:
    """A row's small course: `points` of a polyline, its end, and the same in words."""

    points: str
    x: float
    y: float
    words: str


def spark(course: Sequence[Point], manner: Manner) -> Spark | None:
    """A course of a few weeks from its own lowest share up; None where less than two are known."""
    if len(course) < 2:
        return None
    first, last = course[0], course[-1]
    lowest = min(point.share for point in course)
    span = max(_SPARK_SPAN, max(point.share for point in course) - lowest)
    days = max(1, (last.day - first.day).days)
    places = [
        (
            round(
                _SPARK_LEFT + (_SPARK_RIGHT - _SPARK_LEFT) * (one.day - first.day).days / days, 1
            ),
            round(_SPARK_BOTTOM - (_SPARK_BOTTOM - _SPARK_TOP) * (one.share - lowest) / span, 1),
        )
        for one in course
    ]
    words = manner.digits(f"{first.share:.0%} → {last.share:.0%}")
    return Spark(_line(places), *places[-1], words)


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
        now_anchor="end" if axis.x(today) > RIGHT - 60 else "start",
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
    places = [(axis.x(p.day), axis.y(p.share)) for p in one.points]
    under = [(places[0][0], BOTTOM), *places, (places[-1][0], BOTTOM)] if places else []
    guess = _guess(one, axis, today, (x, y))
    return Course(
        name=one.name,
        series=one.series,
        points=_line(places),
        area=_line(under),
        target=_line([(axis.x(one.base), axis.y(0)), (due_x, axis.y(1))]),
        guess=_line(guess),
        guessed=_guessed(guess, one, due_x, manner),
        x=x,
        y=y,
        label_y=y + 20 if y < (TOP + BOTTOM) / 2 else y - 12,
        percent=manner.digits(f"{share:.1%}"),
        due_x=due_x,
        due_label=due,
        due_anchor="end" if due_x > RIGHT - 60 else "middle",
    )


def _guess(
    one: Series, axis: _Axis, today: date, here: tuple[float, float]
) -> list[tuple[float, float]]:
    ahead = one.projection
    if ahead is None or not one.points or one.points[-1].share >= 1:
        return []
    if ahead.complete_on is not None and ahead.complete_on <= axis.last:
        return [here, (axis.x(ahead.complete_on), axis.y(1))]
    if today < one.due:
        return [here, (axis.x(one.due), axis.y(ahead.share_when_due))]
    return []


def _guessed(
    guess: Sequence[tuple[float, float]], one: Series, due_x: float, manner: Manner
) -> Guessed | None:
    """Only where the pace ends at the due day: an earlier end says by itself that all is done."""
    if not guess or one.projection is None or guess[-1][0] != due_x or guess[-1][1] <= TOP:
        return None
    x, y = guess[-1]
    percent = manner.digits(f"{one.projection.share_when_due:.0%}")
    return Guessed(x - 10, min(BOTTOM - 8, y + 36), percent, "end")


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
