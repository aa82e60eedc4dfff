"""Attestations: heads of units say, and officers write down, that free mail is not used."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.mandate import attestations, finding
from accounts.models import Agency, Attestation, OrgUnit
from accounts.people.reach import agencies_within_reach, is_officer
from accounts.web.people.decisions import asked
from accounts.web.request import PortalRequest

SHOWN = 100
FOUND = 10


@require_GET
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """For heads: their units; for officers: every word within reach, and units to find (?q=)."""
    now, words = timezone.now(), request.GET.get("q", "").strip()
    officer = is_officer(request.user)
    headed = attestations.headed_by(request.user, now=now).select_related("agency")
    if not officer and not headed.exists():
        raise Http404
    known = attestations.readable_by(request.user, now=now).filter(withdrawn_at__isnull=True)
    standing = {each.unit_id for each in known.filter(unit__in=headed)}
    reached = agencies_within_reach(request.user) if officer else Agency.objects.none()
    context = {
        "at": "attestations",
        "is_officer": officer,
        "headed": [(each, each.pk in standing) for each in headed],
        "known": _newest(known),
        "words": words,
        "units": finding.units_named(words, reached)[:FOUND] if words else (),
        "agencies": _named(words, reached)[:FOUND] if words else (),
    }
    return render(request, "accounts/people/decisions/attestations.html", context)


@require_POST
@login_required
def attest(request: PortalRequest) -> HttpResponse:
    """Say it for a unit (unit=) or for a whole agency (agency=)."""
    now, unit = timezone.now(), None
    reachable = _reachable_units(request)
    if request.POST.get("unit"):
        unit = get_object_or_404(reachable, pk=asked.number(request.POST["unit"]))
        agency = unit.agency
    else:
        reached = agencies_within_reach(request.user)
        if not is_officer(request.user):
            raise Http404
        agency = get_object_or_404(reached, pk=asked.number(request.POST.get("agency", "")))
    letter = request.POST.get("letter_no", "")[:120]
    attestations.attest(agency, unit=unit, letter_no=letter, by=request.user, now=now)
    messages.success(request, _("It is written down. The duties that waited for it are met."))
    return redirect("accounts:attestations")


@require_POST
@login_required
def withdraw(request: PortalRequest, attestation: int) -> HttpResponse:
    """Take the word back: the duties that rested on it are open again."""
    now = timezone.now()
    mine = attestations.readable_by(request.user, now=now)
    found: Attestation = get_object_or_404(mine, pk=attestation)
    attestations.withdraw(found, by=request.user, now=now)
    messages.success(request, _("The word is taken back."))
    return redirect("accounts:attestations")


def _reachable_units(request: PortalRequest) -> QuerySet[OrgUnit]:
    headed = attestations.headed_by(request.user, now=timezone.now())
    if not is_officer(request.user):
        return headed
    reached = agencies_within_reach(request.user)
    mine = OrgUnit.objects.filter(agency__in=reached)
    return OrgUnit.objects.filter(pk__in=headed.values("pk")) | mine


def _named(words: str, reached: QuerySet[Agency]) -> QuerySet[Agency]:
    return reached.filter(name_th__icontains=words.replace("\0", " ")) | reached.filter(
        name_en__icontains=words.replace("\0", " ")
    )


def _newest(known: QuerySet[Attestation]) -> QuerySet[Attestation]:
    shown = known.select_related("agency", "unit", "by__official", "by__position")
    return shown.order_by("-attested_at", "-pk")[:SHOWN]


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/attestations/", index, name="attestations"),
    path("people/attestations/attest/", attest, name="attest"),
    path("people/attestations/<int:attestation>/withdraw/", withdraw, name="withdraw-attestation"),
]
