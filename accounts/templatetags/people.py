"""The rail of the pages about people: lines the reader may open, and what waits behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.mandate.board import Standing
from accounts.people.reach import is_officer
from govmail_portal import dates

register = template.Library()
_THAI = dates.Manner(thai_digits=True)

# name, url, icon, title, only for officers.
_LINES: tuple[tuple[str, str, str, Promise, bool], ...] = (
    ("progress", "accounts:mandate-board", "chart-line", _("Progress"), False),
    ("directory", "accounts:directory", "book-user", _("Government directory"), False),
    ("people", "admin:accounts_official_changelist", "users", _("Officials and accounts"), True),
    ("requests", "accounts:requests", "upload", _("Accounts being opened"), True),
    ("imports", "accounts:imports", "download", _("Import people"), True),
    ("tokens", "accounts:tokens", "key-round", _("Identity systems"), True),
    ("decisions", "accounts:decisions", "scale", _("Cases to decide"), True),
    ("exemptions", "accounts:exemptions", "stamp", _("Exemptions"), True),
    ("attestations", "accounts:attestations", "badge-check", _("Attestations of heads"), True),
    ("audit", "accounts:audit", "history", _("Record of acts"), True),
)


@dataclass(frozen=True)
class Line:
    name: str
    url: str
    icon: str
    title: str
    count: int = 0


@register.inclusion_tag("accounts/people/_rail.html", takes_context=True)
def people_rail(context: dict[str, Any], at: str = "") -> dict[str, Any]:
    """Show the lines this reader may open; `at` is the one of the page."""
    officer = is_officer(context["request"].user)
    lines = []
    for name, url, icon, title, for_officers in _LINES:
        if for_officers and not officer:
            continue
        try:
            lines.append(Line(name, reverse(url), icon, str(title)))
        except NoReverseMatch:
            continue
    return {"lines": lines, "at": at}


@register.simple_tag(takes_context=True)
def a_percent(context: dict[str, Any], share: float) -> str:
    """A share of 0 to 1 as "86.7%", in the reader's digits."""
    return _manner(context).digits(f"{share:.1%}")


@register.simple_tag(takes_context=True)
def days_left(context: dict[str, Any], count: int) -> str:
    """How far away a deadline is: "257 days left", "17 days past", "today"."""
    if count == 0:
        return gettext("today")
    number = _manner(context).digits(f"{abs(count):,}")
    if count > 0:
        return ngettext("%(count)s day left", "%(count)s days left", count) % {"count": number}
    return ngettext("%(count)s day past", "%(count)s days past", -count) % {"count": number}


@register.simple_tag(takes_context=True)
def week_change(context: dict[str, Any], before: int, now: int) -> str:
    """What has changed since a week ago: "64 fewer than a week ago"."""
    number = _manner(context).digits(f"{abs(now - before):,}")
    if now < before:
        return gettext("%(count)s fewer than a week ago.") % {"count": number}
    if now > before:
        return gettext("%(count)s more than a week ago.") % {"count": number}
    return gettext("The same as a week ago.")


@register.simple_tag
def waiting(one: Standing) -> int:
    """Who waits for their agency, due or not."""
    return one.late_agency + one.waiting_gate


@register.simple_tag
def where_bar(one: Standing) -> SafeString:
    """One bar of where everybody is; the list below it says the same in words."""
    parts = (
        ("success", one.used),
        ("danger", one.late_person),
        ("agency", waiting(one)),
        ("unknown", one.pending),
        ("info", one.exempt),
    )
    whole, begun = max(1, one.eligible), 0.0
    made: list[tuple[str, str, str]] = []
    for kind, count in parts:
        width = round(100 * count / whole, 2)
        made.append((kind, f"{begun:.2f}", f"{width:.2f}"))
        begun += width
    rects = format_html_join("", '<rect class="is-{}" x="{}" width="{}" height="8"/>', made)
    return format_html(
        '<svg class="meter meter--thick" viewBox="0 0 100 8" preserveAspectRatio="none"'
        ' aria-hidden="true"><rect class="is-track" width="100" height="8"/>{}</svg>',
        rects,
    )


@register.filter
def hundredths(share: float) -> str:
    """A share of 0 to 1 as the width of a bar: "86.70"."""
    return f"{100 * share:.2f}"


@register.simple_tag
def thai_date(day: date) -> str:
    """As official letters write it: "๗ มกราคม ๒๕๕๑"."""
    return dates.day_of(day, _THAI, full=True)


@register.filter
def thai_digits(number: int) -> str:
    """A count as official letters write it: "๑,๒๓๔"."""
    return _THAI.digits(f"{number:,}")


@register.filter
def thai_share(share: float) -> str:
    """A share of 0 to 1 in hundredths: "๘๖.๗"."""
    return _THAI.digits(f"{100 * share:.1f}")


def _manner(context: dict[str, Any]) -> dates.Manner:
    user = context["request"].user
    return dates.Manner.of(
        get_language(),
        thai_digits=bool(getattr(user, "thai_digits", False)),
        christian_era=bool(getattr(user, "christian_era", False)),
    )
