"""Files that come in pieces (see `outbound.composing.uploads`), and the pictures of a text."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mailbox.models import Draft
from mailbox.outbound.composing import uploads
from mailbox.outbound.enclosures import Enclosure, picture
from mailbox.web import composing
from mailbox.web.answers.policies import PICTURE, under
from mailbox.web.requests import PortalRequest


@require_POST
@login_required
def begin(request: PortalRequest, draft: UUID) -> HttpResponse:
    """Announce a file: name, type, size in bytes, picture=1 for one in the text."""
    found = composing.find_draft(request, draft)
    size = request.POST.get("size", "")
    if not (size.isascii() and size.isdigit() and len(size) < 16):
        raise BadRequest
    upload = uploads.begin(
        found,
        name=request.POST.get("name", ""),
        type=request.POST.get("type", ""),
        size=int(size),
        is_picture=request.POST.get("picture") == "1",
    )
    url = reverse("mailbox:draft-upload", args=[found.pk, upload.pk])
    return JsonResponse({"url": url, "received": 0, "piece": uploads.PIECE})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def piece(request: PortalRequest, draft: UUID, upload: UUID) -> HttpResponse:
    """A piece as the body of a POST, its place in `?start=`; a GET says how far we are.

    The answer to the last piece is the file; `stop=1` in a form gives the upload up.
    """
    found = composing.find_draft(request, draft)
    if request.method != "POST":
        return JsonResponse({"received": uploads.received(found, upload)})
    if request.GET.get("stop") == "1":
        uploads.give_up(found, upload)
        return JsonResponse({})
    start = request.GET.get("start", "")
    if not (start.isascii() and start.isdigit() and len(start) < 16):
        raise BadRequest
    received = uploads.put(found, upload, start=int(start), data=request.body)
    file = uploads.finish(found, upload)
    if file is None:
        return JsonResponse({"received": received})
    return JsonResponse({"received": received, "file": _shown(request, found, file)})


@require_GET
@login_required
def show_picture(request: PortalRequest, draft: UUID, number: int) -> HttpResponse:
    """A picture that the text of a draft shows."""
    found = picture(composing.find_draft(request, draft), number)
    if found is None:
        raise Http404
    kind, data = found
    answer = HttpResponse(data, content_type=kind)
    answer.headers["Cache-Control"] = "private, no-store"
    return under(PICTURE, answer)


def _shown(request: PortalRequest, draft: Draft, file: Enclosure) -> dict[str, object]:
    told = asdict(composing.file_of(request, draft, file))
    return {**told, "source": f"attachment/{file.picture}/"} if file.picture else told
