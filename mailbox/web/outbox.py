"""What was sent, and what became of it for every recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.people.directory import FoundPerson
from govmail_portal import dates
from mailbox.mime.addresses import domain_of
from mailbox.models import Folder, Mailbox, Submission
from mailbox.outbound import outbox
from mailbox.reading.correspondents import Office, offices_of
from mailbox.web import paging
from mailbox.web.composing import in_directory
from mailbox.web.finding import cursor_of, own_mailbox
from mailbox.web.outgoing.acts import find
from mailbox.web.requests import PortalRequest, manner_of

# How often an open page asks again: often while the letter is fresh, then rarely.
SOON, LATER = "2s", "20s"
FRESH_SECONDS = 90


@dataclass(frozen=True)
class Hop:
    """One recipient's line: the state, whose office, and the moments in words."""

    view: outbox.DeliveryView
    person: FoundPerson | None
    office: Office | None
    next_try: str
    changed_at: str
    opened_at: str
    # Each try: when, in words, and what came of it.
    tries: Sequence[tuple[str, outbox.Try]] = ()

    @property
    def name(self) -> str:
        """As the author wrote it, else as the directory has it, else the address."""
        known = self.person.name if self.person else ""
        return self.view.name or known or self.view.address

    @property
    def look(self) -> str:
        """The colour and sign of the state; its words stand beside it."""
        if self.opened_at:
            return "seen"
        if self.view.is_bad:
            return "bad"
        if self.view.is_late:
            return "wait"
        if self.view.is_done:
            return "ok" if self.view.is_inside else "sent"
        return "soft" if self.view.state == "cancelled" else "wait"


@dataclass(frozen=True)
class Line:
    """A letter in the list: when it was sent, or leaves, in words."""

    row: outbox.OutboxRow
    when: str


