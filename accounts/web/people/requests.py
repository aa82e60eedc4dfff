"""The queue of accounts being opened, as officers see it: what waits, what is stuck, and where."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account, AgencyReadiness, ProvisioningJob, ProvisioningStep
from accounts.people import joining
from accounts.people.reach import agencies_within_reach
from accounts.provisioning import activation, overview, queue
from accounts.readiness import officers, wording
from accounts.signing_in import directory_login
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest

SHOWN = 100
SELDOM = 500
State = ProvisioningJob.State
_FILTERS = ("", State.WAITING, State.WAITING_GATE, State.FAILED, State.DONE, State.CANCELLED)


@dataclass(frozen=True)
class StepLine:
    """A step as the page shows it."""

    row: ProvisioningStep
    name: str | Promise
    is_next: bool
    error: str


@dataclass(frozen=True)
class JobLine:
    """A job as the list shows it: the step it is at, by name, and whether its day has passed."""

    job: ProvisioningJob
    step: ProvisioningStep | None
    step_name: str | Promise
    done: int
    steps: int
    is_overdue: bool
    error: str
    words: str


@require_GET
@for_officers
def index(request: PortalRequest) -> HttpResponse:
    """The queue: ?state= ?step= ?q= ?batch= narrow it; htmx asks for the moving part alone."""
    chosen, now = _chosen(request), timezone.now()
    jobs = overview.jobs(chosen, now=now, most=SHOWN + 1)
    context = {
        "at": "requests",
        "chosen": chosen,
        "filters": [
            (value, State(value).label if value else _("In the queue")) for value in _FILTERS
        ],
        "progress": overview.progress(chosen, now=now),
        "stuck": overview.stuck(chosen),
        "lines": [_line(job) for job in jobs[:SHOWN]],
        "has_more": len(jobs) > SHOWN,
    }
    page = "_queue.html" if request.htmx else "index.html"
    return render(request, f"accounts/people/requests/{page}", context)


@require_GET
@for_officers
def one(request: PortalRequest, job: int) -> HttpResponse:
    """One account on its way: every step, what it said, and what an officer may do."""
    found = _within_reach(request, job)
    line = _line(found)
    steps = [
        StepLine(
            each,
            overview.STEP_NAMES.get(each.name, each.name),
            each == line.step,
            overview.sentence_of(each.last_error),
        )
        for each in found.steps.all()
    ]
    context = {
        "at": "requests",
        "line": line,
        "steps": steps,
        "waits_for_key": activation.in_need(Account.objects.filter(pk=found.account_id)).exists(),
        "missing": _missing(found),
        "sees_gate": officers.agencies_of(request.user).filter(pk=found.agency_id).exists(),
        "by_directory": directory_login.signs_in_by_directory(found.account),
    }
    return render(request, "accounts/people/requests/one.html", context)


@require_POST
@for_officers
def again(request: PortalRequest, job: int) -> HttpResponse:
    """Try one account again, now; one that was stopped is asked for anew."""
    found, now = _within_reach(request, job), timezone.now()
    if found.state == State.CANCELLED:
        joining.approve(found.account, by=request.user, now=now)
        messages.success(request, _("The account is being opened after all."))
        return redirect("accounts:requests")
    if queue.try_again(found, by=request.user, now=now):
        messages.success(request, _("It is tried again now."))
    else:
        messages.error(request, _("There is nothing to try again: it is over, or it waits."))
    return redirect("accounts:request", job)


@require_POST
@for_officers
def all_again(request: PortalRequest) -> HttpResponse:
    """Try everything again that needs help; with ?step=, what is stuck at that step."""
    chosen, now = _chosen(request), timezone.now()
    failed = overview.Selection(
        chosen.agencies, chosen.batch, State.FAILED, chosen.step, chosen.words
    )
    found = overview.jobs(failed, now=now, most=SELDOM)
    count = sum(queue.try_again(job, by=request.user, now=now) for job in found)
    said = ngettext(
        "%(count)d account is tried again.", "%(count)d accounts are tried again.", count
    )
    messages.success(request, said % {"count": count})
    return redirect("accounts:requests")


@require_POST
@for_officers
def stop(request: PortalRequest, job: int) -> HttpResponse:
    """Withdraw the approval: the account is not opened, and what was done is taken back."""
    found = _within_reach(request, job)
    why = request.POST.get("why", "").strip()
    if not why:
        messages.error(request, _("Say why the account is not to be opened."))
        return redirect("accounts:request", job)
    if queue.cancel(found.account, now=timezone.now(), why=why, by=request.user):
        messages.success(request, _("The account is not opened. Its address stays reserved."))
    return redirect("accounts:request", job)


def _missing(job: ProvisioningJob) -> list[tuple[str, str]]:
    """The rules that keep the agency of a job that waits for it shut, as last reckoned."""
    if job.state != State.WAITING_GATE:
        return []
    row = AgencyReadiness.objects.filter(agency=job.agency_id).first()
    return [(code, wording.name_of(code)) for code in (row.blocking if row else ())]


def _within_reach(request: PortalRequest, job: int) -> ProvisioningJob:
    reached = ProvisioningJob.objects.filter(agency__in=agencies_within_reach(request.user))
    related = ("account__official", "account__position", "account__agency", "agency")
    return get_object_or_404(reached.select_related(*related), pk=job)


def _chosen(request: PortalRequest) -> overview.Selection:
    asked = request.POST if request.method == "POST" else request.GET
    batch, state = asked.get("batch", ""), asked.get("state", "")
    return overview.Selection(
        agencies_within_reach(request.user),
        batch=int(batch) if batch.isascii() and batch.isdigit() and len(batch) < 16 else None,
        state=state if state in _FILTERS else "",
        step=asked.get("step", "").replace("\0", "")[:40],
        words=asked.get("q", "")[:100],
    )


def _line(job: ProvisioningJob) -> JobLine:
    rows = list(job.steps.all())
    step = overview.owed_step(rows)
    error = overview.sentence_of(step.last_error) if step else ""
    return JobLine(
        job,
        step,
        overview.STEP_NAMES.get(step.name, step.name) if step else "",
        sum(each.done_at is not None for each in rows),
        len(rows),
        job.finished_at is None and job.is_overdue(timezone.localdate()),
        error,
        _(job.words) if job.words and job.finished_at else overview.sentence_of(job.words),
    )


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/requests/", index, name="requests"),
    path("people/requests/again/", all_again, name="requests-again"),
    path("people/requests/<int:job>/", one, name="request"),
    path("people/requests/<int:job>/again/", again, name="request-again"),
    path("people/requests/<int:job>/stop/", stop, name="request-stop"),
]
