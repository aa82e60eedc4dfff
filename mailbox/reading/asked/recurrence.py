"""A rule of repetition in words: read, never expanded (RFC 5545 3.3.10)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govmail_portal import dates
from govmail_portal.dates import Manner

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def in_words(rule: str, manner: Manner) -> str:
    """ "every 2 weeks on Monday, Wednesday, 10 times"; vague where the rule is an odd one."""
    if not rule:
        return ""
    parts = dict(piece.partition("=")[::2] for piece in rule.split(";"))
    base = _every(parts.get("FREQ", ""), _number(parts.get("INTERVAL", "1")), manner)
    if not base:
        return _("repeats by a rule of the sender's")
    pieces = [base, *_on(parts.get("BYDAY", "")), *_until(parts, manner)]
    return " ".join(pieces)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 else 1


def _every(frequency: str, step: int, manner: Manner) -> str:
    words = {
        "DAILY": ngettext("every day", "every %(count)s days", step),
        "WEEKLY": ngettext("every week", "every %(count)s weeks", step),
        "MONTHLY": ngettext("every month", "every %(count)s months", step),
        "YEARLY": ngettext("every year", "every %(count)s years", step),
    }.get(frequency, "")
    return words % {"count": manner.digits(str(step))} if "%" in words else words


def _on(days: str) -> list[str]:
    if not days or not set(days.split(",")) <= set(_DAYS):
        return []
    names = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"))
    named = dict(zip(_DAYS, (*names, _("Saturday"), _("Sunday")), strict=True))
    listed = ", ".join(named[day] for day in _DAYS if day in days.split(","))
    return [_("on %(days)s") % {"days": listed}]


def _until(parts: dict[str, str], manner: Manner) -> list[str]:
    if "COUNT" in parts:
        count = _number(parts["COUNT"])
        words = ngettext("%(count)s time", "%(count)s times", count)
        is_plain = parts["COUNT"] == str(count)
        return [words % {"count": manner.digits(str(count))}] if is_plain else []
    try:
        last = datetime.strptime(parts.get("UNTIL", "")[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return []
    return [_("until %(day)s") % {"day": dates.day(last, manner)}] if last.year > 1 else []
