"""Dates, sizes and digits as people read them: the Buddhist era in Thai, the common era in English.

Pure functions: the moment, the reader's manner and "now" go in, text comes out.
Moments are aware; what is shown is always the time in Thailand (UTC+7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BANGKOK = ZoneInfo("Asia/Bangkok")
BUDDHIST_ERA = 543

_MONTHS = {
    "th": [
        "ม.ค.",
        "ก.พ.",
        "มี.ค.",
        "เม.ย.",
        "พ.ค.",
        "มิ.ย.",
        "ก.ค.",
        "ส.ค.",
        "ก.ย.",
        "ต.ค.",
        "พ.ย.",
        "ธ.ค.",
    ],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_FULL_MONTHS = {
    "th": [
        "มกราคม",
        "กุมภาพันธ์",
        "มีนาคม",
        "เมษายน",
        "พฤษภาคม",
        "มิถุนายน",
        "กรกฎาคม",
        "สิงหาคม",
        "กันยายน",
        "ตุลาคม",
        "พฤศจิกายน",
        "ธันวาคม",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_WEEKDAYS = {
    "th": (
        ["จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส.", "อา."],
        ["จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์"],
    ),
    "en": (
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ),
}
_RELATIVE = {"th": ("วันนี้", "เมื่อวาน", "ก่อนหน้านี้"), "en": ("Today", "Yesterday", "Earlier")}
_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


@dataclass(frozen=True)
class Manner:
    """How one reader wants dates and figures: language ("th" or "en"), digits, era."""

    language: str = "th"
    thai_digits: bool = False
    christian_era: bool = False

    @classmethod
    def of(
        cls, language: str | None, *, thai_digits: bool = False, christian_era: bool = False
    ) -> Manner:
        """Take a language code such as "th" or "en-gb"; Thai digits count in Thai only.

        English always counts in the Christian era; Thai does if its reader chose so.
        """
        thai = (language or "th").startswith("th")
        return cls("th" if thai else "en", thai_digits and thai, christian_era or not thai)

    def digits(self, text: str) -> str:
        """Return the text in the reader's digits."""
        return text.translate(_THAI_DIGITS) if self.thai_digits else text


def months(manner: Manner) -> list[str]:
    """The twelve months, short, in the reader's language."""
    return list(_MONTHS[manner.language])


def year(day: date, manner: Manner) -> int:
    """The year as the reader counts it: 2551, or 2008 in the Christian era."""
    return day.year + (0 if manner.christian_era else BUDDHIST_ERA)


def clock(at: datetime, manner: Manner) -> str:
    """The time in Thailand: "09:12"."""
    return manner.digits(f"{at.astimezone(BANGKOK):%H:%M}")


def day(at: datetime, manner: Manner) -> str:
    """The day in Thailand: "8 ม.ค. 2551", "8 Jan 2008"."""
    local = at.astimezone(BANGKOK).date()
    return manner.digits(f"{_day_and_month(local, manner)} {year(local, manner)}")


def day_of(day: date, manner: Manner, *, full: bool = False) -> str:
    """A day without a time: "8 ม.ค. 2551", "8 Jan 2008"; in full "8 มกราคม 2551"."""
    month = (_FULL_MONTHS if full else _MONTHS)[manner.language][day.month - 1]
    return manner.digits(f"{day.day} {month} {year(day, manner)}")


def weekday(at: datetime, manner: Manner) -> str:
    """The weekday in Thailand, short: "อ.", "Tue"."""
    return _WEEKDAYS[manner.language][0][at.astimezone(BANGKOK).weekday()]


def moment(at: datetime, manner: Manner, *, weekday: bool = False) -> str:
    """Day and time: "8 ม.ค. 2551 09:12 น.", "8 Jan 2008 09:12"; with the weekday "อ. 8 …"."""
    local = at.astimezone(BANGKOK)
    end = " น." if manner.language == "th" else ""
    name = f"{_WEEKDAYS[manner.language][0][local.weekday()]} " if weekday else ""
    return f"{name}{day(at, manner)} {clock(at, manner)}{end}"


def short(at: datetime, manner: Manner, now: datetime, *, has_headings: bool = True) -> str:
    """What a list row has room for: the time, this year the day, else the year too.

    has_headings: it stands under "today" or "yesterday" (`heading`), so both have the time.
    """
    local, today = at.astimezone(BANGKOK).date(), now.astimezone(BANGKOK).date()
    if today - timedelta(days=1 if has_headings else 0) <= local <= today:
        return clock(at, manner)
    if local.year == today.year:
        return manner.digits(_day_and_month(local, manner))
    return day(at, manner)


def heading(at: datetime, manner: Manner, now: datetime) -> str:
    """The heading a list row stands under: "วันนี้ · อังคาร 8 ม.ค. 2551", "ก่อนหน้านี้"."""
    local, today = at.astimezone(BANGKOK).date(), now.astimezone(BANGKOK).date()
    words = _RELATIVE[manner.language]
    if local < today - timedelta(days=1):
        return words[2]
    weekday = _WEEKDAYS[manner.language][1][local.weekday()]
    return f"{words[0] if local >= today else words[1]} · {weekday} {day(at, manner)}"


def size(count: int, manner: Manner) -> str:
    """A number of bytes as people say it: "412 KB", "1.3 MB" (1 KB = 1,024 bytes)."""
    if count < 1024:
        return manner.digits(f"{count} {'ไบต์' if manner.language == 'th' else 'bytes'}")
    amount = count / 1024
    for unit in ("KB", "MB", "GB"):
        if amount < 1023.95 or unit == "GB":
            break
        amount /= 1024
    text = f"{amount:.1f}" if amount < 10 and unit != "KB" else f"{amount:,.0f}"
    return f"{manner.digits(text)} {unit}"


def _day_and_month(day: date, manner: Manner) -> str:
    return f"{day.day} {_MONTHS[manner.language][day.month - 1]}"
