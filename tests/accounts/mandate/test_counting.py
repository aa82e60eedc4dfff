"""The deadlines of the founding letter, and the counting that gives them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.mandate import counting
from accounts.mandate.counting import Calendar, end_of_period
from accounts.models import OfficialHoliday

DAYS = st.dates(date(2007, 1, 1), date(2040, 12, 31))
MONTHS = st.integers(1, 24)

# Anchor C4: base day, months, the last day.
DEADLINES = [
    (date(2007, 12, 18), 3, date(2008, 3, 18)),  # the resolution: a Tuesday
    (date(2007, 12, 18), 12, date(2008, 12, 18)),  # a Thursday
    (date(2008, 1, 7), 3, date(2008, 4, 8)),  # the circular: 7 April is in lieu of Chakri Day
    (date(2008, 1, 7), 12, date(2009, 1, 7)),  # a Wednesday
    (date(2007, 11, 30), 3, date(2008, 2, 29)),  # a leap year
    (date(2006, 11, 30), 3, date(2007, 2, 28)),
    (date(2026, 11, 30), 3, date(2027, 3, 1)),  # 28 February is a Sunday
    (date(2008, 1, 14), 3, date(2008, 4, 17)),  # Songkran, 13 to 16 April with the day in lieu
    (date(2027, 1, 13), 3, date(2027, 4, 16)),  # Songkran, 13 to 15 April
    (date(2009, 1, 10), 12, date(2010, 1, 11)),  # a Sunday
    (date(2007, 2, 28), 3, date(2007, 6, 1)),  # March, April, May; 31 May was Visakha Bucha
    (date(2008, 1, 30), 1, date(2008, 2, 29)),  # no day corresponds: the month's last
]


@pytest.mark.django_db
@pytest.mark.parametrize(("base", "months", "last"), DEADLINES)
def test_a_period_ends_on_the_day_the_law_says(base: date, months: int, last: date) -> None:
    assert counting.due(base, months) == last


@pytest.mark.django_db
def test_a_rule_may_say_that_holidays_move_nothing() -> None:
    assert counting.due(date(2008, 1, 7), 3, False) == date(2008, 4, 7)


@pytest.mark.parametrize(
    "day",
    [
        date(2008, 4, 7),  # in lieu
        date(2008, 5, 5),  # Coronation Day
        date(2008, 5, 9),  # the Royal Ploughing Ceremony, which offices keep and firms do not
        date(2026, 1, 2),  # a special one between two holidays
        date(2008, 4, 5),  # a Saturday
    ],
)
def test_government_offices_are_closed(day: date) -> None:
    assert Calendar({}).is_holiday(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2008, 5, 1),  # Labour Day
        date(2027, 5, 3),  # in lieu of Labour Day
        date(2008, 7, 1),  # the banks' mid-year day
        date(2009, 1, 16),  # Teachers' Day
        date(2008, 4, 8),
    ],
)
def test_government_offices_are_open(day: date) -> None:
    assert not Calendar({}).is_holiday(day)


def test_childrens_day_is_no_official_holiday() -> None:
    # It is always a Saturday, so only the list itself can show it.
    assert date(2008, 1, 12) not in counting.official_days(2008)
    assert date(2008, 2, 21) in counting.official_days(2008)


@pytest.mark.django_db
def test_an_officers_word_on_a_day_stands_above_the_list() -> None:
    OfficialHoliday.objects.create(day=date(2008, 4, 8), name_th="วันหยุดพิเศษ")
    OfficialHoliday.objects.create(day=date(2008, 4, 9), name_th="ยกเลิก", is_holiday=False)
    assert counting.due(date(2008, 1, 7), 3) == date(2008, 4, 9)


def test_far_away_years_have_weekends_only() -> None:
    calendar = Calendar({})
    assert calendar.working_day_from(date(9998, 12, 5)) == date(9998, 12, 7)
    assert counting.official_days(9998) == {}


@given(DAYS, MONTHS)
def test_the_last_day_is_a_working_day_on_or_after_the_end_of_the_period(
    base: date, months: int
) -> None:
    calendar = Calendar({})
    last = calendar.due(base, months, moves_over_holidays=True)
    end = end_of_period(base, months)
    assert not calendar.is_holiday(last)
    assert all(calendar.is_holiday(end + timedelta(n)) for n in range((last - end).days))


@given(DAYS, DAYS, MONTHS)
@settings(max_examples=300)
def test_who_begins_later_is_never_due_earlier(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert end_of_period(first, months) <= end_of_period(second, months)


@given(DAYS, MONTHS)
def test_a_period_is_as_long_as_its_months(base: date, months: int) -> None:
    end = end_of_period(base, months)
    passed = (end.year - base.year) * 12 + end.month - base.month
    # From the last day of a month a period ends on the last day of one.
    assert passed == months
    assert end.day == base.day or (end + timedelta(1)).day == 1
