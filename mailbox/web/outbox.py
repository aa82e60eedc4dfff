"""What was sent, and what became of it for every recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.people.directory import FoundPerson
from govmail_portal import dates
from mailbox.mime.addresses import domain_of
from mailbox.models import Folder, Submission
from mailbox.outbound import outbox
from mailbox.outbound import submission as sending
from mailbox.reading.correspondents import Office, offices_of
from mailbox.web import paging
from mailbox.web.composing import in_directory
from mailbox.web.finding import cursor_of, own_mailbox
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

    @property
    def name(self) -> str:
        """As the author wrote it, else as the directory has it, else the address."""
        known = self.person.name if self.person else ""
        return self.view.name or known or self.view.address

    @property
    def look(self) -> str:
        """The colour and sign of the state; its words stand beside it."""
        if self.view.is_bad:
            return "bad"
        if self.view.is_done:
            return "ok" if self.view.is_inside else "sent"
        return "soft" if self.view.state == "cancelled" else "wait"


@require_GET
@login_required
def index(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """Everything sent from a mailbox, the newest first, each with its recipients' tally."""
    box = own_mailbox(request, mailbox)
    sent = Submission.objects.readable_by(request.user).filter(mailbox=box)
    page = paging.page_of(sent, "created_at", cursor_of(request, "after"))
    now, manner = timezone.now(), manner_of(request)
    rows = [
        (row, dates.short(row.submission.created_at, manner, now), _can_undo(row.submission, now))
        for row in outbox.rows(page.rows, box)
    ]
    context = {"mailbox": box, "rows": rows, "after": page.after, "at": "outbox"}
    return render(request, "mailbox/outbox/index.html", context)


@require_GET
@login_required
def show(request: PortalRequest, submission: UUID) -> HttpResponse:
    """One letter's way; asked for by htmx, only the part that changes."""
    found = _find(request, submission)
    template = "mailbox/outbox/_deliveries.html" if request.htmx else "mailbox/outbox/show.html"
    return render(request, template, _context(request, found) | {"at": "outbox"})


@require_POST
@login_required
def undo(request: PortalRequest, submission: UUID) -> HttpResponse:
    """Call a letter back; it is a draft again, and open."""
    draft = sending.undo(_find(request, submission), by=request.user, now=timezone.now())
    messages.success(request, _("The letter was called back. It is a draft again."))
    return redirect("mailbox:draft", draft.pk)


def _find(request: PortalRequest, submission: UUID) -> Submission:
    sent = Submission.objects.readable_by(request.user)
    return get_object_or_404(sent.select_related("mailbox", "sent_copy"), pk=submission)


def _can_undo(submission: Submission, now: datetime) -> bool:
    untouched = submission.attempts == 0 and submission.cancelled_at is None
    return untouched and submission.undo_until > now


def _context(request: PortalRequest, submission: Submission) -> dict[str, Any]:
    now, manner = timezone.now(), manner_of(request)
    row = outbox.rows([submission], submission.mailbox)[0]
    views = outbox.deliveries_of(submission, request.user, now=now)
    age = (now - submission.created_at).total_seconds()
    return {
        "submission": submission,
        "subject": row.subject,
        "tally": row.tally,
        "shares": _shares(row.tally),
        "hops": _hops(views, manner),
        "sent_at": dates.moment(submission.created_at, manner),
        "can_undo": _can_undo(submission, now),
        "ask_again": "" if row.tally.is_settled else SOON if age < FRESH_SECONDS else LATER,
        "letter_url": _letter_url(submission),
    }


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
