"""Days of the service: they begin at midnight in Thailand, and a fiscal year on 1 October."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from govmail_portal.dates import BANGKOK

_FIRST_OF_FISCAL_YEAR = (10, 1)


def today(now: datetime) -> date:
    """Return the day in Thailand at an aware moment."""
    return now.astimezone(BANGKOK).date()


def midnight(day: date) -> datetime:
    """Return the aware moment at which a day begins in Thailand."""
    return datetime.combine(day, time(), tzinfo=BANGKOK)


def day_before(day: date) -> date:
    return day - timedelta(days=1)


def end_of_fiscal_year(day: date) -> date:
    """Return the 30 September that ends the fiscal year in which a day lies."""
    year = day.year + ((day.month, day.day) >= _FIRST_OF_FISCAL_YEAR)
    return date(year, 9, 30)
