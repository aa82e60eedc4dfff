"""Looking at a letter before it is sent, and at both texts where two windows wrote."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from govmail_portal import dates
from mailbox.mime import frame
from mailbox.mime.plaintext import html_to_text
from mailbox.models import Draft
from mailbox.outbound import drafting
from mailbox.outbound.composing.preview import as_sent
from mailbox.outbound.enclosures import picture
from mailbox.web import composing
from mailbox.web.answers import passes
from mailbox.web.answers.policies import FRAME, PICTURE, under
from mailbox.web.requests import PortalRequest, manner_of


@require_GET
@login_required
def preview(request: PortalRequest, draft: UUID) -> HttpResponse:
    """The letter as its readers will see it, on a page of its own."""
    page = composing.page_of(request, composing.find_draft(request, draft))
    context = {"page": page, "pass": passes.issue(request.user.pk)}
    return render(request, "mailbox/compose/looking/preview.html", context)


@require_GET
@login_required
def body(request: PortalRequest, draft: UUID, token: str) -> HttpResponse:
    """The text for the frame; the pass in the path lets its pictures in."""
    found = composing.find_draft(request, draft)
    sender = found.mailbox.account or request.user
    html = as_sent(drafting.open_draft(found), sender.agency)
    document = frame.document(html, language=get_language() or "th", theme=request.user.theme)
    return under(FRAME, HttpResponse(document))


@require_GET
def framed_picture(request: PortalRequest, draft: UUID, token: str, number: int) -> HttpResponse:
    """A picture in that frame, which has no cookies: the pass stands for the session."""
    owner = passes.account_of(token)
    drafts = Draft.objects.writable_by(owner).select_related("mailbox")
    mine = drafts.filter(pk=draft).first()
    found = picture(mine, number) if mine else None
    if found is None:
        raise Http404
    kind, data = found
    return under(PICTURE, HttpResponse(data, content_type=kind))


@require_GET
@login_required
def other(request: PortalRequest, draft: UUID) -> HttpResponse:
    """What another window has saved, to be laid beside the text of this one."""
    found = composing.find_draft(request, draft)
    kept = drafting.open_draft(found)
    return JsonResponse(
        {
            "version": found.version,
            "saved_at": dates.clock(found.updated_at, manner_of(request)),
            "subject": kept.subject,
            "text": html_to_text(kept.html.for_frame()) if kept.is_rich else kept.text,
            "url": reverse("mailbox:draft", args=[found.pk]),
        }
    )


@require_POST
@login_required
def use_format(request: PortalRequest) -> HttpResponse:
    """Keep whether this person writes plain text: plain=1 or 0."""
    request.user.writes_plain = request.POST.get("plain") == "1"
    request.user.save(update_fields=["writes_plain"])
    return JsonResponse({})
