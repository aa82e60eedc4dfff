"""The tree of an agency's units as a source tells it: no unit stands above itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from accounts.models import Agency, OrgUnit

Path = tuple[str, ...]
# No agency has so many levels; a cell that was filled by a slip, or on purpose, may.
DEEPEST = 12


class Tree:
    """What has been said of units so far; finds a row that says the opposite of one before."""

    def __init__(self) -> None:
        self._below: dict[str, set[str]] = defaultdict(set)
        self._seen: set[Path] = set()

    def cycle(self, path: Path) -> tuple[str, str] | None:
        """Take a path in; give the two units of which each would stand above the other."""
        if path in self._seen:
            return None
        for i, upper in enumerate(path):
            for lower in path[i + 1 :]:
                if upper == lower or self._stands_above(lower, upper):
                    return upper, lower
        for upper, lower in zip(path, path[1:], strict=False):
            self._below[upper].add(lower)
        self._seen.add(path)
        return None

    def _stands_above(self, upper: str, lower: str) -> bool:
        waiting, met = [upper], {upper}
        while waiting:
            below = self._below.get(waiting.pop(), set())
            if lower in below:
                return True
            waiting += below - met
            met |= below
        return False


def paths(agency: Agency) -> dict[int, Path]:
    """Every unit of an agency by its id, with the names from the agency down to it."""
    rows = {
        pk: (parent, name)
        for pk, parent, name in OrgUnit.objects.order_by()
        .filter(agency=agency)
        .values_list("pk", "parent_id", "name_th")
    }
    return {pk: _path(pk, rows) for pk in rows}


def found_or_made(agency: Agency, path: Path) -> OrgUnit | None:
    """The unit at the end of a path, made with those above it where they are missing."""
    unit: OrgUnit | None = None
    for name in path:
        known = OrgUnit.objects.filter(agency=agency, parent=unit, name_th=name).order_by("pk")
        unit = known.first() or OrgUnit.objects.create(agency=agency, parent=unit, name_th=name)
    return unit


def _path(pk: int, rows: Mapping[int, tuple[int | None, str]]) -> Path:
    names: list[str] = []
    at: int | None = pk
    while at is not None and at in rows and len(names) < len(rows):
        at, name = rows[at]
        names.append(name)
    return tuple(reversed(names))
