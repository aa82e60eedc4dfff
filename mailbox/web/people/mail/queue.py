"""The queue of mail officers: what waits by agency and state, held arrivals, and their deeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account, Agency
from accounts.people.reach import EVERYWHERE, agencies_within_reach
from mailbox.models import Delivery, Submission
from mailbox.operating import deeds, queue
from mailbox.operating.deeds import Hand
from mailbox.outbound.returning.sentences import sentence_for
from mailbox.web.people.mail.gate import for_holders_of
from mailbox.web.requests import PortalRequest

LOOKS = "mailbox.view_submission"
ACTS = "mailbox.change_submission"
SHOWN = 100
LONGEST_REASON = 300

# Why an arrival is held: limits of the reading process, and what else holds one.
HELD: dict[str, Promise] = {
    "timeout": gettext_lazy("Reading it took too long"),
    "died": gettext_lazy("Its reading broke off"),
    "failed": gettext_lazy("It could not be read"),
    "WorkerLost": gettext_lazy("Workers stopped while they filed it"),
    deeds.BY_OFFICER: gettext_lazy("A mail officer holds it"),
}


@dataclass(frozen=True)
class Line:
    """A letter as the page shows it: how many recipients in which state, and why."""

    submission: Submission
    states: Sequence[tuple[str, int]]
    reasons: Sequence[str]
    gateways: Sequence[str]
    is_given_up: bool


@dataclass(frozen=True)
class Row:
    """An agency's line; states in the order of the closed list."""

    standing: queue.Standing
    states: Sequence[tuple[str, int]]


@require_GET
@for_holders_of(LOOKS)
def index(request: PortalRequest) -> HttpResponse:
    """The queue within reach; ?agency= ?state= narrow the letters shown."""
    reach, now = reach_of(request.user), timezone.now()
    agency = _number(request.GET.get("agency", ""))
    state = request.GET.get("state", "")
    state = state if state in Delivery.OWED else ""
    found = queue.letters(reach, agency=agency, state=state, most=SHOWN + 1)
    standings = queue.standings(reach, now=now)
    letters = sum(one.letters for one in standings)
    held = queue.arrivals(reach).filter(held_at__isnull=False)
    waiting = queue.arrivals(reach).filter(held_at__isnull=True)
    may_act = request.user.has_perm(ACTS)
    context = {
        "at": "mail-queue",
        "now": now,
        "rows": [Row(one, _states(one.recipients)) for one in standings],
        "most_counted": 0 if letters < queue.MOST_COUNTED else letters,
        "lines": [_line(one) for one in found[:SHOWN]],
        "has_more": len(found) > SHOWN,
        "held": [(one, HELD.get(one.held_reason, "")) for one in held[:SHOWN]],
        "waiting": waiting[: queue.MOST_COUNTED].count(),
        "agency": agency,
        "state": state,
        "states": [(each.value, each.label) for each in Delivery.OWED],
        "may_act": may_act,
        "may_release": request.user.has_perm("mailbox.change_arrival"),
        "ways": ways_of(request) if may_act else (),
    }
    return render(request, "mailbox/officers/queue.html", context)


@require_POST
@for_holders_of(ACTS)
def act(request: PortalRequest) -> HttpResponse:
    """Try again, redirect or give up the letters chosen; those out of reach do not exist."""
    ids = _ids(request)
    chosen = these(queue.owed_letters(reach_of(request.user)).filter(pk__in=ids).values("pk"))
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    hand = Hand(request.user, timezone.now(), reason)
    deed = request.POST.get("deed", "")
    if deed != "retry" and not reason:
        messages.error(request, _("Say why: it is kept in the record of acts."))
    elif deed == "retry":
        _say(request, deeds.retry(chosen, hand))
    elif deed == "give_up":
        _say(request, deeds.give_up(chosen, hand))
    elif deed == "redirect":
        to = get_object_or_404(ways_of(request), pk=_number(request.POST.get("to", "")))
        _say(request, deeds.redirect(chosen, to, hand))
    if "alone" in request.POST and len(ids) == 1:
        return redirect("mailbox:mail-letter", ids[0])
    return redirect("mailbox:mail-queue")


@require_POST
@for_holders_of("mailbox.change_arrival")
def release(request: PortalRequest) -> HttpResponse:
    """Have the held arrivals chosen read once more."""
    chosen = queue.arrivals(reach_of(request.user)).filter(pk__in=_ids(request))
    _say(request, deeds.release(chosen, Hand(request.user, timezone.now())))
    return redirect("mailbox:mail-queue")


def these(ids: Any) -> QuerySet[Submission]:
    """Letters as a deed wants them: plain rows that can be locked. ids: or a query of them."""
    return Submission.objects.filter(pk__in=ids)


def reach_of(officer: Account) -> queue.Reach:
    """The agencies whose mail this officer looks after; None: all, and mail of none."""
    if officer.has_perm(EVERYWHERE):
        return None
    return frozenset(agencies_within_reach(officer).order_by().values_list("pk", flat=True))


def ways_of(request: PortalRequest) -> QuerySet[Agency]:
    """Agencies within reach whose gateways can take letters."""
    here = agencies_within_reach(request.user)
    return here.filter(pk__in=Agency.objects.filter(gateways__is_enabled=True).values("pk"))


def _line(one: queue.Waiting) -> Line:
    sentences = dict.fromkeys(sentence_for(reason) for reason in one.reasons)
    row = one.submission
    return Line(
        row,
        _states(one.owed),
        [words for words in sentences if words],
        one.gateways,
        row.expires_at <= row.created_at,
    )


def _states(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(each.label), counts[each]) for each in Delivery.OWED if counts.get(each)]


def _ids(request: PortalRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("id")[:SHOWN]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _say(request: PortalRequest, count: int) -> None:
    if count:
        said = ngettext("Done for %(count)d letter.", "Done for %(count)d letters.", count)
        messages.success(request, said % {"count": count})
    else:
        messages.error(request, _("Nothing was chosen to which this can be done."))


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mail/", index, name="mail-queue"),
    path("people/mail/act/", act, name="mail-queue-act"),
    path("people/mail/release/", release, name="mail-queue-release"),
]
