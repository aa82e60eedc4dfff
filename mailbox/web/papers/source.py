"""A letter as it came: all its headers as text, or the whole of it as a file."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from govmail_portal.dates import BANGKOK
from mailbox.mime.parts.structure import MAX_HEADER_BYTES, header_block
from mailbox.mime.rendition import unpack_head
from mailbox.models import Message
from mailbox.opening import mailbox_key, reader
from mailbox.web.answers.policies import NOTHING, under
from mailbox.web.answers.streaming import streamed
from mailbox.web.finding import own_message
from mailbox.web.requests import PortalRequest


@require_GET
@login_required
def headers(request: PortalRequest, message: UUID) -> HttpResponse:
    """Every header field as it came, as plain text; at most 256 KB of them."""
    found = own_message(request, message)
    content = reader(found, mailbox_key(found.mailbox))
    raw = unpack_head(content.read)
    length = min(raw.raw_length, MAX_HEADER_BYTES + 4)
    block = header_block(content.read(raw.raw_start, raw.raw_start + length))
    return under(NOTHING, HttpResponse(block, content_type="text/plain; charset=utf-8"))


@require_GET
@login_required
def source(request: PortalRequest, message: UUID) -> HttpResponseBase:
    """The message as it came, as plain text."""
    found = own_message(request, message)
    return under(NOTHING, _as_it_came(request, found, "text/plain; charset=utf-8"))


@require_GET
@login_required
def eml(request: PortalRequest, message: UUID) -> HttpResponseBase:
    """The message as a file. Its name is made of the date: a subject is no file name."""
    found = own_message(request, message)
    answer = _as_it_came(request, found, "message/rfc822")
    at = found.received_at.astimezone(BANGKOK)
    answer.headers["Content-Disposition"] = f'attachment; filename="letter-{at:%Y-%m-%d-%H%M}.eml"'
    return under(NOTHING, answer)


def _as_it_came(request: PortalRequest, message: Message, content_type: str) -> HttpResponseBase:
    content = reader(message, mailbox_key(message.mailbox))
    raw = unpack_head(content.read)
    first, last = raw.raw_start, raw.raw_start + raw.raw_length
    return streamed(
        request,
        lambda start, stop: content.read(first + start, first + stop),
        (0, last - first),
        content_type=content_type,
    )
