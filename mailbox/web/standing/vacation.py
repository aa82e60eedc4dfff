"""The reply while somebody is away: its days, its texts, and the notice that it is on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from govmail_portal import dates
from govmail_portal.dates import BANGKOK, Manner
from govmail_portal.errors import PortalError
from mailbox.errors import SealBroken
from mailbox.filing.absences import Texts
from mailbox.models import Mailbox, Vacation
from mailbox.opening import mailbox_key
from mailbox.standing import absences
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import shell_of
from mailbox.web.standing.days import calendar, chosen_day
from mailbox.web.standing.whose import inbox_of, settings_of, url_of


@dataclass(frozen=True)
class Days:
    """First and last day, both whole days in Thailand; last is None until switched off."""

    first: date
    last: date | None

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time(), BANGKOK)

    @property
    def ends_at(self) -> datetime | None:
        if self.last is None:
            return None
        return datetime.combine(self.last + timedelta(days=1), time(), BANGKOK)


@require_http_methods(["GET", "POST"])
@login_required
def write(request: PortalRequest, mailbox: UUID | None = None) -> HttpResponse:
    """The page of the reply: what it says, and on which days."""
    box = settings_of(request, mailbox)
    key, now = mailbox_key(box), timezone.now()
    if request.method == "POST":
        texts, days = _texts(request.POST), _days(request.POST)
        error = _kept(box, texts, days, private_key=key, now=now)
        if error is None:
            messages.success(request, _("The reply is switched on for these days."))
            return redirect(url_of("vacation", box, request.user))
        days = days or _proposed(now)
        return _page(request, box, texts, days, error=error)
    written = _written(absences.of(box), key)
    return _page(request, box, written, _chosen(absences.set_for(box, now), now))


@require_POST
@login_required
def end(request: PortalRequest, mailbox: UUID | None = None) -> HttpResponse:
    """Switch the reply off."""
    box = settings_of(request, mailbox)
    absences.end(box)
    messages.success(request, _("The reply is switched off. Its text stays for the next time."))
    if request.POST.get("back") == "inbox":
        return redirect(inbox_of(box, request.user))
    return redirect(url_of("vacation", box, request.user))


def last_day(vacation: Vacation, manner: Manner) -> str:
    """The last day of an absence as its owner writes dates; empty without one."""
    if vacation.ends_at is None:
        return ""
    return dates.day(vacation.ends_at - timedelta(seconds=1), manner)


def _kept(
    mailbox: Mailbox, texts: Texts, days: Days | None, *, private_key: bytes, now: datetime
) -> PortalError | None:
    if days is None:
        return PortalError(_("One of the days is not in the calendar."))
    try:
        absences.begin(
            mailbox,
            texts,
            private_key=private_key,
            starts_at=days.starts_at,
            ends_at=days.ends_at,
            now=now,
        )
    except PortalError as error:
        return error
    return None


def _page(
    request: PortalRequest,
    mailbox: Mailbox,
    texts: Texts,
    days: Days,
    *,
    error: PortalError | None = None,
) -> HttpResponse:
    manner, now = manner_of(request), timezone.now()
    away = absences.set_for(mailbox, now)
    context: dict[str, Any] = {
        "shell": shell_of(request, mailbox),
        "texts": texts,
        "has_end": days.last is not None,
        "first": days.first,
        "last": days.last or days.first + timedelta(days=6),
        "calendar": calendar(manner, now.astimezone(BANGKOK).date()),
        "error": error,
        "is_on": away is not None,
        "is_waiting": away is not None and away.starts_at > now,
        "from_day": dates.day(away.starts_at, manner) if away else "",
        "to_day": last_day(away, manner) if away else "",
        "longest": absences.LONGEST_TEXT,
        "end_url": url_of("vacation-end", mailbox, request.user),
    }
    return render(
        request, "mailbox/rules/vacation.html", context, status=error.status if error else 200
    )


def _texts(sent: QueryDict) -> Texts:
    subject = " ".join(sent.get("subject", "").split())
    inside, outside = (
        sent.get(name, "").replace("\r\n", "\n").strip() for name in ("inside", "outside")
    )
    return Texts(subject, inside, outside)


def _written(vacation: Vacation | None, private_key: bytes) -> Texts:
    """What was written last time; nothing where it does not open."""
    try:
        return absences.open_texts(vacation, private_key) if vacation else Texts()
    except SealBroken:
        return Texts()


def _days(sent: QueryDict) -> Days | None:
    """The days a page has sent; None where one of them is not in the calendar."""
    try:
        first = chosen_day(sent, "first")
        return Days(first, chosen_day(sent, "last") if sent.get("has_end") == "1" else None)
    except ValueError:
        return None


def _proposed(now: datetime) -> Days:
    today = now.astimezone(BANGKOK).date()
    return Days(today, today + timedelta(days=6))


def _chosen(vacation: Vacation | None, now: datetime) -> Days:
    """The days of the absence that is set, else a week from today."""
    if vacation is None:
        return _proposed(now)
    first = vacation.starts_at.astimezone(BANGKOK).date()
    if vacation.ends_at is None:
        return Days(first, None)
    return Days(first, (vacation.ends_at - timedelta(seconds=1)).astimezone(BANGKOK).date())
