"""What its owner must not miss: replies and forwards by themselves, a mailbox nearly full."""

from __future__ import annotations

from typing import Any, cast

from django import template
from django.utils import timezone

from mailbox.models import FilterRule, Mailbox
from mailbox.opening import mailbox_key
from mailbox.standing import absences, rules
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import find_mailbox
from mailbox.web.standing.vacation import last_day
from mailbox.web.standing.whose import is_own, url_of

register = template.Library()


@register.inclusion_tag("mailbox/rules/_away.html", takes_context=True)
def away_notice(context: dict[str, Any], mailbox: Mailbox) -> dict[str, Any]:
    """Say that replies go out by themselves, and until when; nothing else otherwise."""
    vacation = absences.under_way(mailbox, timezone.now())
    if vacation is None:
        return {"is_away": False}
    request = cast(PortalRequest, context["request"])
    # Another person's absence is theirs; a delegate sees that it is on.
    may_end = is_own(mailbox, request.user) or context["shell"].has_office_settings
    return {
        "is_away": True,
        "day": last_day(vacation, manner_of(request)),
        "end_url": url_of("vacation-end", mailbox, request.user) if may_end else "",
        "csrf_token": context.get("csrf_token"),
    }


# Per cent of the quota from which the inbox warns, and from which it does so in red.
NEARLY_FULL, ALMOST_FULL = 80, 95


@register.inclusion_tag("mailbox/rules/_quota.html", takes_context=True)
def quota_notice(context: dict[str, Any], mailbox: Mailbox) -> dict[str, Any]:
    """Say that the mailbox is nearly full, while there is still time; nothing else otherwise."""
    percent = 100 * mailbox.used_bytes // max(mailbox.quota_bytes, 1)
    manner = manner_of(cast(PortalRequest, context["request"]))
    return {
        "is_shown": percent >= NEARLY_FULL,
        "is_urgent": percent >= ALMOST_FULL,
        "is_full": mailbox.is_full,
        "percent": manner.digits(str(percent)),
        "mailbox": mailbox,
    }


@register.simple_tag(takes_context=True)
def forwards_of_mine(context: dict[str, Any]) -> list[str]:
    """To whom filters of the reader's mailbox forward mail; for the page of security."""
    mailbox = find_mailbox(cast(PortalRequest, context["request"]).user)
    if mailbox is None or not FilterRule.objects.filter(mailbox=mailbox).exists():
        return []
    return rules.forwards(mailbox, private_key=mailbox_key(mailbox))
