"""Imports of people: a file comes in, its plan is looked at, one officer or two agree."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.directory import applying, plan, thresholds
from accounts.directory.files import lists, uploads
from accounts.models import Account, Agency, ImportBatch, ImportRow
from accounts.people.reach import agencies_within_reach
from accounts.web.people.gate import for_officers
from accounts.web.people.imports import pages
from accounts.web.request import PortalRequest, manner_of

SHOWN = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = ImportBatch.State
# While in these, the page looks again by itself.
_MOVING = (State.READING, State.APPROVED, State.APPLYING)


class UploadForm(forms.Form):
    """A file for one agency within reach."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label=_("Agency"),
        empty_label=None,
        widget=forms.Select(attrs={"class": "select"}),
    )
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )
    names_all = forms.BooleanField(
        label=_("The file names everybody in this agency"), required=False
    )

    def __init__(self, officer: Account, *data: Any, **more: Any) -> None:
        super().__init__(*data, **more)
        choice = self.fields["agency"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = agencies_within_reach(officer)
        choice.initial = officer.agency_id


@require_GET
@for_officers
def index(request: PortalRequest) -> HttpResponse:
    """The newest imports within reach, and the form for a file."""
    return _index(request, UploadForm(request.user), status=200)


@require_POST
@for_officers
def upload(request: PortalRequest) -> HttpResponse:
    """Take a file in; a worker reads it while the officer looks on."""
    form = UploadForm(request.user, request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, form, status=422)
    file = form.cleaned_data["file"]
    batch = uploads.receive(
        file.read(),
        form.cleaned_data["agency"],
        by=request.user,
        now=timezone.now(),
        reads_all=form.cleaned_data["names_all"],
        file_name=file.name,
    )
    return redirect("accounts:import", batch.pk)


@require_GET
@for_officers
def show(request: PortalRequest, batch: int) -> HttpResponse:
    """What the import would change or has changed; ?show= a verdict, ?after= a row's number."""
    found = _within_reach(request, batch)
    tabs = pages.tabs(found)
    asked = request.GET.get("show", "")
    at = next((tab for tab in tabs if tab.verdict == asked), tabs[0] if tabs else None)
    after = request.GET.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
    is_read = found.state != State.READING
    lines = pages.lines(found, at.verdict, number, manner_of(request)) if at and is_read else []
    context = _standing(request, found) | {
        "tabs": tabs if is_read else [],
        "chosen": at,
        "lines": lines[: pages.ROWS],
        "next": lines[pages.ROWS - 1].row.number if len(lines) > pages.ROWS else None,
        "misses_nobody": is_read and pages.misses_nobody(found),
    }
    return render(request, "accounts/people/imports/show.html", context)


@require_GET
@for_officers
def progress(request: PortalRequest, batch: int) -> HttpResponse:
    """The moving part; once it has come to rest, the browser loads the whole page anew."""
    found = _within_reach(request, batch)
    response = render(request, "accounts/people/imports/_progress.html", _standing(request, found))
    if found.state not in _MOVING:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@for_officers
def approve(request: PortalRequest, batch: int) -> HttpResponse:
    found = applying.approve(_within_reach(request, batch), by=request.user, now=timezone.now())
    if found.state == State.AWAITING_SECOND:
        messages.info(request, gettext("Another officer must agree now. Nobody has been changed."))
    return redirect("accounts:import", batch)


@require_POST
@for_officers
def second(request: PortalRequest, batch: int) -> HttpResponse:
    applying.second(_within_reach(request, batch), by=request.user, now=timezone.now())
    return redirect("accounts:import", batch)


@require_POST
@for_officers
def withdraw(request: PortalRequest, batch: int) -> HttpResponse:
    applying.withdraw(_within_reach(request, batch), by=request.user, now=timezone.now())
    messages.success(request, gettext("The import is withdrawn. No further row is carried out."))
    return redirect("accounts:import", batch)


@require_GET
@for_officers
def template_file(request: PortalRequest) -> HttpResponse:
    """An empty list with the headings we know."""
    return _file(lists.empty_list(), "govmail-people.xlsx")


@require_GET
@for_officers
def errors_file(request: PortalRequest, batch: int) -> HttpResponse:
    """The rows that were refused, as they came, each with its sentence: to be mended."""
    found = _within_reach(request, batch)
    rows = found.rows.filter(verdict=ImportRow.Verdict.ERROR).order_by("number")
    return _file(lists.refused_rows(rows), f"govmail-import-{found.pk}.xlsx")


def _index(request: PortalRequest, form: UploadForm, *, status: int) -> HttpResponse:
    reached = agencies_within_reach(request.user)
    batches = ImportBatch.objects.filter(source__agency__in=reached)
    newest = batches.select_related("source__agency", "asked_by")[: SHOWN + 1]
    context = {
        "at": "imports",
        "form": form,
        "batches": list(newest)[:SHOWN],
        "has_more": len(newest) > SHOWN,
    }
    return render(request, "accounts/people/imports/index.html", context, status=status)


def _standing(request: PortalRequest, batch: ImportBatch) -> dict[str, Any]:
    """What the moving part and the page around it both say."""
    counts = batch.counts
    rows = sum(counts.get(name, 0) for name in plan.COUNTED.values())
    return {
        "at": "imports",
        "batch": batch,
        "rows": rows,
        "to_do": rows - counts.get("errors", 0),
        "changing": sum(counts.get(name, 0) for name in ("joins", "moves", "leaves", "changes")),
        "refused": counts.get("errors", 0) + counts.get("failed", 0),
        "is_moving": batch.state in _MOVING,
        "is_over": batch.state in ImportBatch.OVER,
        "reasons": thresholds.reasons(batch),
        "is_mine": batch.approved_by_id == request.user.pk,
    }


def _within_reach(request: PortalRequest, batch: int) -> ImportBatch:
    reached = ImportBatch.objects.filter(source__agency__in=agencies_within_reach(request.user))
    related = ("source__agency", "asked_by", "approved_by", "second_by")
    return get_object_or_404(reached.select_related(*related), pk=batch)


def _file(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=_XLSX, headers=headers)


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/imports/", index, name="imports"),
    path("people/imports/upload/", upload, name="import-upload"),
    path("people/imports/template/", template_file, name="import-template"),
    path("people/imports/<int:batch>/", show, name="import"),
    path("people/imports/<int:batch>/progress/", progress, name="import-progress"),
    path("people/imports/<int:batch>/approve/", approve, name="import-approve"),
    path("people/imports/<int:batch>/second/", second, name="import-second"),
    path("people/imports/<int:batch>/withdraw/", withdraw, name="import-withdraw"),
    path("people/imports/<int:batch>/errors/", errors_file, name="import-errors"),
]
