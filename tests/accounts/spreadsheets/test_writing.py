"""What leaves as a spreadsheet is never a formula, and Thai survives."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from accounts.spreadsheets.writing import as_csv, as_xlsx

HEAD = ["หน่วยงาน", "Heads"]
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_cell_of_a_csv_begins_like_a_formula(text: str) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(HEAD, [[text, 5]]).decode("utf-8-sig"), newline="")))
    assert rows[1] == [f"'{text}".replace("\r", "\r"), "5"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_workbook_is_a_formula(text: str) -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx("กระดาน", HEAD, [[text, -5]]))).active
    assert sheet is not None
    assert sheet["A2"].data_type == "s"
    assert sheet["B2"].value == -5


@pytest.mark.parametrize("text", HOSTILE)
def test_no_heading_is_a_formula_either(text: str) -> None:
    first = next(csv.reader(io.StringIO(as_csv([text], []).decode("utf-8-sig"), newline="")))
    assert first[0].startswith("'")
    sheet = load_workbook(io.BytesIO(as_xlsx("กระดาน", [text], []))).active
    assert sheet is not None
    assert sheet["A1"].data_type == "s"


def test_thai_survives_both_ways() -> None:
    assert "กระทรวงคมนาคม" in as_csv(HEAD, [["กระทรวงคมนาคม", 1]]).decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(as_xlsx("ก", HEAD, [["กระทรวงคมนาคม", 1]]))).active
    assert sheet is not None
    assert sheet["A2"].value == "กระทรวงคมนาคม"


def test_characters_xml_has_no_place_for_do_not_break_the_file() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx("ก", HEAD, [["a\x0bb\x00c\uffff", 1]]))).active
    assert sheet is not None
    assert sheet["A2"].value == "abc"
