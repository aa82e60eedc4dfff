"""Dates in the reader's own manner: the Buddhist era in Thai, Thai digits where chosen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.translation import get_language

from govmail_portal import dates

register = template.Library()


@register.simple_tag(takes_context=True)
def a_day(context: dict[str, Any], at: datetime) -> str:
    """The day in Thailand: "23 พ.ย. 2569"."""
    return dates.day(at, _manner(context))


@register.simple_tag(takes_context=True)
def a_date(context: dict[str, Any], day: date | None, full: bool = False) -> str:
    """A day that has no time: "23 พ.ย. 2569"; in full with the month's whole name; or nothing."""
    return "" if day is None else dates.day_of(day, _manner(context), full=full)


@register.simple_tag(takes_context=True)
def a_number(context: dict[str, Any], number: int) -> str:
    """A count with separators, in the reader's digits: "1,234"."""
    return _manner(context).digits(f"{number:,}")


@register.simple_tag(takes_context=True)
def a_moment(context: dict[str, Any], at: datetime) -> str:
    """Day and time in Thailand: "23 พ.ย. 2569 06:17 น."."""
    return dates.moment(at, _manner(context))


def _manner(context: dict[str, Any]) -> dates.Manner:
    user = context.get("user")
    return dates.Manner.of(
        get_language() or "th",
        thai_digits=bool(getattr(user, "thai_digits", False)),
        christian_era=bool(getattr(user, "christian_era", False)),
    )
