"""Workbooks that are damaged, or made to harm: each a sentence, soon, and in little memory."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Iterator
from functools import cache

import pytest
from openpyxl import Workbook

from accounts.spreadsheets import table, weighing
from accounts.spreadsheets.errors import UnreadableFile
from tests.accounts.spreadsheets.test_table import workbook

SHEET = "xl/worksheets/sheet1.xml"


def with_cells(cells: str) -> bytes:
    """A workbook whose one sheet holds this XML."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_plain())) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            text = old.read(part)
            if part == SHEET:
                head, _mark, rest = text.partition(b"<sheetData>")
                tail = rest.partition(b"</sheetData>")[2]
                text = b"".join((head, b"<sheetData>", cells.encode(), b"</sheetData>", tail))
            new.writestr(part, text)
    return file.getvalue()


@cache
def _plain() -> bytes:
    return workbook(["x"])


def refused(data: bytes) -> str:
    """The sentence a file is refused with; empty if it is read."""
    try:
        for _row in table.rows(data):
            pass
    except UnreadableFile as failure:
        return str(failure.message)
    return ""


# --- Bombs ----------------------------------------------------------------


def test_a_zip_bomb_is_refused_unopened() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                for _megabyte in range(100):
                    part.write(bytes(1024**2))
    assert len(file.getvalue()) < 1024**2
    assert "unfolds to more than is read (300 MB)" in refused(file.getvalue())


def test_a_zip_bomb_that_lies_about_its_size_is_refused() -> None:
    size = 3 * 1024**2
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SHEET, b" " * size)
    lying = file.getvalue().replace(struct.pack("<I", size), struct.pack("<I", 10))
    assert lying != file.getvalue()
    assert "damaged" in refused(lying)


@pytest.mark.parametrize(
    "cells",
    [
        f"<row>{'<c/>' * (weighing.MOST_AT_ONCE + 1)}</row>",
        f"<x:row xmlns:x='y'/>{'<c/>' * (weighing.MOST_AT_ONCE + 1)}",
        f"</sheetData><mergeCells>{'<mergeCell/>' * (weighing.MOST_AT_ONCE + 1)}</mergeCells>"
        "<sheetData>",
    ],
    ids=["a row of cells", "cells without a row", "merged cells"],
)
def test_a_small_file_that_would_be_large_in_memory_is_refused(cells: str) -> None:
    bomb = with_cells(cells)
    assert len(bomb) < 50_000
    assert "unfolds to more than is read" in refused(bomb)


def test_more_elements_than_any_list_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "MOST_ELEMENTS", 1_000)
    assert "unfolds to more than is read" in refused(with_cells("<row/>" * 1_001))


def test_an_archive_of_a_thousand_parts_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(weighing.MOST_PARTS + 1):
            archive.writestr(f"{number}.xml", b"<x/>")
    assert "unfolds to more than is read" in refused(file.getvalue())


# --- Damage ---------------------------------------------------------------


def test_a_part_under_a_password_gets_a_sentence() -> None:
    locked = workbook(["x"])
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.index(mark) + place
        locked = locked[:at] + b"\x01" + locked[at + 1 :]
    assert "damaged" in refused(locked)


def test_no_damaged_archive_raises_anything_but_a_sentence() -> None:
    whole = workbook(["รหัส", "ชื่อ"], *(["๑", f"สมชาย {number}"] for number in range(20)))
    chance = random.Random(4)  # noqa: S311  # the same damage every time
    sentences = [refused(_damaged(whole, chance)) for _try in range(400)]
    assert sum(map(bool, sentences)) > 200


def _damaged(whole: bytes, chance: random.Random) -> bytes:
    broken = bytearray(whole)
    for _byte in range(chance.choice((1, 1, 5, 50))):
        broken[chance.randrange(4, len(broken))] = chance.randrange(256)
    return bytes(broken)


PIECES = (
    *("<row r='{}'>", "<row>", "</row>", "<c r='{}' t='s'>", "<c t='d'>", "<c t='b'>"),
    *("<c t='n' s='9'>", "</c>", "<v>", "</v>", "<f t='shared' si='0'>", "<f>", "</f>", "=A1+"),
    *("1e999", "{}", "<is>", "</is>", "<t>", "</t>", "A1", "XFE9999999", "-5", "x"),
    *("<mergeCells>", "</mergeCells>", "<cols><col/></cols>", "<f t='array'>"),
)


def test_no_sheet_of_nonsense_raises_anything_but_a_sentence() -> None:
    for cells in _nonsense(80):
        refused(with_cells(cells))


def _nonsense(count: int) -> Iterator[str]:
    chance = random.Random(5)  # noqa: S311  # the same nonsense every time
    for _try in range(count):
        some = [chance.choice(PIECES) for _piece in range(chance.randrange(1, 12))]
        said = (each.format(chance.choice(("1", "A1", "0", "99999999999"))) for each in some)
        yield "".join(said)
        of_cell = "".join(each for each in some if not each.startswith("<"))
        for kind in ("s", "b", "d", "n", "e", "str", "inlineStr", "x"):
            yield f"<row><c t='{kind}' s='{of_cell[:2]}'><v>{of_cell}</v></c></row>"


@pytest.mark.parametrize("formula", ["=A1+'", "=[", "={", "A1", "=XFE9+A99999999"])
def test_a_shared_formula_that_cannot_be_read_gets_a_sentence_or_its_text(formula: str) -> None:
    first = f"<row r='1'><c r='A1'><f t='shared' si='0'>{formula}</f></c></row>"
    second = "<row r='2'><c r='A2'><f t='shared' si='0'/></c></row>"
    assert refused(with_cells(first + second)) in ("", weighing.damaged())


# --- What offices leave lying about ---------------------------------------


def test_a_stray_space_far_below_a_list_does_no_harm() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["XFD900000"] = "รหัส", "ชื่อ", " "
    file = io.BytesIO()
    book.save(file)
    assert list(table.rows(file.getvalue())) == [(1, ["รหัส", "ชื่อ"])]


def test_a_row_numbered_beyond_every_sheet_is_refused() -> None:
    far = with_cells("<row r='999999999999'><c t='str'><v>x</v></c></row>")
    assert "more than 200,000 rows" in refused(far)
