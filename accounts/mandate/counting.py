"""Counting legal periods and working days (Civil and Commercial Code, sections 193/3 to 193/8).

193/3: the first day is not counted, so a period begins the day after its base. 193/5: months
and years go by the calendar; a period ends on the day before the one that corresponds to its
beginning, or on the last day of a month that has no such day. 193/8: a last day that is an
official holiday moves to the next working day.

Holidays are those of the package `holidays`, only the official ones of government offices, and
above them an officer's word on a day (`OfficialHoliday`): the cabinet adds days late.
All days are days in Thailand.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays

from accounts.models import OfficialHoliday

_DAY = timedelta(days=1)
# Listed as public, but government offices are open: Children's Day, and Labour Day, which is
# private firms'. The bank's and schools' days are of other categories, which nobody asks for.
_NOT_OFFICIAL = {"National Children's Day", "National Labor Day"}
_IN_LIEU = " (in lieu)"
# The package knows no other years; days outside fall on weekends only.
_FIRST_YEAR, _LAST_YEAR = 1950, 2156


class Calendar:
    """Working days, with one reading of the officers' table: make one for each piece of work."""

    def __init__(self, decided: Mapping[date, bool] | None = None) -> None:
        """decided: days an officer made a holiday or took out; None: those of the table."""
        if decided is None:
            decided = dict(OfficialHoliday.objects.order_by().values_list("day", "is_holiday"))
        self._decided = decided

    def is_holiday(self, day: date) -> bool:
        """Whether government offices are closed: weekends, too, unless an officer says not."""
        decided = self._decided.get(day)
        if decided is not None:
            return decided
        return day.weekday() >= 5 or day in official_days(day.year)

    def working_day_from(self, day: date) -> date:
        """The day itself, or the first working day after it (193/8)."""
        while self.is_holiday(day):
            day += _DAY
        return day

    def due(self, base: date, months: int, *, moves_over_holidays: bool) -> date:
        """The last day of a period of months after a base day, which is not counted."""
        last = end_of_period(base, months)
        return self.working_day_from(last) if moves_over_holidays else last


def due(base: date, months: int, moves_over_holidays: bool = True) -> date:
    """The last day of a period of months after a base day; `Calendar.due` for many."""
    return Calendar().due(base, months, moves_over_holidays=moves_over_holidays)


def end_of_period(base: date, months: int) -> date:
    """The last day by 193/3 and 193/5 alone: counted from the day after the base.

    From 28 February 2007 three months are March, April and May: they end on 31 May. What would
    end after the year 9999 ends with it: files bring such days.
    """
    if base.year + (months + 1) // 12 >= date.max.year:
        return date.max
    first = base + _DAY
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    last_of_month = monthrange(year, month)[1]
    if first.day > last_of_month:
        return date(year, month, last_of_month)
    return date(year, month, first.day) - _DAY


@lru_cache(maxsize=64)
def official_days(year: int) -> Mapping[date, str]:
    """The official holidays of a year with their English names, as the package knows them."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return {}
    listed = holidays.country_holidays(
        "TH", years=year, language="en_US", categories=("public", "government")
    )
    return {day: name for day, name in sorted(listed.items()) if _is_official(name)}


def _is_official(names: str) -> bool:
    """Tell of a day's names, such as "Visakha Bucha; National Labor Day"."""
    return any(name.removesuffix(_IN_LIEU) not in _NOT_OFFICIAL for name in names.split("; "))
