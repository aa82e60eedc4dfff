"""The gateways within an officer's reach: how each stands, a trial step by step, and their rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mailbox.models import Gateway
from mailbox.operating import waking
from mailbox.operating.deeds import Hand
from mailbox.outbound.gateways import standing, trial
from mailbox.outbound.gateways.standing import Mood, Standing
from mailbox.outbound.returning.sentences import sentence_for
from mailbox.smtp.steps import StepName
from mailbox.web.people.mail.gate import for_holders_of
from mailbox.web.requests import PortalRequest, manner_of

# What a page says of each mood, and the look of its chip.
MOODS: dict[Mood, tuple[Promise, str]] = {
    Mood.OFF: (_("Not in use"), "quiet"),
    Mood.CLOSED_HOURS: (_("Not in use at this hour"), "quiet"),
    Mood.RESTING: (_("Not working; given a rest"), "danger"),
    Mood.PROBED: (_("Being tried with one letter"), "gold"),
    Mood.WELL: (_("Working"), "success"),
    Mood.UNTRIED: (_("Nothing sent yet"), "info"),
}
STEPS: dict[StepName, Promise] = {
    StepName.CONNECT: _("Connect"),
    StepName.TLS: _("Secure the connection, check the certificate"),
    StepName.GREETING: _("Greeting"),
    StepName.EHLO: _("Ask what it can do"),
    StepName.STARTTLS: _("Ask for a secure connection"),
    StepName.EHLO_AGAIN: _("Ask again, over the secure connection"),
    StepName.AUTH: _("Sign in"),
    StepName.MAIL: _("Name a sender"),
    StepName.RCPT: _("Name a recipient"),
    StepName.RSET: _("Take both back; no letter is sent"),
    StepName.QUIT: _("Say goodbye"),
}


@dataclass(frozen=True)
class Line:
    """A gateway as its row on the page; until: a moment, where it is known."""

    standing: Standing
    state: Promise
    look: str
    why: str


@require_GET
@for_holders_of("mailbox.view_gateway")
def index(request: PortalRequest) -> HttpResponse:
    """Every gateway within reach, those that need somebody first."""
    now = timezone.now()
    rows = standing.within_reach(request.user).order_by("agency__name_th", "order", "pk")
    lines = [_line(standing.standing_of(row, now)) for row in rows]
    lines.sort(key=lambda line: not line.standing.can_be_reset)
    may_change = request.user.has_perm("mailbox.change_gateway")
    context = {"at": "gateways", "lines": lines, "may_change": may_change}
    return render(request, "mailbox/gateways/index.html", context)


@require_POST
@for_holders_of("mailbox.change_gateway")
def test(request: PortalRequest, gateway: int) -> HttpResponse:
    """Have a worker try a gateway, and go where its steps will be shown."""
    row = _within_reach(request, gateway)
    ticket = trial.ask(row, by=request.user, now=timezone.now())
    return redirect("mailbox:gateway-trial", row.pk, ticket)


@require_GET
@never_cache
@for_holders_of("mailbox.change_gateway")
def transcript(request: PortalRequest, gateway: int, ticket: UUID) -> HttpResponse:
    """The steps of a trial; asked for again until a worker has been there."""
    row, found = _within_reach(request, gateway), trial.found(str(ticket))
    if found is None or found.gateway_id != row.pk:
        raise Http404
    manner = manner_of(request)
    is_waiting = found.steps is None and not _is_late(found, timezone.now())
    context = {
        "at": "gateways",
        "gateway": row,
        "ticket": ticket,
        "steps": [
            (STEPS[step.name], step, manner.digits(f"{step.seconds:.2f}"))
            for step in found.steps or ()
        ],
        "sentence": _sentence(found),
        "is_waiting": is_waiting,
        "look": _look(found, is_waiting=is_waiting),
    }
    template = "mailbox/gateways/_steps.html" if request.htmx else "mailbox/gateways/trial.html"
    return render(request, template, context)


@require_POST
@for_holders_of("mailbox.change_gateway")
def use_again(request: PortalRequest, gateway: int) -> HttpResponse:
    """End a gateway's rest; what waits for it goes on."""
    row = _within_reach(request, gateway)
    count = waking.use_again(row, Hand(request.user, timezone.now()))
    said = str(_("The gateway is used again from now on."))
    if count:
        woken = ngettext(
            "%(count)s letter that waited for it is tried now.",
            "%(count)s letters that waited for it are tried now.",
            count,
        )
        said += " " + woken % {"count": manner_of(request).digits(f"{count:,}")}
    messages.success(request, said)
    return redirect("mailbox:gateways")


def _within_reach(request: PortalRequest, gateway: int) -> Gateway:
    # Longer numbers are no row's; PostgreSQL would refuse them.
    if gateway >= 2**63:
        raise Http404
    return get_object_or_404(standing.within_reach(request.user), pk=gateway)


def _line(found: Standing) -> Line:
    state, look = MOODS[found.mood]
    return Line(found, state, look, sentence_for(found.reason) if found.reason else "")


def _is_late(found: trial.Trial, now: datetime) -> bool:
    return now - found.asked_at > trial.TOO_LONG


def _sentence(found: trial.Trial) -> Promise | str:
    if found.is_locked:
        return _("Its password cannot be opened: enter it anew. Nothing was tried.")
    if found.steps is None:
        if _is_late(found, timezone.now()):
            return _("No worker has taken this up. Ask an operator whether the workers run.")
        return _("A worker is trying the gateway.")
    if found.is_good:
        return _("The gateway does everything that a letter needs.")
    if found.is_usable:
        return _("The gateway can be used. It only refused the recipient of this test.")
    return _("It ended at: %(step)s") % {"step": STEPS[found.failed.name]} if found.failed else ""


def _look(found: trial.Trial, *, is_waiting: bool) -> tuple[str, str]:
    """The manner of the notice, and its icon."""
    if is_waiting:
        return "info", "hourglass"
    if found.is_good:
        return "success", "circle-check"
    return ("warning", "triangle-alert") if found.is_usable else ("danger", "circle-x")


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mail/gateways/", index, name="gateways"),
    path("people/mail/gateways/<int:gateway>/test/", test, name="gateway-test"),
    path(
        "people/mail/gateways/<int:gateway>/test/<uuid:ticket>/", transcript, name="gateway-trial"
    ),
    path("people/mail/gateways/<int:gateway>/use/", use_again, name="gateway-use"),
]
