"""What stands behind an operator: days and sizes, as people here write them.

Years from 2400 on are of the Buddhist era. Two figures of a year are Buddhist from
44 on (69 is 2569), else of the common era (26 is 2026): both mean 2001 to 2056.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from govmail_portal.dates import BANGKOK, BUDDHIST_ERA
from mailbox.searching.words import normalise

FIRST_YEAR, LAST_YEAR = 1900, 2199
_FIRST_BUDDHIST = 2400
_LAST_SHORT_COMMON = 43


@dataclass(frozen=True)
class Days:
    """Whole days in Thailand, the first and the last of them."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"

    @property
    def start(self) -> datetime:
        """The first moment of them."""
        return datetime.combine(self.first, time(), BANGKOK)

    @property
    def end(self) -> datetime:
        """The first moment after them."""
        return datetime.combine(self.last + timedelta(days=1), time(), BANGKOK)


_MONTH_NAMES = """
มกราคม มกรา มค january jan|กุมภาพันธ์ กุมภา กพ february feb|มีนาคม มีนา มีค march mar
|เมษายน เมษา เมย april apr|พฤษภาคม พฤษภา พค may|มิถุนายน มิถุนา มิย june jun
|กรกฎาคม กรกฎา กค july jul|สิงหาคม สิงหา สค august aug|กันยายน กันยา กย september sep sept
|ตุลาคม ตุลา ตค october oct|พฤศจิกายน พฤศจิกา พย november nov|ธันวาคม ธันวา ธค december dec
"""
MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.split("|"), start=1)
    for name in names.split()
}
_DAYS_AGO = {"วันนี้": 0, "today": 0, "เมื่อวาน": 1, "เมื่อวานนี้": 1, "yesterday": 1}
_UNITS = {
    "วัน": 1,
    "d": 1,
    "day": 1,
    "days": 1,
    "สัปดาห์": 7,
    "อาทิตย์": 7,
    "w": 7,
    "week": 7,
    "weeks": 7,
}
_MONTH_UNITS = {
    "เดือน": 1,
    "m": 1,
    "month": 1,
    "months": 1,
    "ปี": 12,
    "y": 12,
    "year": 12,
    "years": 12,
}

_YEAR = r"(\d{4}|\d{2})"
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.]{_YEAR}")
_NAMED = re.compile(rf"(?:วันที่ ?)?(\d{{1,2}}) ?([a-zก-๎]+) ?(?:พศ ?|คศ ?)?{_YEAR}")
_MONTH_ONLY = re.compile(r"([a-zก-๎]+) ?(\d{4})|(\d{4})-(\d{1,2})")
_YEAR_ONLY = re.compile(r"(?:ปี ?)?(?:พศ ?|คศ ?)?(\d{4})")
_AGO = re.compile(r"(\d{1,3}) ?([a-zก-๎]+?)(?:ก่อน|ที่แล้ว)?")
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?([a-zก-๎]*)")
_SIZES = {
    "": 1, "b": 1, "bytes": 1, "ไบต์": 1,
    "k": 2**10, "kb": 2**10, "กิโลไบต์": 2**10, "เค": 2**10,
    "m": 2**20, "mb": 2**20, "เมกะไบต์": 2**20, "เมก": 2**20, "เมกะ": 2**20,
    "g": 2**30, "gb": 2**30, "กิกะไบต์": 2**30, "กิ๊ก": 2**30,
}  # fmt: skip


def days(text: str, today: date) -> Days | None:
    """Read days: ISO, day first, month by name, month or year alone, or counted back from today.

    "2569-01-01", "1/1/2569", "๑ ม.ค. ๒๕๖๙", "1 Jan 2026", "ม.ค. 2569", "2569", "เมื่อวาน",
    "7วัน", "2w", and two of them with ".." between. None if it cannot be read.
    """
    text = normalise(text)
    first, dots, last = text.partition("..")
    if not dots:
        return _days(text, today)
    begin, end = _days(first.strip(), today), _days(last.strip(), today)
    if begin is None or end is None or begin.first > end.last:
        return None
    return Days(begin.first, end.last)


def size(text: str) -> int | None:
    """Read a size: "5MB", "500k", "๕ เมกะไบต์", in bytes (1 KB = 1,024); None if unreadable."""
    found = _SIZE.fullmatch(normalise(text))
    if found is None or found[2] not in _SIZES:
        return None
    return round(float(found[1]) * _SIZES[found[2]])


def _days(text: str, today: date) -> Days | None:
    if text in _DAYS_AGO:
        day = today - timedelta(days=_DAYS_AGO[text])
        return Days(day, day)
    try:
        return _exact(text) or _period(text) or _ago(text, today)
    except (ValueError, OverflowError):  # 31 February, or a day before all days
        return None


def _exact(text: str) -> Days | None:
    day = None
    if found := _ISO.fullmatch(text):
        day = date(_year(found[1]), int(found[2]), int(found[3]))
    elif found := _DAY_FIRST.fullmatch(text):
        day = date(_year(found[3]), int(found[2]), int(found[1]))
    elif (found := _NAMED.fullmatch(text.replace(".", ""))) and found[2] in MONTHS:
        day = date(_year(found[3]), MONTHS[found[2]], int(found[1]))
    return Days(day, day) if day else None


def _period(text: str) -> Days | None:
    if found := _YEAR_ONLY.fullmatch(text.replace(".", "")):
        year = _year(found[1])
        return Days(date(year, 1, 1), date(year, 12, 31))
    found = _MONTH_ONLY.fullmatch(text.replace(".", ""))
    if found is None or (found[1] and found[1] not in MONTHS):
        return None
    year = _year(found[2] or found[3])
    month = MONTHS[found[1]] if found[1] else int(found[4])
    first = date(year, month, 1)
    return Days(first, _later(first, months=1) - timedelta(days=1))


def _ago(text: str, today: date) -> Days | None:
    found = _AGO.fullmatch(text)
    if found is None:
        return None
    number, unit = int(found[1]), found[2]
    if unit in _UNITS:
        day = today - timedelta(days=number * _UNITS[unit])
    elif unit in _MONTH_UNITS:
        day = _later(today, months=-number * _MONTH_UNITS[unit])
    else:
        return None
    return Days(day, day)


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        year += 2000 if year <= _LAST_SHORT_COMMON else 2500
    if year >= _FIRST_BUDDHIST:
        year -= BUDDHIST_ERA
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(text)
    return year


def _later(day: date, *, months: int) -> date:
    """The same day some months later, or the last one of a shorter month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    next_month = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (next_month - timedelta(days=1)).day))
