"""The rail of the pages about people: lines the reader may open, and what waits behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.people.reach import is_officer

register = template.Library()

# name, url, icon, title, only for officers.
_LINES: tuple[tuple[str, str, str, Promise, bool], ...] = (
    ("progress", "accounts:mandate-board", "chart-line", _("Progress"), False),
    ("directory", "accounts:directory", "book-user", _("Government directory"), False),
    ("people", "admin:accounts_official_changelist", "users", _("Officials and accounts"), True),
    ("requests", "accounts:requests", "upload", _("Accounts being opened"), True),
    ("imports", "accounts:imports", "download", _("Import people"), True),
    ("decisions", "accounts:decisions", "scale", _("Cases to decide"), True),
    ("exemptions", "accounts:exemptions", "stamp", _("Exemptions"), True),
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
