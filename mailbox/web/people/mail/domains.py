"""The domains within an officer's reach: the keys their mail is signed with, and their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import AgencyDomain
from accounts.people.reach import EVERYWHERE, agencies_within_reach
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys
from mailbox.web.people.mail.gate import for_holders_of
from mailbox.web.requests import PortalRequest

LOOKS = "mailbox.view_signingkey"
ADDS = "mailbox.add_signingkey"
CHANGES = "mailbox.change_signingkey"
SHOWN = 50
# So many need no field to look for one.
FEW = 5
LONGEST_ASKED = 100

State, Seen = SigningKey.State, SigningKey.Seen
_STATES = {State.NEW: "gold", State.ACTIVE: "success", State.RETIRING: "quiet"}
_SEEN = {Seen.GOOD: "success", Seen.MISSING: "danger", Seen.DIFFERENT: "danger"}


@dataclass(frozen=True)
class Line:
    """A key as the page shows it; look, found: how its state and its record are coloured."""

    key: SigningKey
    look: str
    found: str
    name: str
    record: str
    zone_line: str


@dataclass(frozen=True)
class Card:
    """A domain with its keys that are not over, and the kinds it may have made."""

    domain: AgencyDomain
    lines: Sequence[Line]
    kinds: Sequence[tuple[str, Promise]]
    is_signed: bool


@require_GET
@for_holders_of(LOOKS)
def index(request: PortalRequest) -> HttpResponse:
    """The domains within reach, with their keys and what to paste into DNS; ?q= narrows them.

    Those with keys stand first; so many are shown at a time.
    """
    asked = request.GET.get("q", "").strip()[:LONGEST_ASKED]
    mine = _domains(request)
    rows = _in_order(_called(mine, asked) if asked else mine)[: SHOWN + 1]
    domains = list(rows)
    found: dict[int, list[SigningKey]] = {}
    for key in _shown_of(domains[:SHOWN]):
        found.setdefault(key.domain_id, []).append(key)
    context = {
        "at": "domains",
        "cards": [_card(each, found.get(each.pk, [])) for each in domains[:SHOWN]],
        "has_more": len(domains) > SHOWN,
        "asked": asked,
        "may_ask": bool(asked) or len(domains) > FEW,
        "may_add": request.user.has_perm(ADDS),
        "may_change": request.user.has_perm(CHANGES),
    }
    return render(request, "mailbox/domains/index.html", context)


@require_POST
@for_holders_of(ADDS)
def make(request: PortalRequest, domain: int) -> HttpResponse:
    """Make the next key of a kind; the one in use signs until the record of it is seen."""
    chosen = get_object_or_404(_domains(request), pk=_number(domain))
    kind = request.POST.get("algorithm", "")
    if kind not in SigningKey.Algorithm.values:
        messages.error(request, _("Choose a kind of key."))
    else:
        keys.make(chosen, kind, by=request.user, now=timezone.now())
        messages.success(request, _("The key is made. It signs as soon as its record is in DNS."))
    return redirect("mailbox:domains")


@require_POST
@for_holders_of(CHANGES)
def look(request: PortalRequest, signing_key: int) -> HttpResponse:
    """Look into DNS for a key's record, and say what is there."""
    rows = SigningKey.objects.filter(domain__in=_domains(request)).select_related("domain__agency")
    key = get_object_or_404(rows, pk=_number(signing_key))
    was_new = key.state == State.NEW
    seen = keys.look(key, by=request.user, now=timezone.now())
    if seen != Seen.GOOD:
        messages.error(request, seen.label)
    elif was_new:
        messages.success(request, _("The record is there and right. From now on this key signs."))
    else:
        messages.success(request, seen.label)
    return redirect("mailbox:domains")


def _domains(request: PortalRequest) -> QuerySet[AgencyDomain]:
    rows = AgencyDomain.objects.select_related("agency")
    if request.user.has_perm(EVERYWHERE):
        return rows
    return rows.filter(agency__in=agencies_within_reach(request.user))


def _called(domains: QuerySet[AgencyDomain], asked: str) -> QuerySet[AgencyDomain]:
    """Those whose name, or whose agency's, has these words in it."""
    named = Q(agency__name_th__icontains=asked) | Q(agency__name_en__icontains=asked)
    return domains.filter(named | Q(domain__icontains=asked))


def _in_order(domains: QuerySet[AgencyDomain]) -> QuerySet[AgencyDomain]:
    in_use = SigningKey.objects.filter(domain=OuterRef("pk")).exclude(state=State.RETIRED)
    return domains.annotate(is_bare=~Exists(in_use)).order_by(
        "is_bare", "agency__name_th", "domain"
    )


def _shown_of(domains: Sequence[AgencyDomain]) -> QuerySet[SigningKey]:
    """Their keys that are not over, the newest first."""
    rows = SigningKey.objects.filter(domain__in=domains).exclude(state=State.RETIRED)
    return rows.select_related("domain").order_by("algorithm", "-created_at")


def _card(domain: AgencyDomain, found: Sequence[SigningKey]) -> Card:
    waiting = {key.algorithm for key in found if key.state == State.NEW}
    kinds = [(kind.value, kind.label) for kind in SigningKey.Algorithm if kind not in waiting]
    is_signed = any(key.state == State.ACTIVE for key in found)
    return Card(domain, [_line(key) for key in found], kinds, is_signed)


def _line(key: SigningKey) -> Line:
    return Line(
        key,
        _STATES[State(key.state)],
        _SEEN.get(Seen(key.seen), "quiet"),
        dns.name_of(key),
        dns.record_of(key),
        dns.zone_line_of(key),
    )


def _number(number: int) -> int:
    # Longer ones are no row's; PostgreSQL would refuse them.
    if number >= 2**63:
        raise Http404
    return number


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/mail/domains/", index, name="domains"),
    path("people/mail/domains/<int:domain>/key/", make, name="signing-key-new"),
    path("people/mail/domains/key/<int:signing_key>/look/", look, name="signing-key-look"),
]
