"""Dates, sizes and digits in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from govmail_portal import dates
from govmail_portal.dates import Manner

LETTER = datetime(2008, 1, 8, 2, 12, tzinfo=UTC)  # 09:12 in Thailand
THAI, ENGLISH = Manner.of("th"), Manner.of("en")
THAI_DIGITS = Manner.of("th", thai_digits=True)


def test_a_moment_is_in_the_buddhist_era_in_thai_and_the_common_era_in_english() -> None:
    assert dates.moment(LETTER, THAI) == "8 ม.ค. 2551 09:12 น."
    assert dates.moment(LETTER, ENGLISH) == "8 Jan 2008 09:12"
    assert dates.moment(LETTER, THAI, weekday=True) == "อ. 8 ม.ค. 2551 09:12 น."


def test_thai_digits_are_a_choice_and_only_in_thai() -> None:
    assert dates.moment(LETTER, THAI_DIGITS) == "๘ ม.ค. ๒๕๕๑ ๐๙:๑๒ น."
    assert Manner.of("en", thai_digits=True).digits("2008") == "2008"


def test_the_christian_era_is_a_choice_in_thai_and_the_rule_in_english() -> None:
    christian = Manner.of("th", christian_era=True)

    assert dates.moment(LETTER, christian) == "8 ม.ค. 2008 09:12 น."
    assert dates.heading(LETTER, christian, LETTER) == "วันนี้ · อังคาร 8 ม.ค. 2008"
    assert dates.year(LETTER.date(), Manner.of("en", christian_era=False)) == 2008


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(hours=1), "08:12"),
        (timedelta(days=1), "09:12"),
        (timedelta(days=5), "3 ม.ค."),
        (timedelta(days=11), "28 ธ.ค. 2550"),
    ],
)
def test_a_row_shows_the_time_then_the_day_then_the_year(ago: timedelta, shown: str) -> None:
    assert dates.short(LETTER - ago, THAI, LETTER) == shown


def test_where_no_heading_says_yesterday_a_row_has_the_day() -> None:
    yesterday, today = LETTER - timedelta(days=1), LETTER - timedelta(hours=1)

    assert dates.short(yesterday, THAI, LETTER, has_headings=False) == "7 ม.ค."
    assert dates.short(today, THAI, LETTER, has_headings=False) == "08:12"


def test_rows_stand_under_today_yesterday_and_earlier() -> None:
    yesterday, earlier = LETTER - timedelta(days=1), LETTER - timedelta(days=2)

    assert dates.heading(LETTER, THAI, LETTER) == "วันนี้ · อังคาร 8 ม.ค. 2551"
    assert dates.heading(yesterday, THAI, LETTER) == "เมื่อวาน · จันทร์ 7 ม.ค. 2551"
    assert dates.heading(earlier, ENGLISH, LETTER) == "Earlier"


def test_the_day_begins_at_midnight_in_thailand() -> None:
    late = datetime(2008, 1, 7, 17, 30, tzinfo=UTC)  # 00:30 on the 8th

    assert dates.day(late, ENGLISH) == "8 Jan 2008"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KB"), (421_888, "412 KB")]
    + [(1_363_149, "1.3 MB"), (10 * 1024**3, "10 GB"), (1024**2 - 1, "1.0 MB")],
)
def test_sizes_are_said_as_people_say_them(count: int, shown: str) -> None:
    assert dates.size(count, ENGLISH) == shown
