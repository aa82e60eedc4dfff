from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.mandate.counting import Calendar
from accounts.readiness.working_days import answer_by

FRIDAY = datetime(2026, 11, 20, 3, tzinfo=UTC)


def _last_day(sent_at: datetime, days: int = 1, calendar: Calendar | None = None) -> date:
    """The day in Thailand whose last moment it is."""
    return (answer_by(sent_at, days, calendar)).date()


@pytest.mark.parametrize(
    ("sent_at", "last"),
    [
        (datetime(2026, 11, 19, 3, tzinfo=UTC), date(2026, 11, 20)),
        (FRIDAY, date(2026, 11, 23)),
        # Late on a Sunday in UTC it is Monday in Thailand.
        (datetime(2026, 11, 22, 20, tzinfo=UTC), date(2026, 11, 24)),
        # Songkran: the 13th to the 15th of April.
        (datetime(2026, 4, 10, 3, tzinfo=UTC), date(2026, 4, 16)),
    ],
)
def test_an_answer_is_due_by_the_end_of_the_next_working_day(sent_at: datetime, last: date) -> None:
    assert _last_day(sent_at) == last


def test_the_whole_day_counts() -> None:
    assert answer_by(FRIDAY, 1).isoformat() == "2026-11-23T23:59:59.999999+07:00"


def test_two_working_days_are_two() -> None:
    assert _last_day(FRIDAY, 2) == date(2026, 11, 24)


def test_an_officers_word_on_a_holiday_counts_where_it_is_given() -> None:
    assert _last_day(FRIDAY, 1, Calendar({date(2026, 11, 23): True})) == date(2026, 11, 24)
