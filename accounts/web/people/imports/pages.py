"""An import as its pages show it: tabs with counts, and each row's change in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.directory.plan import COUNTED
from accounts.models import Agency, ImportBatch, ImportRow, PersonnelOrder
from govmail_portal import dates
from govmail_portal.dates import Manner

ROWS = 50
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
Verdict = ImportRow.Verdict

# What an officer should see first stands first.
_TABS = (
    Verdict.LEAVE,
    Verdict.MOVE,
    Verdict.JOIN,
    Verdict.CHANGE,
    Verdict.ABSENT,
    Verdict.ERROR,
    Verdict.SAME,
)
_NAMES: dict[str, Promise] = {
    "title_th": _("Thai title"),
    "given_name_th": _("Thai given name"),
    "family_name_th": _("Thai family name"),
    "title_en": _("English title"),
    "given_name_en": _("English given name"),
    "family_name_en": _("English family name"),
    "birth_date": _("birth date"),
    "national_id": _("national identity number"),
    "phone": _("telephone"),
    "position_number": _("position number"),
    "position_th": _("position"),
    "position_en": _("position in English"),
    "unit": _("unit"),
    "grade": _("grade"),
    "agency": _("agency"),
    "leaves": _("leaves"),
    "leaves_on": _("first day out"),
    "absences": _("times missing"),
    "acting": _("Acting"),
    "secondment": _("Secondment"),
    "additional": _("Additional"),
    "order_no": _("order number"),
    "valid_from": _("valid from"),
}
_OF_A_JOINER = ("position_th", "unit", "grade", "position_number", "valid_from", "order_no")


@dataclass(frozen=True)
class Tab:
    verdict: str
    name: str
    count: int


@dataclass(frozen=True)
class Change:
    """One field of a row: what it is called, before and after; before is empty for joiners."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    row: ImportRow
    who: str
    changes: list[Change] = field(default_factory=list)


def tabs(batch: ImportBatch) -> list[Tab]:
    """The verdicts that occur, with how many rows each has."""
    found = [Tab(each, str(each.label), batch.counts.get(COUNTED[each], 0)) for each in _TABS]
    if failed := batch.counts.get("failed", 0):
        found = [
            Tab(each.verdict, each.name, each.count + failed) if each.verdict == "error" else each
            for each in found
        ]
    return [each for each in found if each.count]


def lines(batch: ImportBatch, verdict: str, after: int, manner: Manner) -> list[Line]:
    """Rows of one verdict behind a number; one more than a page if there are more."""
    rows = batch.rows.filter(verdict=verdict, number__gt=after).select_related("official")
    some = list(rows.order_by("number")[: ROWS + 1])
    agencies = _agencies(some)
    return [Line(row, _who(row), _changes(row, agencies, manner)) for row in some]


def misses_nobody(batch: ImportBatch) -> bool:
    """Whether a row without a number keeps a whole reading from saying who is missing."""
    if not batch.reads_all or not batch.counts.get("errors"):
        return False
    return batch.rows.filter(verdict=Verdict.ERROR, key="").exists()


def _who(row: ImportRow) -> str:
    """The official as we know them; somebody of another agency only as the row itself says."""
    if row.official and row.verdict != Verdict.JOIN and "agency" not in row.diff:
        return str(row.official)
    title, given, family = (
        row.parsed.get(part, "") for part in ("title_th", "given_name_th", "family_name_th")
    )
    # Thai titles stand before the name without a space.
    return f"{title}{given} {family}".strip()


def _changes(row: ImportRow, agencies: dict[int, Agency], manner: Manner) -> list[Change]:
    if row.verdict == Verdict.JOIN and not row.diff:
        facts = ((name, row.parsed.get(name)) for name in _OF_A_JOINER)
        return [Change(_name(name), "", _plain(value, manner)) for name, value in facts if value]
    return [
        Change(_name(name), *(_value(name, value, agencies, manner) for value in (before, after)))
        for name, (before, after) in row.diff.items()
        if before or after
    ]


def _name(name: str) -> str:
    return str(_NAMES.get(name, name))


def _value(name: str, value: Any, agencies: dict[int, Agency], manner: Manner) -> str:
    if name == "agency":
        return agencies[value].name if value in agencies else ""
    if name == "leaves" and value:
        kinds = PersonnelOrder.Kind
        return str(kinds(value).label) if value in kinds.values else str(value)
    if name == "national_id" and value:
        return gettext("will be known")
    return _plain(value, manner)


def _plain(value: Any, manner: Manner) -> str:
    """A value of a row as its reader says it; days are kept as ISO 8601 in the rows."""
    if isinstance(value, list):
        return " › ".join(map(str, value))
    if isinstance(value, str) and _DAY.fullmatch(value):
        return dates.day_of(date.fromisoformat(value), manner)
    return "" if value is None else str(value)


def _agencies(rows: Iterable[ImportRow]) -> dict[int, Agency]:
    keys = {pk for row in rows for pk in row.diff.get("agency", ()) if pk}
    return Agency.objects.in_bulk(keys) if keys else {}
