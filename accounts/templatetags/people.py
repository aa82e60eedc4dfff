"""The rail of the pages about people: lines the reader may open, and what waits behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.mandate.attestations import headed_by
from accounts.models import Account
from accounts.people.reach import is_officer, may_audit
from accounts.readiness import officers
from govmail_portal import dates

register = template.Library()
_THAI = dates.Manner(thai_digits=True)


def _anybody(account: Account) -> bool:
    return True


def _attests(account: Account) -> bool:
    return is_officer(account) or headed_by(account, now=timezone.now()).exists()


def _looks(account: Account) -> bool:
    return account.is_active and account.is_staff and account.has_perm("accounts.view_official")


def _looks_after_mail(account: Account) -> bool:
    return account.is_active and account.is_staff and account.has_perm("mailbox.view_submission")


def _looks_after_gateways(account: Account) -> bool:
    return account.is_active and account.is_staff and account.has_perm("mailbox.view_gateway")


def _looks_after_keys(account: Account) -> bool:
    return account.is_active and account.is_staff and account.has_perm("mailbox.view_signingkey")


def _sees_readiness(account: Account) -> bool:
    return officers.manages(account) or officers.decides(account)


# name, url, icon, title, who may open it.
_LINES: tuple[tuple[str, str, str, Promise, Callable[[Account], bool]], ...] = (
    ("progress", "accounts:mandate-board", "chart-line", _("Progress"), _anybody),
    (
        "readiness",
        "accounts:readiness",
        "shield-check",
        _("Readiness of agencies"),
        _sees_readiness,
    ),
    (
        "readiness-desk",
        "accounts:readiness-desk",
        "scale",
        _("Decisions at the gate"),
        officers.decides,
    ),
    ("directory", "accounts:directory", "book-user", _("Government directory"), _anybody),
    ("people", "admin:accounts_official_changelist", "users", _("Officials and accounts"), _looks),
    ("requests", "accounts:requests", "upload", _("Accounts being opened"), is_officer),
    ("imports", "accounts:imports", "download", _("Import people"), is_officer),
    ("tokens", "accounts:tokens", "key-round", _("Identity systems"), is_officer),
    ("decisions", "accounts:decisions", "scale", _("Cases to decide"), is_officer),
    ("exemptions", "accounts:exemptions", "stamp", _("Exemptions"), is_officer),
    ("attestations", "accounts:attestations", "badge-check", _("Attestations of heads"), _attests),
    ("mail-queue", "mailbox:mail-queue", "hourglass", _("Mail under way"), _looks_after_mail),
    ("gateways", "mailbox:gateways", "network", _("Gateways"), _looks_after_gateways),
    ("domains", "mailbox:domains", "badge-check", _("Domains and keys"), _looks_after_keys),
    ("audit", "accounts:audit", "history", _("Record of acts"), may_audit),
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
    request = context["request"]
    # A page shows them twice, at the side and below: they are asked for once.
    if not hasattr(request, "people_lines"):
        request.people_lines = list(_lines_of(request.user))
    return {"lines": request.people_lines, "at": at}


def _lines_of(reader: Account) -> Iterator[Line]:
    for name, url, icon, title, may_open in _LINES:
        with suppress(NoReverseMatch):
            if may_open(reader):
                yield Line(name, reverse(url), icon, str(title))


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
def where_bar(parts: Sequence[tuple[str, float, float]]) -> SafeString:
    """One bar of where everybody is; the list below it says the same in words.

    parts: kind, where it begins and how long it is, in hundredths.
    """
    made = [(kind, f"{begun:.2f}", f"{width:.2f}") for kind, begun, width in parts]
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
