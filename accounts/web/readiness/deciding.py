"""The evaluators' desk: what waits for them, and one agency with the evidence a decision cites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Agency, GateDecision, Outcome, RuleResult, ScanRun, Waiver
from accounts.readiness import central, deciding, officers, waivers, wording
from accounts.readiness import gate as the_gate
from accounts.web.gates import told_in_place
from accounts.web.readiness import gate
from accounts.web.readiness.shown.card import reason_of
from accounts.web.request import PortalRequest
from govmail_portal.errors import PortalError

SHOWN = 100
_PAST = 20
_WAIT_FOR_A_DECISION = (Agency.State.READY_FOR_DECISION, Agency.State.SUSPENDED)


class ProposalForm(forms.Form):
    """What is proposed, and why."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Decision"), widget=forms.RadioSelect, choices=GateDecision.Kind.choices
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("The other evaluator and the agency read it."),
        max_length=1_000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )


@dataclass(frozen=True)
class Change:
    """A rule whose outcome differs between the last two runs of a domain."""

    domain: str
    code: str
    name: str
    before: str
    after: str
    is_worse: bool


@require_GET
@login_required
@gate.for_evaluators
def desk(request: PortalRequest) -> HttpResponse:
    """Agencies to decide on, decisions for the second person, waivers that were asked for."""
    now = timezone.now()
    everywhere = Agency.objects.order_by()
    waiting = deciding.waiting(everywhere).select_related("agency", "decided_by__official")
    proposed = {each.agency_id for each in waiting[:SHOWN]}
    ready = Agency.objects.filter(state__in=_WAIT_FOR_A_DECISION).exclude(pk__in=proposed)
    asked = waivers.waiting(everywhere, now).select_related(
        "domain__agency", "asked_by__official", "approved_by__official"
    )
    context = {
        "at": "readiness-desk",
        "ready": ready.select_related("readiness").order_by("name_th", "pk")[:SHOWN],
        "waiting": waiting[:SHOWN],
        "central": central.waiting()[:SHOWN].count(),
        "waivers": [(each, wording.name_of(each.code)) for each in asked[:SHOWN]],
        "watched": Agency.objects.filter(state=Agency.State.AT_RISK)
        .select_related("readiness")
        .order_by("readiness__grace_until")[:SHOWN],
    }
    return render(request, "accounts/readiness/deciding/desk.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_evaluators
def one(request: PortalRequest, agency: int) -> HttpResponse:
    """One agency to decide on; a POST proposes."""
    found, now = get_object_or_404(Agency, pk=agency), timezone.now()
    form = ProposalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            deciding.propose(found, said["kind"], reason=said["reason"], by=request.user, now=now)
        except PortalError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Proposed. Another evaluator must agree."))
            return redirect("accounts:readiness-decide", found.pk)
    ledger = the_gate.ledger_of(found, now)
    runs = deciding.newest_runs(found)
    possible = deciding.possible(found)
    decisions = found.gate_decisions.select_related(
        "decided_by__official", "seconded_by__official", "ended_by__official"
    )
    context = {
        "at": "readiness-desk",
        "agency": found,
        "form": form,
        "kinds": [kind for kind in GateDecision.Kind if kind.value in possible],
        "waiting": decisions.filter(seconded_at__isnull=True, ended_at__isnull=True).first(),
        "past": decisions.exclude(seconded_at__isnull=True, ended_at__isnull=True)[:_PAST],
        "runs": ScanRun.objects.filter(pk__in=[run.pk for run in runs])
        .defer("evidence", "subject")
        .select_related("domain"),
        "hash": deciding.hash_of(runs),
        "counts": _counts(runs),
        "blocks": [(each, reason_of(each)) for each in ledger.blocks()],
        "waivers": ledger.waivers_used(),
        "changes": changes_of(runs),
        "is_near": officers.is_near(request.user, found, now=now),
    }
    return render(request, "accounts/readiness/deciding/one.html", context)


@require_POST
@login_required
@gate.for_evaluators
@told_in_place
def second(request: PortalRequest, decision: int) -> HttpResponse:
    """Agree as the second evaluator."""
    found = _decision(decision)
    deciding.second(found, by=request.user, now=timezone.now())
    messages.success(request, _("Decided. The agency has been told."))
    return redirect("accounts:readiness-decide", found.agency_id)


@require_POST
@login_required
@gate.for_evaluators
@told_in_place
def refuse(request: PortalRequest, decision: int) -> HttpResponse:
    """Refuse as the second evaluator."""
    found, why = _decision(decision), request.POST.get("why", "")
    deciding.refuse(found, why=why, by=request.user, now=timezone.now())
    messages.success(request, _("Refused."))
    return redirect("accounts:readiness-decide", found.agency_id)


@require_POST
@login_required
@gate.for_evaluators
@told_in_place
def take_back(request: PortalRequest, decision: int) -> HttpResponse:
    """Take back one's own proposal."""
    found = _decision(decision)
    deciding.take_back(found, by=request.user, now=timezone.now())
    messages.success(request, _("Taken back."))
    return redirect("accounts:readiness-decide", found.agency_id)


@require_POST
@login_required
@gate.for_evaluators
@told_in_place
def give_waiver(request: PortalRequest, waiver: int) -> HttpResponse:
    """Agree to a waiver: as the first evaluator, or as the second."""
    related = Waiver.objects.select_related("domain__agency")
    found, now = get_object_or_404(related, pk=waiver), timezone.now()
    if found.approved_at is None:
        waivers.approve(found, by=request.user, now=now)
        messages.success(request, _("Agreed. Another evaluator must agree as well."))
    else:
        waivers.second(found, by=request.user, now=now)
        messages.success(request, _("The waiver is in force."))
    return redirect("accounts:readiness-desk")


def changes_of(runs: Sequence[ScanRun]) -> list[Change]:
    """What differs from the run before, over all domains; one statement for all results."""
    before = _runs_before(runs)
    ids = [*(run.pk for run in runs), *before.values()]
    results = RuleResult.objects.filter(run__in=ids).select_related("rule", "run__domain")
    found = {(each.run_id, each.rule.code): each for each in results.order_by("rule__order")}
    made = []
    for run in runs:
        for (of_run, code), after in found.items():
            earlier = found.get((before.get(run.pk, 0), code))
            if of_run == run.pk and earlier is not None and earlier.outcome != after.outcome:
                made.append(_change(after, earlier))
    return made


def _change(after: RuleResult, before: RuleResult) -> Change:
    order = list(Outcome.values)
    good = (Outcome.PASS, Outcome.NOT_APPLICABLE)
    return Change(
        domain=after.run.domain.name,
        code=after.rule.code,
        name=wording.name_of(after.rule.code),
        before=before.get_outcome_display(),
        after=after.get_outcome_display(),
        is_worse=before.outcome in good
        or order.index(after.outcome) > order.index(before.outcome) > order.index("pass"),
    )


def _runs_before(runs: Sequence[ScanRun]) -> dict[int, int]:
    """For each run the one of its domain that ended before it."""
    domains = [run.domain_id for run in runs]
    newest = {run.domain_id: run.pk for run in runs}
    older = ScanRun.objects.done().filter(domain__in=domains).exclude(pk__in=newest.values())
    last = older.order_by("domain_id", "-finished_at", "-pk").distinct("domain_id")
    return {newest[domain]: pk for domain, pk in last.values_list("domain_id", "pk")}


def _counts(runs: Sequence[ScanRun]) -> list[tuple[str, int]]:
    """How many results of the cited runs ended how, by the word for it."""
    results = RuleResult.objects.filter(run__in=[run.pk for run in runs])
    found = list(results.values_list("outcome", flat=True))
    counted = [(str(each.label), found.count(each.value)) for each in Outcome]
    return [each for each in counted if each[1]]


def _decision(decision: int) -> GateDecision:
    return get_object_or_404(GateDecision.objects.select_related("agency"), pk=decision)


_DECISION = "people/readiness/decision/<int:decision>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("people/readiness/decide/", desk, name="readiness-desk"),
    path("people/readiness/decide/<int:agency>/", one, name="readiness-decide"),
    path(f"{_DECISION}second/", second, name="readiness-second"),
    path(f"{_DECISION}refuse/", refuse, name="readiness-refuse"),
    path(f"{_DECISION}take-back/", take_back, name="readiness-take-back"),
    path("people/readiness/waiver/<int:waiver>/agree/", give_waiver, name="readiness-waiver-agree"),
]
