"""Lists to download: an empty one with the headings we know, and the rows we refused."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import ImportRow
from accounts.spreadsheets.headings import HEADINGS
from accounts.spreadsheets.writing import Cell, as_xlsx

# A row whose number begins so shows how to fill the list in, and is never read.
EXAMPLE = "ตัวอย่าง"
_EXAMPLE = {
    "key": EXAMPLE,
    "title_th": "นาง",
    "given_name_th": "สมหญิง",
    "family_name_th": "ใจดี",
    "given_name_en": "Somying",
    "family_name_en": "Jaidee",
    "birth_date": "๑๕ ม.ค. ๒๕๒๐",
    "position_number": "๑๒๓",
    "position_th": "ผู้อำนวยการกองแผนงาน",
    "grade_type": "อำนวยการ",
    "grade": "ระดับสูง",
    "unit_above": "กองแผนงาน",
    "kind": "ตัวจริง",
    "order_no": "คค ๐๒๐๑/๑๒๓",
    "valid_from": "01/10/2568",
}
# A column for each whole name would say the same twice.
_LEFT_OUT = ("name_th", "name_en", "unit")


def empty_list() -> bytes:
    """An XLSX file: headings, and one example row that is not read."""
    facts = [fact for fact in HEADINGS if fact not in _LEFT_OUT]
    head = [HEADINGS[fact][0] for fact in facts]
    return as_xlsx("รายชื่อ", head, [[_EXAMPLE.get(fact, "") for fact in facts]])


def refused_rows(rows: Iterable[ImportRow]) -> bytes:
    """An XLSX file of rows as they came, each with its number and the sentence why."""
    some = list(rows)
    columns = list(dict.fromkeys(name for row in some for name in row.raw))
    head = [_("Row"), _("Why it was not taken"), *columns]
    cells: list[list[Cell]] = [
        [row.number, row.words, *(str(row.raw.get(name, "")) for name in columns)] for row in some
    ]
    return as_xlsx(_("Rows to mend"), head, cells)
