"""Keeping what the plain form of the compose page holds: its text and its files."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from mailbox.errors import AttachmentTooLarge, DraftChangedElsewhere
from mailbox.models import Draft
from mailbox.outbound import copying, drafting
from mailbox.outbound.composing.senders import choose
from mailbox.outbound.enclosures import Enclosure, attach
from mailbox.web import composing
from mailbox.web.requests import PortalRequest


def keep_form(request: PortalRequest, draft: Draft) -> Draft:
    """Keep a plain form; where another window was quicker, as a draft of its own, returned."""
    values, version = composing.submitted(request, draft)
    take_sender(request, draft, values)
    now = timezone.now()
    try:
        drafting.save(draft, values, version=version, now=now)
    except DraftChangedElsewhere:
        draft = copying.keep_apart(draft, values, by=request.user, now=now)
    take_files(request, draft)
    return draft


def take_sender(request: PortalRequest, draft: Draft, values: dict[str, Any]) -> None:
    """Put the draft into the mailbox chosen as its sender; values: what came, changed here."""
    if chosen := str(values.pop("from", "")):
        values["on_behalf"] = choose(draft, chosen, by=request.user)


def take_files(request: PortalRequest, draft: Draft) -> list[Enclosure]:
    """Seal every uploaded file into a draft. AttachmentTooLarge beyond the limit."""
    # Files beyond the limit of memory are not received at all: the request has none then.
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        raise AttachmentTooLarge
    return [
        attach(draft, name=file.name or "", type=file.content_type or "", data=file.read())
        for file in request.FILES.getlist("file")
    ]


def url_of(kept: Draft, asked: Draft) -> str:
    """Where a kept draft is written; the page says so where it is another than was asked for."""
    url = reverse("mailbox:draft", args=[kept.pk])
    return url if kept.pk == asked.pk else f"{url}?apart=1"
