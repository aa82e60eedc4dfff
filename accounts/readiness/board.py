"""How the agencies of the state stand at the gate: counts and scores, by ministry and pillar.

Scores and rungs are those of the newest day that was closed (`ReadinessDay`); states are today's.
Scores put agencies in order and show a trend; the gate never looks at them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Avg, Count, Max, Q, QuerySet

from accounts.mandate.board import Point, root_of
from accounts.models import Agency, PlanOfAction, ReadinessDay, Rule

PILLARS = tuple(pillar.value for pillar in Rule.Pillar)
TREND_WEEKS = 12
_WEEK = timedelta(days=7)
MOST_OVERDUE = 20


@dataclass(frozen=True)
class Course:
    """One pillar over some weeks: its mean, 0 to 100, oldest first."""

    pillar: str
    points: Sequence[tuple[date, float]]

    @property
    def score(self) -> int | None:
        return round(self.points[-1][1]) if self.points else None

    @property
    def change(self) -> int | None:
        """Points won or lost since the first week that is known."""
        if len(self.points) < 2:
            return None
        return round(self.points[-1][1]) - round(self.points[0][1])

    @property
    def shares(self) -> list[Point]:
        return [Point(day, score / 100) for day, score in self.points]


@dataclass
class Ministry:
    """The agencies under one top, added up. scores: means by pillar of those that are known."""

    agency: Agency
    agencies: int = 0
    opened: int = 0
    at_risk: int = 0
    sums: dict[str, list[int]] = field(default_factory=dict)

    @property
    def scores(self) -> list[tuple[str, int | None]]:
        return [(pillar, _mean(self.sums.get(pillar, ()))) for pillar in PILLARS]


def newest_day(agencies: QuerySet[Agency]) -> date | None:
    """The last day that was closed for any of them."""
    rows = ReadinessDay.objects.filter(agency__in=agencies.order_by())
    found: date | None = rows.aggregate(day=Max("day"))["day"]
    return found


def states(agencies: QuerySet[Agency]) -> dict[str, int]:
    """How many stand where today."""
    counted = agencies.order_by().values_list("state").annotate(count=Count("pk"))
    return dict(counted)


def courses(agencies: QuerySet[Agency], day: date) -> list[Course]:
    """The three pillars over the last weeks, as means of the agencies that are known."""
    days = [day - _WEEK * number for number in range(TREND_WEEKS)]
    rows = ReadinessDay.objects.filter(day__in=days, agency__in=agencies.order_by())
    names = [f"mean_{pillar}" for pillar in PILLARS]
    means = rows.order_by("day").values("day")
    means = means.annotate(**{f"mean_{pillar}": Avg(pillar) for pillar in PILLARS})
    found = list(means.values_list("day", *names))
    return [
        Course(pillar, [(row[0], float(row[place])) for row in found if row[place] is not None])
        for place, pillar in enumerate(PILLARS, start=1)
    ]


def rungs(agencies: QuerySet[Agency], day: date) -> dict[str, int]:
    """How many stand on which rung of the DMARC ladder."""
    rows = ReadinessDay.objects.filter(day=day, agency__in=agencies.order_by()).exclude(dmarc="")
    return dict(rows.values_list("dmarc").annotate(count=Count("pk")).order_by())


def ministries(
    agencies: QuerySet[Agency], tree: Mapping[int, Agency], day: date | None
) -> list[Ministry]:
    """A line for each agency at the top, by name."""
    found: dict[int, Ministry] = {}
    rows = _rows_of(agencies, day)
    for pk, state in agencies.order_by().values_list("pk", "state"):
        if pk not in tree:
            continue
        top = root_of(tree[pk], tree)
        line = found.setdefault(top.pk, Ministry(top))
        line.agencies += 1
        line.opened += state in Agency.OPEN_STATES
        line.at_risk += state == Agency.State.AT_RISK
        for pillar, score in zip(PILLARS, rows.get(pk, ()), strict=False):
            if score is not None:
                line.sums.setdefault(pillar, []).append(score)
    return sorted(found.values(), key=lambda line: line.agency.name_th)


def days_of(agencies: Collection[int], day: date) -> dict[int, ReadinessDay]:
    """The newest row of each of these agencies."""
    rows = ReadinessDay.objects.filter(day=day, agency__in=agencies)
    return {row.agency_id: row for row in rows}


def sparks_of(agencies: Collection[int], day: date, *, weeks: int = 7) -> dict[int, list[Point]]:
    """The mean of the three pillars of each, over the last weeks; one statement."""
    days = [day - _WEEK * number for number in range(weeks)]
    rows = ReadinessDay.objects.filter(day__in=days, agency__in=agencies).order_by("day")
    found: dict[int, list[Point]] = {}
    for agency, at, *scores in rows.values_list("agency_id", "day", *PILLARS):
        mean = _mean([score for score in scores if score is not None])
        if mean is not None:
            found.setdefault(agency, []).append(Point(at, mean / 100))
    return found


def overdue(agencies: QuerySet[Agency], today: date) -> QuerySet[PlanOfAction]:
    """Plans whose day has passed, the oldest first."""
    rows = PlanOfAction.objects.filter(
        closed_at__isnull=True,
        promised_on__lt=today,
        domain__removed_at__isnull=True,
        domain__agency__in=agencies.order_by(),
    )
    return rows.select_related("domain__agency").order_by("promised_on", "pk")


def page_after(
    agencies: QuerySet[Agency], after: Agency | None, *, most: int
) -> tuple[list[Agency], Agency | None]:
    """Agencies by name from the one after `after` on; and the last of them where there are more."""
    rows = agencies.order_by("name_th", "pk")
    if after is not None:
        rows = rows.filter(Q(name_th__gt=after.name_th) | Q(name_th=after.name_th, pk__gt=after.pk))
    found = list(rows[: most + 1])
    return found[:most], found[most - 1] if len(found) > most else None


def _rows_of(agencies: QuerySet[Agency], day: date | None) -> dict[int, tuple[int | None, ...]]:
    if day is None:
        return {}
    rows = ReadinessDay.objects.filter(day=day, agency__in=agencies.order_by())
    return {pk: tuple(scores) for pk, *scores in rows.values_list("agency_id", *PILLARS)}


def _mean(scores: Iterable[int]) -> int | None:
    known = list(scores)
    return round(sum(known) / len(known)) if known else None
