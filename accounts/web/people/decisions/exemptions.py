"""Exemptions: asked for by one officer, agreed to by another, ended by either."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.admin.dates import EraDateField
from accounts.mandate import exemptions, finding
from accounts.models import Agency, Exemption, MandateRule, Official, OrgUnit
from accounts.people.reach import agencies_within_reach
from accounts.web.people.decisions import asked
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest
from govmail_portal.errors import PortalError

SHOWN = 100
FOUND = 10


class AskForm(forms.Form):
    """Which rule, why, by which letter, from when to when."""

    rule = forms.ModelChoiceField(
        MandateRule.objects.filter(mandate__is_in_force=True),
        label=gettext_lazy("Rule"),
        empty_label=None,
    )
    reason = forms.ChoiceField(choices=Exemption.Reason.choices, label=gettext_lazy("Reason"))
    letter_no = forms.CharField(label=gettext_lazy("Letter number"), max_length=120)
    starts_on = EraDateField(label=gettext_lazy("From"))
    expires_on = EraDateField(
        label=gettext_lazy("Until"), help_text=gettext_lazy("At most 180 days.")
    )


@require_GET
@for_officers
def index(request: PortalRequest) -> HttpResponse:
    """What waits for a second officer, what is in force, and what is over."""
    today = timezone.localdate()
    rows = exemptions.within_reach(agencies_within_reach(request.user)).select_related(
        "rule", "official", "unit__agency", "asked_by__official", "approved_by__official"
    )
    open_ones = rows.filter(withdrawn_at__isnull=True, expires_on__gte=today)
    over = rows.exclude(pk__in=open_ones.values("pk"))
    context = {
        "at": "exemptions",
        "waiting": open_ones.filter(approved_at__isnull=True).order_by("starts_on", "pk")[:SHOWN],
        "agreed": open_ones.filter(approved_at__isnull=False).order_by("expires_on", "pk")[:SHOWN],
        "over": over.order_by("-expires_on", "-pk")[:20],
    }
    return render(request, "accounts/people/decisions/exemptions.html", context)


@require_http_methods(["GET", "POST"])
@for_officers
def ask(request: PortalRequest) -> HttpResponse:
    """Find the official or unit (?q=), then ask (?official= or ?unit=)."""
    reached = agencies_within_reach(request.user)
    official, unit = _chosen(request, reached)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            exemptions.ask(
                official=official,
                unit=unit,
                by=request.user,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except PortalError as error:
            # Beside the form: what was typed must not be lost.
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked for. Another officer must agree."))
            return redirect("accounts:exemptions")
    words = request.GET.get("q", "").strip()
    day = timezone.localdate()
    context = {
        "at": "exemptions",
        "form": form,
        "official": official,
        "unit": unit,
        "words": words,
        "officials": finding.officials_named(words, reached, day=day)[:FOUND] if words else (),
        "units": finding.units_named(words, reached)[:FOUND] if words else (),
    }
    return render(request, "accounts/people/decisions/ask.html", context)


@require_POST
@for_officers
def agree(request: PortalRequest, exemption: int) -> HttpResponse:
    """Agree as the second officer."""
    exemptions.agree(_within_reach(request, exemption), by=request.user, now=timezone.now())
    messages.success(request, _("The exemption holds."))
    return redirect("accounts:exemptions")


@require_POST
@for_officers
def withdraw(request: PortalRequest, exemption: int) -> HttpResponse:
    """Refuse it, or end it."""
    exemptions.withdraw(_within_reach(request, exemption), by=request.user, now=timezone.now())
    messages.success(request, _("The exemption is withdrawn."))
    return redirect("accounts:exemptions")


def _within_reach(request: PortalRequest, exemption: int) -> Exemption:
    reached = agencies_within_reach(request.user)
    return get_object_or_404(exemptions.within_reach(reached), pk=exemption)


def _chosen(
    request: PortalRequest, reached: QuerySet[Agency]
) -> tuple[Official | None, OrgUnit | None]:
    """Whom the address names; a 404 for whoever is out of reach."""
    official, unit = request.GET.get("official", ""), request.GET.get("unit", "")
    if official:
        people = finding.officials_named("", reached, day=timezone.localdate())
        return get_object_or_404(people, pk=asked.uuid(official)), None
    if unit:
        return None, get_object_or_404(
            OrgUnit.objects.filter(agency__in=reached), pk=asked.number(unit)
        )
    return None, None


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/exemptions/", index, name="exemptions"),
    path("people/exemptions/ask/", ask, name="ask-exemption"),
    path("people/exemptions/<int:exemption>/agree/", agree, name="agree-exemption"),
    path("people/exemptions/<int:exemption>/withdraw/", withdraw, name="withdraw-exemption"),
]