@require_GET
@login_required
def index(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """What was sent from a mailbox: first what waits or failed, then the rest, newest first."""
    box = own_mailbox(request, mailbox)
    now, after, show = timezone.now(), cursor_of(request, "after"), request.GET.get("show", "")
    mine = Submission.objects.readable_by(request.user).filter(mailbox=box, is_automatic=False)
    sent = mine.filter(cancelled_at__isnull=True)
    if show == "failed":
        first, rest = None, sent.filter(has_failed=True)
    elif show == "cancelled":
        first, rest = None, mine.filter(cancelled_at__isnull=False)
    else:
        show, first = "", outbox.first_of_all(sent, now) if after is None else None
        rest = sent.filter(due_at__isnull=True)
    page = paging.page_of(rest, "created_at", after)
    groups = _groups(first, page.rows) if first else [("", page.rows)]
    context = {
        "mailbox": box,
        "groups": [(title, _lines(request, found, box, now)) for title, found in groups if found],
        "after": page.after,
        "show": show,
        "at": "outbox",
    }
    return render(request, "mailbox/outbox/index.html", context)


def _groups(
    first: outbox.Lists, rest: Sequence[Submission]
) -> list[tuple[str, Sequence[Submission]]]:
    shown = {one.pk for one in first.failed}
    others = [one for one in rest if one.pk not in shown]
    has_heads = first.scheduled or first.under_way or first.failed
    return [
        (_("Scheduled"), first.scheduled),
        (_("Not delivered"), [*(one for one in first.under_way if one.has_failed), *first.failed]),
        (_("On their way"), [one for one in first.under_way if not one.has_failed]),
        (_("Earlier letters") if has_heads else "", others),
    ]


def _lines(
    request: PortalRequest, found: Sequence[Submission], box: Mailbox, now: datetime
) -> list[Line]:
    manner = manner_of(request)
    return [
        Line(
            row,
            dates.moment(row.submission.scheduled_for, manner, weekday=True)
            if row.is_scheduled and row.submission.scheduled_for
            else dates.short(row.submission.created_at, manner, now, has_headings=False),
        )
        for row in outbox.rows(found, box)
    ]


@require_GET
@login_required
def show(request: PortalRequest, submission: UUID) -> HttpResponse:
    """One letter's way; asked for by htmx, only the part that changes."""
    found = find(request, submission)
    template = "mailbox/outbox/_deliveries.html" if request.htmx else "mailbox/outbox/show.html"
    return render(request, template, _context(request, found) | {"at": "outbox"})


def _can_undo(submission: Submission, now: datetime) -> bool:
    untouched = submission.attempts == 0 and submission.cancelled_at is None
    return untouched and submission.undo_until > now


def _context(request: PortalRequest, submission: Submission) -> dict[str, Any]:
    now, manner = timezone.now(), manner_of(request)
    row = outbox.rows([submission], submission.mailbox)[0]
    place = outbox.Place.read(request.GET.get("after", ""))
    views, after = outbox.page_of(submission, request.user, now=now, after=place)
    leaves_at = submission.scheduled_for
    return {
        "submission": submission,
        "mailbox": submission.mailbox,
        "subject": row.subject,
        "row": row,
        "tally": row.tally,
        "shares": _shares(row.tally),
        "hops": _hops(views, manner),
        "after": str(after) if after else "",
        "is_first": place is None,
        "sent_at": dates.moment(submission.created_at, manner),
        "leaves_at": dates.moment(leaves_at, manner, weekday=True) if leaves_at else "",
        "can_undo": _can_undo(submission, now),
        "soonest": f"{now.astimezone(dates.BANGKOK):%Y-%m-%dT%H:%M}",
        "chosen": f"{(leaves_at or now).astimezone(dates.BANGKOK):%Y-%m-%dT%H:%M}",
        "ask_again": "" if place else _ask_again(submission, row, now),
        "letter_url": _letter_url(submission),
    }


def panel_of(request: PortalRequest, submission: Submission) -> dict[str, Any]:
    """The same in the small, for the panel under an own letter: the worst hundred."""
    return {
        "submission": submission,
        "shares": _shares(outbox.tally(submission)),
        "hops": _hops(outbox.deliveries_of(submission, request.user), manner_of(request)),
    }


def _ask_again(submission: Submission, row: outbox.OutboxRow, now: datetime) -> str:
    """How soon the page should ask for news; empty: there will be none."""
    if row.tally.is_settled or submission.cancelled_at is not None:
        return ""
    began = submission.scheduled_for or submission.created_at
    is_fresh = abs((now - began).total_seconds()) < FRESH_SECONDS
    return SOON if is_fresh else LATER


def _hops(views: Sequence[outbox.DeliveryView], manner: dates.Manner) -> list[Hop]:
    addresses = [view.address.lower() for view in views]
    offices, people = offices_of(addresses), in_directory(addresses)
    return [
        Hop(
            view,
            people.get(view.address.lower()),
            offices.get(domain_of(view.address)),
            dates.moment(view.next_try, manner) if view.next_try else "",
            dates.moment(view.changed_at, manner),
            dates.moment(view.opened_at, manner) if view.opened_at else "",
            [(dates.moment(one.at, manner), one) for one in view.tries],
        )
        for view in views
    ]


def _shares(tally: outbox.Tally) -> list[tuple[str, float, float]]:
    """The bar over the list: (look, where it begins, how wide), in per cent of all recipients."""
    counts = [
        ("ok", tally.delivered),
        ("wait", tally.waiting + tally.unknown),
        ("bad", tally.failed),
    ]
    shares, start = [], 0.0
    for look, count in counts:
        width = 100 * count / max(tally.total, 1)
        shares.append((look, round(start, 2), round(width, 2)))
        start += width
    return shares


def _letter_url(submission: Submission) -> str:
    """The copy in Sent, in its conversation; empty once it is gone."""
    copy = submission.sent_copy
    if copy is None:
        return ""
    place = [submission.mailbox_id, Folder.Kind.SENT.value, copy.thread_id]
    return reverse("mailbox:thread", args=place)
