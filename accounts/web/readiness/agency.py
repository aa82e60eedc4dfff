"""An agency's own page at the gate: where it stands, by its three pillars, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import (
    Agency,
    AgencyReadiness,
    CheckedDomain,
    GateDecision,
    GateEvent,
    ProvisioningJob,
    Rule,
    ScanRun,
)
from accounts.provisioning.overview import MOST_COUNTED
from accounts.readiness import deciding, officers, profiles
from accounts.readiness import gate as the_gate
from accounts.readiness.evidence import unpack
from accounts.readiness.gate.blocking import Ledger
from accounts.web.readiness import gate
from accounts.web.readiness.shown.card import Known, card_of
from accounts.web.readiness.shown.extracts import extracts_of
from accounts.web.readiness.shown.letters import tests_of
from accounts.web.readiness.shown.lines import Kept, Pillar, RuleLine, line_of, pillars_of
from accounts.web.request import PortalRequest, manner_of

_HISTORY = 50
# A step that is open after so many rules is open in the page; all the others are folded.
_OPEN_AT_ONCE = 3
TEMPLATES = "accounts/readiness/agency"


@dataclass(frozen=True)
class Tested:
    """One domain and what its page shows of it."""

    domain: CheckedDomain
    run: ScanRun | None
    open_run: ScanRun | None
    lines: Sequence[RuleLine]
    pillars: Sequence[Pillar]

    @property
    def to_mend(self) -> int:
        return sum(line.to_mend for line in self.lines)


@require_GET
@login_required
@gate.for_readers
def show(request: PortalRequest, agency: int) -> HttpResponse:
    """The page of an agency; ?domain= chooses one of several, ?show=mend what is to be mended."""
    found, now = gate.seen(request, agency), timezone.now()
    ledger = the_gate.ledger_of(found, now)
    chosen = _chosen(request, ledger.domains)
    tested = tested_of(chosen, ledger.rules, now=now) if chosen else None
    may_manage = gate.agencies_managed(request.user).filter(pk=found.pk).exists()
    only_mend = request.GET.get("show") == "mend"
    context = {
        "at": "readiness",
        "agency": found,
        "domains": ledger.domains,
        "tested": tested,
        "only_mend": only_mend,
        "card": card_of(known_of(found, ledger), manner_of(request)),
        "may_manage": may_manage,
        "may_open": may_manage and request.user.agency_id in officers.line_above(found),
        "letters": tests_of(chosen) if chosen and chosen.has_mail else (),
        "now": now,
    }
    return render(request, f"{TEMPLATES}/show.html", context | _first_open(tested))


@require_GET
@login_required
@gate.for_readers
def progress(request: PortalRequest, checked: int) -> HttpResponse:
    """How far the run of a domain has come; asks the page to be shown anew when it is over."""
    domain = gate.domain_seen(request, checked)
    open_run = domain.runs.open().first()
    context = {"domain": domain, "run": open_run}
    answer = render(request, f"{TEMPLATES}/_progress.html", context)
    if open_run is None:
        # Not HX-Location: Trusted Types let no script put a whole page into this one.
        answer["HX-Refresh"] = "true"
    return answer


@require_GET
@login_required
@gate.for_readers
def rule(request: PortalRequest, checked: int, code: str) -> HttpResponse:
    """One rule of a domain with the whole evidence its verdict rests on."""
    domain, now = gate.domain_seen(request, checked), timezone.now()
    found = profiles.in_force(timezone.localdate(now)).rules.filter(code=code).first()
    if found is None:
        raise Http404
    line = line_of(found, domain, Kept.of_all([domain])[domain.pk], now=now)
    context = {
        "at": "readiness",
        "agency": domain.agency,
        "domain": domain,
        "line": line,
        "extracts": _evidence_of(line),
    }
    return render(request, f"{TEMPLATES}/rule.html", context)


@require_GET
@login_required
@gate.for_readers
def history(request: PortalRequest, agency: int) -> HttpResponse:
    """What has happened: changes at the gate, decisions, runs."""
    found = gate.seen(request, agency)
    events = GateEvent.objects.filter(agency=found).select_related("by__official", "decision")
    decisions = found.gate_decisions.select_related(
        "decided_by__official", "seconded_by__official", "ended_by__official"
    )
    runs = (
        ScanRun.objects.filter(domain__agency=found)
        .defer("evidence", "subject")
        .select_related("domain", "asked_by__official")
    )
    context = {
        "at": "readiness",
        "agency": found,
        "events": events[:_HISTORY],
        "decisions": decisions[:_HISTORY],
        "runs": runs[:_HISTORY],
    }
    return render(request, f"{TEMPLATES}/history.html", context)


def tested_of(domain: CheckedDomain, rules: Sequence[Rule], *, now: datetime) -> Tested:
    """A domain as its page shows it, with the evidence in short."""
    return tested_of_all([domain], rules, now=now)[0]


def tested_of_all(
    domains: Sequence[CheckedDomain], rules: Sequence[Rule], *, now: datetime
) -> list[Tested]:
    """Such domains in their order; as many statements for a hundred as for one."""
    kept = Kept.of_all(domains)
    under_way = ScanRun.objects.open().filter(domain__in=domains)
    open_runs = {run.domain_id: run for run in under_way}
    same = CheckedDomain.objects.order_by().filter(pk__in=[each.pk for each in domains])
    runs = {run.domain_id: run for run in deciding.newest_runs_of(same)}
    made = []
    for domain in domains:
        run = runs.get(domain.pk)
        lines = [line_of(each, domain, kept[domain.pk], now=now) for each in rules]
        lines = _with_extracts(lines, run)
        made.append(
            Tested(
                domain=domain,
                run=run,
                open_run=open_runs.get(domain.pk),
                lines=lines,
                pillars=pillars_of(lines),
            )
        )
    return made


def known_of(agency: Agency, ledger: Ledger) -> Known:
    """What the card at the head is made of."""
    decisions = GateDecision.objects.filter(agency=agency, ended_at__isnull=True)
    jobs = ProvisioningJob.objects.filter(agency=agency, state=ProvisioningJob.State.WAITING_GATE)
    return Known(
        agency=agency,
        readiness=AgencyReadiness.objects.filter(agency=agency).first(),
        ledger=ledger,
        waiting=jobs.order_by()[:MOST_COUNTED].count(),
        decision=decisions.order_by("-decided_at").first(),
    )


def _chosen(request: PortalRequest, domains: Sequence[CheckedDomain]) -> CheckedDomain | None:
    wanted = request.GET.get("domain", "")
    found = next((each for each in domains if str(each.pk) == wanted), None)
    if wanted and found is None:
        raise Http404
    mail = next((each for each in domains if each.has_mail and each.verified_at), None)
    return found or mail or (domains[0] if domains else None)


def _with_extracts(lines: Sequence[RuleLine], run: ScanRun | None) -> list[RuleLine]:
    """The lines with what they rest on, where the newest run is the one that says so."""
    if run is None or not run.evidence:
        return list(lines)
    seen = unpack(bytes(run.evidence))
    made = []
    for line in lines:
        result = line.standing.result if line.standing else None
        is_of_run = result is not None and result.run_id == run.pk
        names = result.rests_on if result and is_of_run else ()
        made.append(replace(line, extracts=extracts_of(names, seen)))
    return made


def _evidence_of(line: RuleLine) -> list[str]:
    """The whole evidence of a rule's result, of whatever run it was."""
    result = line.standing.result if line.standing else None
    if result is None:
        return []
    run = ScanRun.objects.only("evidence").get(pk=result.run_id)
    return extracts_of(result.rests_on, unpack(bytes(run.evidence))) if run.evidence else []


def _first_open(tested: Tested | None) -> dict[str, Any]:
    """The codes whose lines are unfolded: the first that must be mended."""
    if tested is None:
        return {"unfolded": ()}
    worst = [line.code for line in tested.lines if line.to_mend and line.is_must]
    return {"unfolded": worst[:_OPEN_AT_ONCE]}


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/readiness/<int:agency>/", show, name="readiness-of"),
    path("people/readiness/<int:agency>/history/", history, name="readiness-history"),
    path("people/readiness/domain/<int:checked>/progress/", progress, name="readiness-progress"),
    path("people/readiness/domain/<int:checked>/rule/<str:code>/", rule, name="readiness-rule"),
]
