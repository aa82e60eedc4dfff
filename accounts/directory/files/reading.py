"""Records of people out of a spreadsheet: columns by their headings, rows one by one.

A row that cannot be read becomes an `Unreadable` with a sentence and spoils no other; only a
file that says nothing at all, or is hostile, is refused as a whole (`UnreadableFile`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.directory.files.lists import EXAMPLE
from accounts.directory.records import PersonRecord, Unreadable
from accounts.people import national_id
from accounts.spreadsheets import headings, names, values
from accounts.spreadsheets.errors import UnreadableCell, UnreadableFile, shortened
from accounts.spreadsheets.table import Row, rows

LONGEST_RAW = 300

_LINES = (
    "title_th",
    "given_name_th",
    "family_name_th",
    "given_name_en",
    "family_name_en",
    "position_th",
    "position_en",
    "grade",
    "order_no",
    "leaves",
    "proposed_address",
)
_NUMBERS = ("key", "phone", "position_number")
_DAYS = ("birth_date", "valid_from", "valid_to", "leaves_on")
_KINDS = {
    "": "substantive",
    "substantive": "substantive",
    "ตัวจริง": "substantive",
    "ดำรงตำแหน่ง": "substantive",
    "acting": "acting",
    "รักษาการ": "acting",
    "รักษาการในตำแหน่ง": "acting",
    "รักษาราชการแทน": "acting",
    "secondment": "secondment",
    "ช่วยราชการ": "secondment",
    "additional": "additional",
    "เพิ่มเติม": "additional",
    "อีกตำแหน่งหนึ่ง": "additional",
}
_BETWEEN_UNITS = re.compile(r"\s*(?:>|›|»|→|\\|\s/\s)\s*")


def records(data: bytes) -> Iterator[PersonRecord | Unreadable]:
    """Read a CSV or XLSX file. Raises UnreadableFile before the first record, or on the way."""
    found = rows(data)
    columns, heading = _columns(found)
    called = [values.cleaned(shortened(str(name or ""))) for name in heading]
    for number, row in found:
        if _key(row, columns).startswith(EXAMPLE):
            continue
        raw = _raw(called, row)
        try:
            yield _record(number, {fact: _at(row, at) for fact, at in columns.items()}, raw)
        except UnreadableCell as failure:
            yield Unreadable(number, raw, str(failure), _key(row, columns))


def _columns(found: Iterator[tuple[int, Row]]) -> tuple[dict[str, int], Row]:
    for number, row in found:
        if columns := headings.columns(row):
            _refuse_without_key(columns)
            return columns, row
        if number >= headings.WITHIN_ROWS:
            break
    raise UnreadableFile(
        _("No row of headings was found. Download the template to see what they are called.")
    )


def _refuse_without_key(columns: Mapping[str, int]) -> None:
    if "key" not in columns:
        raise UnreadableFile(
            _(
                "A column with each official's own number is missing, such as “%(heading)s”. "
                "Names change and are shared; they cannot say who is meant."
            )
            % {"heading": headings.HEADINGS["key"][0]}
        )


def _record(number: int, cells: Mapping[str, Any], raw: Mapping[str, Any]) -> PersonRecord:
    facts: dict[str, Any] = {}
    facts |= _each(_LINES, cells, values.text)
    facts |= _each(_NUMBERS, cells, values.number)
    facts |= _each(_DAYS, cells, values.day)
    facts |= _names(cells, facts)
    facts["national_id"] = _national_id(cells.get("national_id"))
    facts["unit"] = _unit(cells)
    facts["kind"] = _kind(values.text(cells.get("kind")))
    kind_of_post = values.text(cells.get("grade_type"))
    if kind_of_post and kind_of_post not in facts.get("grade", ""):
        facts["grade"] = f"{kind_of_post} {facts.get('grade', '')}".strip()
    if not facts.get("key"):
        raise UnreadableCell(_("The official's own number is missing."))
    return PersonRecord(number=number, raw=raw, **facts)


def _each(
    facts: tuple[str, ...], cells: Mapping[str, Any], read: Callable[[object], Any]
) -> dict[str, Any]:
    return {fact: read(cells[fact]) for fact in facts if fact in cells}


def _names(cells: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, str]:
    """Titles off, whole names into two, Thai and English alike."""
    found: dict[str, str] = {}
    for language in ("th", "en"):
        whole = values.text(cells.get(f"name_{language}"))
        given = facts.get(f"given_name_{language}", "")
        title, rest = names.split_title(whole or given)
        family = facts.get(f"family_name_{language}", "")
        if whole and not given:
            given, split = names.split_name(rest)
            family = family or split
        else:
            given = rest
        said = facts.get(f"title_{language}", "")
        found[f"title_{language}"] = said if title in said else f"{said}{title}"
        found[f"given_name_{language}"] = given
        found[f"family_name_{language}"] = family
    return found


def _national_id(cell: object) -> str:
    line = values.number(cell)
    if not line:
        return ""
    plain = national_id.plain(line)
    if not plain:
        raise UnreadableCell(_("The national identity number is wrong: its last digit must fit."))
    return plain


def _unit(cells: Mapping[str, Any]) -> tuple[str, ...]:
    """Names from the agency down; a cell may hold a path: กองแผนงาน > กลุ่มนโยบาย."""
    path: list[str] = []
    for fact in ("unit_above", "unit", "unit_below"):
        for name in _BETWEEN_UNITS.split(values.text(cells.get(fact))):
            if name and path[-1:] != [name]:
                path.append(name)
    return tuple(path)


def _kind(word: str) -> str:
    kind = _KINDS.get(word.casefold())
    if kind is None:
        raise UnreadableCell.of(_("“%(said)s” is no known way of holding a post."), word)
    return kind


def _key(row: Row, columns: Mapping[str, int]) -> str:
    """Whom an unreadable row means, if that much can be read."""
    try:
        return values.number(_at(row, columns["key"]))
    except UnreadableCell:
        return ""


def _at(row: Row, index: int) -> Any:
    return row[index] if index < len(row) else None


def _raw(heading: list[str], row: Row) -> dict[str, str]:
    """The row as it came, for people to look at, without national identity numbers."""
    called = heading + [f"#{number + 1}" for number in range(len(heading), len(row))]
    return {
        name: national_id.masked(shortened(str(cell), LONGEST_RAW))
        for name, cell in zip(called, row, strict=False)
        if cell not in (None, "")
    }
