"""The page and the bar of a job over a whole list: how far it is, stop, undo."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from mailbox.models import SortingJob
from mailbox.reading.deeds import jobs
from mailbox.web.finding import own_mailbox
from mailbox.web.requests import PortalRequest
from mailbox.web.shell import shell_of

# What tells the list of a page that it is out of date (static/shared/live.js).
CHANGED = "portal:changed"
# Jobs that have no way back.
_FINAL = (jobs.ERASE, jobs.UNDO)


@require_GET
@login_required
def show(request: PortalRequest, mailbox: UUID, job: UUID) -> HttpResponse:
    """How far a job has come: a page, and the bar alone for htmx."""
    found = _found(request, mailbox, job)
    context = {"job": found, "mailbox": found.mailbox, "can_undo": found.verb not in _FINAL}
    if request.htmx:
        answer = render(request, "mailbox/jobs/_job.html", context)
        if found.due_at is None:
            # It looks no more by itself: the list beside it may show the end of it.
            answer.headers["HX-Trigger"] = CHANGED
        return answer
    context["shell"] = shell_of(request, found.mailbox)
    return render(request, "mailbox/jobs/show.html", context)


@require_POST
@login_required
def cancel(request: PortalRequest, mailbox: UUID, job: UUID) -> HttpResponse:
    """Stop after the piece that is under way."""
    found = _found(request, mailbox, job)
    jobs.cancel(found, now=timezone.now())
    return _answer(request, found)


@require_POST
@login_required
def undo(request: PortalRequest, mailbox: UUID, job: UUID) -> HttpResponse:
    """Take back what a job has done; a job of its own."""
    found = _found(request, mailbox, job)
    if found.verb in _FINAL or found.undone_by.exists():
        raise Http404
    return _answer(request, jobs.take_back(found, now=timezone.now()))


def _answer(request: PortalRequest, job: SortingJob) -> HttpResponse:
    if request.htmx:
        job.refresh_from_db()
        context = {"job": job, "mailbox": job.mailbox, "can_undo": job.verb not in _FINAL}
        return render(request, "mailbox/jobs/_job.html", context)
    return redirect("mailbox:job", job.mailbox_id, job.pk)


def _found(request: PortalRequest, mailbox: UUID, job: UUID) -> SortingJob:
    box = own_mailbox(request, mailbox)
    found = SortingJob.objects.filter(mailbox=box, pk=job).first()
    if found is None:
        raise Http404
    found.mailbox = box
    return found
