"""Delegates: whom a holder lets into a mailbox, until when; and whose mailboxes one may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Assignment
from govmail_portal import dates
from govmail_portal.dates import Manner
from govmail_portal.errors import PortalError
from mailbox.models import Delegation, Mailbox
from mailbox.people import delegating
from mailbox.people.delegating import Terms
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.standing.days import calendar, chosen_day

# What a delegate may do, each with what came before: (value, may_write, as, on behalf).
MANNERS = {
    "read": (False, False, False),
    "write": (True, False, False),
    "behalf": (True, False, True),
    "as": (True, True, True),
}


@dataclass(frozen=True)
class Line:
    """A delegation in words."""

    delegation: Delegation
    manner: str
    days: str
    is_to_come: bool


@dataclass(frozen=True)
class Desk:
    """A mailbox one decides on, with its delegates. holders: who uses it by their post."""

    mailbox: Mailbox
    lines: list[Line]
    holders: list[str]


@require_http_methods(["GET", "POST"])
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """Every mailbox one decides on, with its delegates; posted to, one more delegate."""
    if request.method != "POST":
        return _page(request)
    try:
        made = _grant(request)
    except PortalError as error:
        return _page(request, error=error)
    name = {"name": made.account.name}
    messages.success(request, _("%(name)s may use the mailbox on these days.") % name)
    return redirect("mailbox:delegates")


@require_POST
@login_required
def end(request: PortalRequest, delegation: UUID) -> HttpResponse:
    """End a delegation at once: one's own mailbox's, or the one that lets oneself in."""
    rows = Delegation.objects.select_related("mailbox__account__agency", "account")
    found = get_object_or_404(rows, pk=delegation)
    delegating.end(found, by=request.user, now=timezone.now())
    messages.success(request, _("The delegation is over."))
    return redirect("mailbox:delegates")


def _grant(request: PortalRequest) -> Delegation:
    sent, now = request.POST, timezone.now()
    try:
        box = Mailbox.objects.readable_by(request.user).get(pk=UUID(sent.get("mailbox", "")))
    except (ValueError, Mailbox.DoesNotExist):
        raise Http404 from None
    if (manner := MANNERS.get(sent.get("manner", ""))) is None:
        raise Http404
    try:
        days = chosen_day(sent, "first"), chosen_day(sent, "last")
    except ValueError:
        raise PortalError(_("One of the days is not in the calendar.")) from None
    terms = Terms(*manner, *days, reason=sent.get("reason", ""))
    return delegating.grant(box, sent.get("address", ""), terms, by=request.user, now=now)


def _page(request: PortalRequest, *, error: PortalError | None = None) -> HttpResponse:
    manner, today = manner_of(request), timezone.localdate()
    sent = request.POST
    boxes = delegating.granted_by(request.user)
    standing = Delegation.objects.standing(today).select_related("account__official")
    given = list(standing.filter(mailbox__in=boxes))
    held = delegating.holders_of(boxes, on=today)
    context: dict[str, Any] = {
        "desks": [
            Desk(
                box,
                [_line(one, manner, today) for one in given if one.mailbox_id == box.pk],
                [_holder(one, manner) for one in held.get(box.pk, ())],
            )
            for box in boxes
        ],
        "mine": [_line(one, manner, today) for one in _mine(request)],
        "calendar": calendar(manner, today),
        "first": _chosen(sent, "first", today),
        "last": _chosen(sent, "last", today + timedelta(days=30)),
        "manners": _words(),
        "manner": sent.get("manner", "write"),
        "sent": sent,
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "mailbox/delegates/index.html", context, status=status)


def _mine(request: PortalRequest) -> list[Delegation]:
    """Whose mailboxes the person may use as a delegate."""
    standing = Delegation.objects.standing(timezone.localdate()).filter(account=request.user)
    related = ("mailbox__account__official", "mailbox__account__position")
    return list(standing.filter(mailbox__is_open=True).select_related(*related))


def _line(one: Delegation, manner: Manner, today: date) -> Line:
    last = dates.day_of(one.valid_to, manner) if one.valid_to else _("without end")
    words = {"first": dates.day_of(one.valid_from, manner), "last": last}
    return Line(
        one,
        str(_words()[_manner_of(one)]),
        _("%(first)s to %(last)s") % words,
        one.valid_from > today,
    )


def _holder(held: Assignment, manner: Manner) -> str:
    words = {"name": held.official.name, "kind": held.get_kind_display()}
    if held.valid_to is None:
        return _("%(name)s (%(kind)s)") % words
    last = {"day": dates.day_of(held.valid_to, manner)}
    return _("%(name)s (%(kind)s, until %(day)s)") % (words | last)


def _manner_of(one: Delegation) -> str:
    if one.may_send_as:
        return "as"
    if one.may_send_on_behalf:
        return "behalf"
    return "write" if one.may_write else "read"


def _words() -> dict[str, str]:
    return {
        "read": _("Reads"),
        "write": _("Reads, sorts and writes drafts"),
        "behalf": _("Also sends on its behalf, under both names"),
        "as": _("Also sends as the mailbox"),
    }


def _chosen(sent: QueryDict, name: str, proposed: date) -> date:
    try:
        return chosen_day(sent, name)
    except ValueError:
        return proposed
