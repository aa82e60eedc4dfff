"""Files within limits: encodings, bombs, widths, and what is no spreadsheet at all."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula

from accounts.spreadsheets import table
from accounts.spreadsheets.errors import UnreadableFile

TEXT = "รหัส,ชื่อ\r\n๑,สมชาย\r\n"
CELLS = [(1, ["รหัส", "ชื่อ"]), (2, ["๑", "สมชาย"])]


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "tis-620", "cp874"])
def test_thai_is_read_in_every_encoding_offices_use(encoding: str) -> None:
    assert list(table.rows(TEXT.encode(encoding))) == CELLS


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_cells_may_be_parted_by_other_marks(mark: str) -> None:
    assert list(table.rows(TEXT.replace(",", mark).encode())) == CELLS


def test_a_workbook_says_the_same_as_its_csv() -> None:
    assert list(table.rows(workbook(["รหัส", "ชื่อ"], ["๑", "สมชาย"]))) == CELLS


def test_blank_rows_are_left_out_and_counted() -> None:
    assert [number for number, _row in table.rows(b"a,b\n\n,,\nc,d\n")] == [1, 4]


def test_formulas_come_out_as_their_text() -> None:
    assert list(table.rows(workbook(["=1+1"]))) == [(1, ["=1+1"])]


def test_formulas_of_a_range_come_out_as_their_text() -> None:
    [(_number, row)] = table.rows(workbook([ArrayFormula("A1", "=SUM(B1:B2)")]))
    assert str(row[0]).startswith("=")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old kind"),
        (b"PK\x03\x04 but no more", "damaged"),
        (b"caf\xe9,\x81\xdb\xfc", "letters cannot be read"),
        (b"a,b\0c\n", "letters cannot be read"),
        (b'a,"' + b"x" * 200_000 + b'"\n', "cannot be split"),
        (b",".join([b"x"] * 1000), "1,000 columns"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(data: bytes, part: str) -> None:
    with pytest.raises(UnreadableFile, match=part):
        list(table.rows(data))


def test_a_workbook_of_a_thousand_columns_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="1,000 columns"):
        list(table.rows(workbook(["x"] * 1000)))


def test_entities_that_multiply_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    broken = _replaced(workbook(["x"]), "xl/worksheets/sheet1.xml", bomb)
    with pytest.raises(UnreadableFile, match="damaged"):
        list(table.rows(broken))


def test_more_rows_than_are_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    with pytest.raises(UnreadableFile, match="more than 3 rows"):
        list(table.rows(b"a\n" * 4))


def _replaced(book: bytes, name: str, doctype: str) -> bytes:
    """The workbook with a document type put before one of its parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.namelist():
            text = old.read(part)
            if part == name:
                text = doctype.encode() + text.replace(b"<sheetData>", b"<sheetData>&b;")
            new.writestr(part, text)
    return file.getvalue()
