"""Answers to what a letter asks: an invitation, a read receipt. Never without the reader's hand."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from mailbox.models import Folder, Message
from mailbox.opening import mailbox_key
from mailbox.outbound.answers import invitations, receipts
from mailbox.reading import opening
from mailbox.web.finding import own_message, reader_of
from mailbox.web.requests import PortalRequest, manner_of


@require_POST
@login_required
def invitation(request: PortalRequest, message: UUID) -> HttpResponse:
    """Accept, perhaps, decline: the organiser is told."""
    found = own_message(request, message)
    invitations.answer(
        found,
        request.POST.get("answer", ""),
        by=request.user,
        private_key=mailbox_key(found.mailbox),
        now=timezone.now(),
    )
    return _shown(request, found, "mailbox/letters/_invitation.html")


@require_POST
@login_required
def receipt(request: PortalRequest, message: UUID) -> HttpResponse:
    """Send the read receipt that was asked for, or do not."""
    found = own_message(request, message)
    match request.POST.get("answer"):
        case "send":
            receipts.send(
                found,
                by=request.user,
                private_key=mailbox_key(found.mailbox),
                manner=manner_of(request),
                now=timezone.now(),
            )
        case "decline":
            receipts.decline(found, by=request.user)
        case _:
            raise Http404
    return _shown(request, found, "mailbox/letters/_receipt.html")


def _shown(request: PortalRequest, message: Message, template: str) -> HttpResponse:
    """The card or bar anew for htmx; else the conversation it belongs to."""
    if not request.htmx:
        slug = Folder.objects.get(pk=message.folder_id).slug
        return redirect("mailbox:thread", message.mailbox_id, slug, message.thread_id)
    key = mailbox_key(message.mailbox)
    letter = opening.letter(message, private_key=key, reader=reader_of(request))
    return render(request, template, {"letter": letter})
