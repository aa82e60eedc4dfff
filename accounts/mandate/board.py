"""How the mandate stands: counts by agency as the last snapshot took them, never names.

A board over 400,000 officials must not count them while somebody waits: `snapshots.take` does,
and everything here adds up its rows, two a rule and agency.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from math import ceil

from django.db.models import Max, Sum

from accounts.models import Agency, MandateRule, Snapshot

# Smaller counts of agencies out of reach are hidden: they would tell of persons.
SMALLEST_SHOWN = 5
# The pace of a projection: the last four weeks.
PACE_DAYS = 28
_WEEK = timedelta(days=7)
_MOST_POINTS = 120


@dataclass(frozen=True)
class Standing:
    """Heads by where they stand; all but `eligible` add up to it.

    late_person: overdue though the agency is open; late_agency: overdue, and the agency is not.
    waiting_gate: not due yet, the agency not open; pending: not due yet.
    """

    eligible: int = 0
    met: int = 0
    late_met: int = 0
    late_person: int = 0
    late_agency: int = 0
    waiting_gate: int = 0
    exempt: int = 0
    pending: int = 0

    def __add__(self, other: Standing) -> Standing:
        names = [field.name for field in fields(self)]
        return Standing(*(getattr(self, name) + getattr(other, name) for name in names))

    @property
    def used(self) -> int:
        """Who has done what the rule asks, in time or late."""
        return self.met + self.late_met

    @property
    def owed(self) -> int:
        """Who must still do it: not the exempt."""
        return self.eligible - self.used - self.exempt

    @property
    def late(self) -> int:
        return self.late_person + self.late_agency

    @property
    def share(self) -> float:
        """Done, of those who must, 0 to 1; nobody must: 1."""
        must = self.eligible - self.exempt
        return self.used / must if must else 1.0


_COUNTED = [field.name for field in fields(Standing)]


@dataclass(frozen=True)
class Line:
    """One agency's standing; above: the ministry it belongs to, itself for a ministry."""

    agency: Agency
    above: Agency
    standing: Standing


@dataclass(frozen=True)
class Point:
    """How far it had come at the end of one day: share done, 0 to 1."""

    day: date
    share: float


@dataclass(frozen=True)
class Projection:
    """If the pace of four weeks holds: complete on a day, or never; the share at the due day."""

    complete_on: date | None
    share_when_due: float


def newest_day(rules: Collection[MandateRule]) -> date | None:
    """The day of the last snapshot of any of these rules; None before the first."""
    found: date | None = Snapshot.objects.filter(rule__in=rules).aggregate(day=Max("day"))["day"]
    return found


def lines(
    rule: MandateRule,
    day: date,
    tree: Mapping[int, Agency],
    *,
    under: Collection[int] | None = None,
) -> list[Line]:
    """Every agency of `tree` that has anybody under the rule; `under`: only these ids."""
    rows = Snapshot.objects.filter(rule=rule, day=day, eligible__gt=0)
    if under is not None:
        rows = rows.filter(agency__in=under)
    found = rows.values_list("agency_id", *_COUNTED)
    return [
        Line(tree[agency], root_of(tree[agency], tree), Standing(*counts))
        for agency, *counts in found
        if agency in tree
    ]


def total(found: Iterable[Line]) -> Standing:
    """All of them together."""
    return sum((line.standing for line in found), Standing())


def by_ministry(found: Iterable[Line]) -> list[Line]:
    """Added up by the agency at the top, the furthest first."""
    sums: dict[int, Standing] = {}
    tops: dict[int, Agency] = {}
    for line in found:
        tops[line.above.pk] = line.above
        sums[line.above.pk] = sums.get(line.above.pk, Standing()) + line.standing
    made = [Line(tops[pk], tops[pk], standing) for pk, standing in sums.items()]
    return sorted(made, key=lambda line: (-line.standing.share, line.agency.name_th))


def worst(found: Iterable[Line], *, by_heads: bool = False) -> list[Line]:
    """Who has most still to do first: by share, or by heads. Those who are done are left out."""
    behind = [line for line in found if line.standing.owed]

    def order(line: Line) -> tuple[float, int, str]:
        heads = -line.standing.owed
        return (heads if by_heads else line.standing.share, heads, line.agency.name_th)

    return sorted(behind, key=order)


def burn_up(rule: MandateRule, day: date, *, under: Collection[int] | None = None) -> list[Point]:
    """The share done, week by week from the base date up to `day`, from what was kept."""
    days = weeks_back(rule.mandate.base_date, day)
    rows = Snapshot.objects.filter(rule=rule, day__in=days)
    if under is not None:
        rows = rows.filter(agency__in=under)
    sums = rows.values_list("day").annotate(*(Sum(name) for name in _COUNTED))
    return [Point(day, Standing(*counts).share) for day, *counts in sums.order_by("day")]


def courses(
    rule: MandateRule, day: date, agencies: Collection[int], *, weeks: int = 7
) -> dict[int, list[Point]]:
    """The share of each of these agencies in the last weeks, oldest first; one statement."""
    days = weeks_back(rule.mandate.base_date, day)[:weeks]
    rows = Snapshot.objects.filter(rule=rule, day__in=days, agency__in=agencies, eligible__gt=0)
    found: dict[int, list[Point]] = {}
    for agency, at, *counts in rows.order_by("day").values_list("agency_id", "day", *_COUNTED):
        found.setdefault(agency, []).append(Point(at, Standing(*counts).share))
    return found


def weeks_back(base: date, day: date) -> list[date]:
    """`day` and every seventh day before it, down to the base date or 120 of them."""
    most = min(_MOST_POINTS, max(0, (day - base).days) // 7)
    return [day - _WEEK * number for number in range(most + 1)]


def project(points: Iterable[Point], due: date) -> Projection | None:
    """Go on at the pace of the last four weeks; None where less than two weeks are known."""
    known = sorted(points, key=lambda point: point.day)
    if not known:
        return None
    last = known[-1]
    before = [one for one in known if 14 <= (last.day - one.day).days <= PACE_DAYS]
    if not before:
        return None
    pace = (last.share - before[0].share) / (last.day - before[0].day).days
    left = (due - last.day).days
    when_due = last.share if left <= 0 else min(1.0, max(0.0, last.share + pace * left))
    if last.share >= 1:
        return Projection(last.day, 1.0)
    if pace <= 0:
        return Projection(None, when_due)
    # Shares are fractions of heads: what is left over of rounding is no day of its own.
    days = ceil((1 - last.share) / pace - 1e-6)
    return Projection(last.day + timedelta(days=days), when_due)


def agencies_by_id() -> dict[int, Agency]:
    """Every agency by its id: a few hundred rows, and one query for all pages of names."""
    return {agency.pk: agency for agency in Agency.objects.order_by()}


def root_of(agency: Agency, tree: Mapping[int, Agency]) -> Agency:
    """The agency at the top above this one; a circle in the tree ends where it began."""
    seen = {agency.pk}
    while (above := tree.get(agency.parent_id or 0)) is not None and above.pk not in seen:
        agency = above
        seen.add(agency.pk)
    return agency


def below(agency: Agency, tree: Mapping[int, Agency]) -> set[int]:
    """The ids of this agency and of all below it."""
    return {one.pk for one in tree.values() if one.pk == agency.pk or _is_under(one, agency, tree)}


def _is_under(one: Agency, top: Agency, tree: Mapping[int, Agency]) -> bool:
    seen = {one.pk}
    while (above := tree.get(one.parent_id or 0)) is not None and above.pk not in seen:
        if above.pk == top.pk:
            return True
        one = above
        seen.add(one.pk)
    return False
