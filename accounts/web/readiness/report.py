"""The evidence report of an agency, on paper: an official document, in Thai and Thai digits."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from accounts.models import AgencyReadiness
from accounts.readiness import deciding, profiles
from accounts.web.readiness import gate
from accounts.web.readiness.agency import Tested, tested_of_all
from accounts.web.readiness.shown.lines import RuleLine
from accounts.web.request import PortalRequest


@dataclass(frozen=True)
class Sheet:
    """One domain of the report."""

    tested: Tested

    @property
    def proven(self) -> list[RuleLine]:
        """Rules whose evidence is printed in full: those that do not simply pass."""
        plain = ("pass", "not_applicable", "not_tested")
        return [line for line in self.tested.lines if line.verdict not in plain]


@require_GET
@login_required
@gate.for_readers
def show(request: PortalRequest, agency: int) -> HttpResponse:
    """The report, to be printed; the browser's own "save as PDF" makes the file."""
    found, now = gate.seen(request, agency), timezone.now()
    domains = list(found.checked_domains.kept())
    profile = profiles.in_force(timezone.localdate(now))
    rules, runs = list(profile.rules.order_by("order")), deciding.newest_runs(found)
    with translation.override("th"):
        context = {
            "agency": found,
            "readiness": AgencyReadiness.objects.filter(agency=found).first(),
            "profile": profile,
            "sheets": [Sheet(each) for each in tested_of_all(domains, rules, now=now)],
            "hash": deciding.hash_of(runs) if runs else "",
            "decision": found.gate_decisions.filter(seconded_at__isnull=False)
            .select_related("decided_by__official", "seconded_by__official")
            .first(),
            "now": now,
        }
        return render(request, "accounts/readiness/paper/report.html", context)


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/readiness/<int:agency>/report/", show, name="readiness-report"),
]
