"""Attachments of a letter that is being written: taken from memory, sealed, taken out again."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from mailbox.outbound.enclosures import remove as take_out
from mailbox.web import composing, keeping
from mailbox.web.requests import PortalRequest


@require_POST
@login_required
def add(request: PortalRequest, draft: UUID) -> HttpResponse:
    """Take one uploaded file; the answer says how the page shows it."""
    found = composing.find_draft(request, draft)
    taken = keeping.take_files(request, found)
    shown = [asdict(composing.file_of(request, found, one)) for one in taken]
    return JsonResponse(shown[0] if shown else {}, status=200 if shown else 400)


@require_POST
@login_required
def remove(request: PortalRequest, draft: UUID, file: UUID) -> HttpResponse:
    """Take a file out of the letter; the plain form's text is kept along the way."""
    found = composing.find_draft(request, draft)
    if composing.is_script(request):
        take_out(found, file)
        return JsonResponse({})
    kept = keeping.keep_form(request, found)
    take_out(found, file)
    return redirect(keeping.url_of(kept, found))
