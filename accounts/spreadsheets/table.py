"""A CSV or XLSX file as rows of cells, within limits that hold for hostile files, too.

Nothing is worked out, fetched or followed: formulas come out as their text, links to other
files as nothing. Only the first sheet is read.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from defusedxml.common import (  # type: ignore[import-untyped]  # it has no types
    DefusedXmlException,
)
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import TranslatorError
from openpyxl.utils.exceptions import InvalidFileException

from accounts.spreadsheets.errors import UnreadableFile
from accounts.spreadsheets.weighing import damaged, refuse_heavy

MOST_BYTES = 20 * 1024**2
# Rows with something in them; a stray space far below a list is no row.
MOST_ROWS = 200_000
MOST_COLUMNS = 200
# As many as a sheet of Excel can have, blank ones counted.
_LAST_ROW = 1_048_576

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DELIMITERS = ",;\t|"

Row = list[Any]


def rows(data: bytes) -> Iterator[tuple[int, Row]]:
    """Give every row that is not blank, with its number in the file, from 1.

    Cells are text, numbers, days or None. Raises UnreadableFile with a sentence, at once or
    on the way. What the file is called plays no part: its first bytes say what it is.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableFile(
            _("The file is larger than %(size)d MB.") % {"size": MOST_BYTES // 1024**2}
        )
    if not data.strip():
        raise UnreadableFile(_("The file is empty."))
    if data.startswith(_OLD_EXCEL):
        raise UnreadableFile(
            _("This is a workbook of the old kind, or one with a password. Save it as .xlsx.")
        )
    found = _of_workbook(data) if data.startswith(_ZIP) else _of_text(data)
    return _within_limits(found)


def _within_limits(found: Iterator[Row]) -> Iterator[tuple[int, Row]]:
    filled = 0
    for number, row in enumerate(found, 1):
        while row and not _says_something(row[-1]):
            row.pop()
        if len(row) > MOST_COLUMNS:
            raise UnreadableFile(
                _("Row %(row)d has %(count)s columns; %(most)d are read at most.")
                % {"row": number, "count": f"{len(row):,}", "most": MOST_COLUMNS}
            )
        filled += bool(row)
        if filled > MOST_ROWS or number > _LAST_ROW:
            raise UnreadableFile(
                _("The file has more than %(most)s rows.") % {"most": f"{MOST_ROWS:,}"}
            )
        if row:
            yield number, row


def _says_something(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


# --- CSV ------------------------------------------------------------------


def decoded(data: bytes) -> str:
    """The text of a CSV file: by its byte order mark, else UTF-8, else TIS-620 and its superset
    of Windows (CP874). Raises UnreadableFile."""
    encodings = [name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)]
    for encoding in encodings or ("utf-8", "cp874"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile(
        _("The letters cannot be read. Save the file as .xlsx, or as CSV in UTF-8 or TIS-620.")
    )


def _of_text(data: bytes) -> Iterator[Row]:
    text = decoded(data)
    beginning = text[:10_000]
    delimiter = max(_DELIMITERS, key=beginning.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            row: Row | None = next(reader, None)
        except csv.Error:
            raise UnreadableFile(
                _("Row %(row)d cannot be split into cells.") % {"row": reader.line_num}
            ) from None
        if row is None:
            return
        yield row


# --- XLSX -----------------------------------------------------------------


# Broken parts of a workbook come out of the library, and those below it, as any of these.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, DefusedXmlException, SyntaxError),
    *(TokenizerError, TranslatorError, LookupError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, AssertionError, RuntimeError, EOFError, OSError),
)


def _of_workbook(data: bytes) -> Iterator[Row]:
    try:
        refuse_heavy(io.BytesIO(data))
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # A sheet may claim any size of itself; only what is there counts.
            sheet.reset_dimensions()
            for row in islice(sheet.iter_rows(values_only=True), _LAST_ROW + 1):
                yield [_plain(cell) for cell in row]
        finally:
            book.close()
    except _BROKEN as failure:
        raise UnreadableFile(damaged()) from failure


def _plain(cell: Any) -> Any:
    """Formulas of whole ranges come as objects; their text will do to refuse them by."""
    return f"={getattr(cell, 'text', '')}" if type(cell).__name__.endswith("Formula") else cell
