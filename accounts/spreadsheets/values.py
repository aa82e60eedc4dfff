"""Cells as people type them: Thai digits, invisible letters, Buddhist years, spelled months."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.spreadsheets.errors import UnreadableCell, formula

BUDDHIST_ERA = 543
# A year from here on is Buddhist; nobody served, or was born, in the year 2400 of the other era.
FIRST_BUDDHIST_YEAR = 2400
FIRST_YEAR, LAST_YEAR = 1900, 2200

_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
# Written in place of "nothing".
_NOTHING = frozenset(("-", "–", "—", "ไม่มี", "n/a", "null", "none"))
# What a formula that failed leaves behind.
_BROKEN = frozenset(("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"))
_MONTHS = (
    ("มกราคม", "มค", "january", "jan"),
    ("กุมภาพันธ์", "กพ", "february", "feb"),
    ("มีนาคม", "มีค", "march", "mar"),
    ("เมษายน", "เมย", "april", "apr"),
    ("พฤษภาคม", "พค", "may", "may"),
    ("มิถุนายน", "มิย", "june", "jun"),
    ("กรกฎาคม", "กค", "july", "jul"),
    ("สิงหาคม", "สค", "august", "aug"),
    ("กันยายน", "กย", "september", "sep"),
    ("ตุลาคม", "ตค", "october", "oct"),
    ("พฤศจิกายน", "พย", "november", "nov"),
    ("ธันวาคม", "ธค", "december", "dec"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{2,5})")
_YEAR_FIRST = re.compile(r"(\d{4,5})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
_SPELLED = re.compile(r"(?:วันที่\s*)?(\d{1,2})\s*([^\d\s]+)\s*(?:พ\.?\s?ศ\.?\s*)?(\d{2,5})")


class _Seen(dict[int, int | None]):
    """What each letter is seen as: spaces of every kind as one, invisible ones as nothing.

    Filled as letters come: a list of 50,000 people has a million cells of the same hundred.
    """

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        is_invisible = unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cn", "Cs")
        seen = ord(" ") if letter.isspace() else None if is_invisible else code
        self[code] = seen
        return seen


_SEEN = _Seen()


def text(cell: object) -> str:
    """The cell as one line: composed, no invisible letters, single spaces, "-" is nothing.

    Raises UnreadableCell for a formula.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    # A leading apostrophe is a spreadsheet's mark for "this is text".
    line = cleaned(str(cell)).removeprefix("'")
    if line[:1] in ("=", "@"):
        raise formula(line)
    if line in _BROKEN:
        raise UnreadableCell.of(_("“%(said)s” is an error of the spreadsheet."), line)
    return "" if line.casefold() in _NOTHING else line


def cleaned(line: str) -> str:
    """Without letters that nobody sees; a doubled เ is แ, and ํา is ำ, as both look alike."""
    composed = unicodedata.normalize("NFC", line).replace("เเ", "แ").replace("ํา", "ำ")
    return " ".join(composed.translate(_SEEN).split())


def digits(line: str) -> str:
    """Thai digits as Arabic ones."""
    return line.translate(_DIGITS)


def number(cell: object) -> str:
    """A number that is a name (of a person, a post, a telephone): text, with Arabic digits."""
    found = digits(text(cell))
    if re.fullmatch(r"\d(?:\.\d+)?[eE]\+\d+", found):
        raise UnreadableCell.of(
            _("“%(said)s” was cut short by the spreadsheet. Set the column to text."), found
        )
    return found


def day(cell: object) -> date | None:
    """A day: "๑ ต.ค. ๒๕๖๘", "01/10/2568" (day first), "2025-10-01", or a cell of days.

    Years from 2400 on are Buddhist. Raises UnreadableCell.
    """
    if isinstance(cell, datetime | date):
        return _made(cell.year, cell.month, cell.day, said=cell.isoformat()[:10])
    line = digits(text(cell))
    if not line:
        return None
    if found := _YEAR_FIRST.fullmatch(line):
        return _made(*map(int, found.groups()), said=line)
    if found := _DAY_FIRST.fullmatch(line):
        return _made(int(found[3]), int(found[2]), int(found[1]), said=line)
    found = _SPELLED.fullmatch(line)
    month = _MONTH_OF.get(found[2].replace(".", "").casefold()) if found else None
    if found is None or month is None:
        raise UnreadableCell.of(
            _("“%(said)s” is not a day. Write it like 1 ต.ค. 2568, 01/10/2568 or 2025-10-01."),
            line,
        )
    return _made(int(found[3]), month, int(found[1]), said=line)


def _made(year: int, month: int, day: int, *, said: str) -> date:
    if year < 100:
        raise UnreadableCell.of(_("“%(said)s”: write the year with four digits."), said)
    of_our_era = year - BUDDHIST_ERA if year >= FIRST_BUDDHIST_YEAR else year
    if not FIRST_YEAR <= of_our_era <= LAST_YEAR:
        raise UnreadableCell.of(_("“%(said)s”: nobody is born or serves in that year."), said)
    try:
        return date(of_our_era, month, day)
    except ValueError:
        raise UnreadableCell.of(_("“%(said)s”: the calendar has no such day."), said) from None
