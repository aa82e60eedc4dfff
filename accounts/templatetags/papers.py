"""Figures and days as official papers write them: Thai digits, the Buddhist era, whole months."""

from __future__ import annotations

from datetime import date, datetime

from django import template

from govmail_portal import dates

register = template.Library()
_THAI = dates.Manner(thai_digits=True)


@register.filter
def thai_digits(number: int) -> str:
    """A count: "๑,๒๓๔"."""
    return _THAI.digits(f"{number:,}")


@register.filter
def in_thai_digits(text: str) -> str:
    """A text of ours on an official paper: "๙๙ จาก ๑๐๐"."""
    return _THAI.digits(str(text))


@register.filter
def thai_day(day: date | datetime) -> str:
    """A day, or that of a moment in Thailand: "๗ มกราคม ๒๕๕๑"."""
    found = day.astimezone(dates.BANGKOK).date() if isinstance(day, datetime) else day
    return dates.day_of(found, _THAI, full=True)


@register.filter
def thai_moment(at: datetime) -> str:
    """A day and a time in Thailand: "๗ มกราคม ๒๕๕๑ ๐๙.๑๒ น."."""
    time = dates.clock(at, _THAI).replace(":", ".")
    return f"{thai_day(at)} {time} น."
