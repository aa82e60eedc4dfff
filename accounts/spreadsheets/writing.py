"""Tables as files for spreadsheets: CSV and XLSX in which no cell is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Characters that XML 1.0 has no place for; a file with one would not open.
_NOT_IN_XML = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
)

Cell = str | int | float | None


def neutral(cell: Cell) -> Cell:
    """The cell as text that no spreadsheet carries out; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    text = cell.translate(_NOT_IN_XML)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, which is how Excel knows Thai; lines end in CRLF (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([neutral(name) for name in head])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return "\ufeff".encode() + text.getvalue().encode()


def as_xlsx(title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet with a bold, fixed head; text cells are text, whatever they begin with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    cells = []
    for name in head:
        # Headings, too, are sometimes those of a file that came from outside.
        cell = WriteOnlyCell(sheet, value=neutral(name))
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
    for row in rows:
        sheet.append([neutral(cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
