"""Cells as people type them: days, numbers, letters that nobody sees."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from accounts.spreadsheets import values
from accounts.spreadsheets.errors import UnreadableCell


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("๑ ต.ค. ๒๕๖๘", date(2025, 10, 1)),
        ("1 ตุลาคม พ.ศ. 2568", date(2025, 10, 1)),
        ("วันที่ 1 ตค 2568", date(2025, 10, 1)),
        ("01/10/2568", date(2025, 10, 1)),
        ("1-10-2568", date(2025, 10, 1)),
        ("2025-10-01", date(2025, 10, 1)),
        ("2568-10-01", date(2025, 10, 1)),
        ("1 Oct 2025", date(2025, 10, 1)),
        ("29/2/2567", date(2024, 2, 29)),
        (datetime(2568, 10, 1), date(2025, 10, 1)),  # noqa: DTZ001  # as a workbook has it
        (datetime(2025, 10, 1), date(2025, 10, 1)),  # noqa: DTZ001  # as a workbook has it
        ("-", None),
        (None, None),
    ],
)
def test_days_are_read_in_both_eras(cell: object, day: date | None) -> None:
    assert values.day(cell) == day


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("31/12/9999", "nobody is born or serves in that year"),
        (datetime(9999, 12, 31), "nobody is born or serves in that year"),  # noqa: DTZ001  # so it comes
        ("29/2/2568", "the calendar has no such day"),
        ("10/13/2568", "the calendar has no such day"),
        ("1 ต.ค. 68", "four digits"),
        ("45931", "is not a day"),
        ("soon", "is not a day"),
        ("=TODAY()", "is a formula"),
        ("#REF!", "an error of the spreadsheet"),
    ],
)
def test_what_is_no_day_gets_a_sentence(cell: object, part: str) -> None:
    with pytest.raises(UnreadableCell, match=part):
        values.day(cell)


def test_letters_that_nobody_sees_are_left_out() -> None:
    assert values.text("\u200bสม\u200dชาย\u00a0\u00a0ใจดี\ufeff ") == "สมชาย ใจดี"


def test_letters_that_only_look_right_become_right() -> None:
    assert values.text("เเสงทอง อํานาจ") == "แสงทอง อำนาจ"


def test_a_number_keeps_its_leading_zeros_and_loses_its_thai_digits() -> None:
    assert values.number("๐๐๑๒") == "0012"


def test_a_number_of_a_workbook_has_no_point() -> None:
    assert values.number(1234567890123.0) == "1234567890123"


def test_a_number_cut_short_by_the_spreadsheet_is_refused() -> None:
    with pytest.raises(UnreadableCell, match="cut short"):
        values.number("1.23457E+12")


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(A1)", "'=1+1"])
def test_formulas_are_refused(cell: str) -> None:
    with pytest.raises(UnreadableCell, match="is a formula"):
        values.text(cell)
