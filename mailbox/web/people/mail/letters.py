"""One letter of the queue: the state of each recipient, by number, its tries, and the deeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.views.decorators.http import require_GET

from mailbox.models import Attempt, Delivery
from mailbox.operating import deeds, letters
from mailbox.outbound.returning.sentences import sentence_for
from mailbox.web.people.mail import queue
from mailbox.web.people.mail.gate import for_holders_of
from mailbox.web.requests import PortalRequest

SHOWN = 100
TRIES = 20
State = Delivery.State
_LOOKS = {
    State.RELAYED: "success",
    State.FILED: "success",
    State.CANCELLED: "quiet",
} | dict.fromkeys(Delivery.NOT_REACHED, "danger")


@dataclass(frozen=True)
class Line:
    """A recipient as the page shows them. look: of the state's chip; tries: each with its why."""

    recipient: letters.Recipient
    look: str
    why: str
    tries: Sequence[tuple[Attempt, str]]


@require_GET
@for_holders_of(queue.LOOKS)
def show(request: PortalRequest, submission: UUID) -> HttpResponse:
    """A letter within reach, and what can be done to it."""
    now = timezone.now()
    found = letters.letter(queue.reach_of(request.user), submission)
    if found is None:
        raise Http404
    lines = [_line(one) for one in letters.recipients(found, most=SHOWN + 1, tries=TRIES)]
    is_open = deeds.in_reach_of_deeds(queue.these([found.pk]), now).exists()
    may_act = is_open and request.user.has_perm(queue.ACTS)
    context = {
        "at": "mail-queue",
        "now": now,
        "one": found,
        "is_given_up": found.expires_at <= found.created_at,
        "lines": lines[:SHOWN],
        "has_more": len(lines) > SHOWN,
        "may_act": may_act,
        "ways": queue.ways_of(request).exclude(pk=found.agency_id or 0) if may_act else (),
    }
    return render(request, "mailbox/officers/letter.html", context)


def _line(one: letters.Recipient) -> Line:
    delivery = one.delivery
    tries = [(each, _why(each.reason)) for each in one.tries]
    look = _LOOKS.get(State(delivery.state), "gold")
    return Line(one, look, _why(delivery.reason), tries)


def _why(reason: str) -> str:
    return sentence_for(reason) if reason else ""


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mail/<uuid:submission>/", show, name="mail-letter"),
]
