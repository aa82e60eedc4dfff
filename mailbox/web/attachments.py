"""Attachments: downloaded by range, looked at only where that is safe, pictures of a body.

What a stranger sent is never served as a page: the type comes from a short list,
text/html and SVG are not on it, `nosniff` holds the browser to it, and the
answer's own policy allows nothing.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from mailbox.mime.rendition import Attachment, Read, read_attachment, unpack_head
from mailbox.models import Message
from mailbox.opening import mailbox_key, reader
from mailbox.reading.files import PREVIEWED, look_of
from mailbox.web.answers import passes
from mailbox.web.answers.policies import NOTHING, PDF, PICTURE, under
from mailbox.web.answers.streaming import decoded_text, ranged
from mailbox.web.finding import own_message
from mailbox.web.requests import PortalRequest

_OFFICE = "application/vnd.openxmlformats-officedocument"
# Types that are said to the browser; everything else is application/octet-stream.
NAMED_TYPES = frozenset(
    (
        *PREVIEWED,
        "application/msword",
        "application/rtf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.text",
        f"{_OFFICE}.presentationml.presentation",
        f"{_OFFICE}.spreadsheetml.sheet",
        f"{_OFFICE}.wordprocessingml.document",
        "application/zip",
        "audio/mpeg",
        "message/rfc822",
        "video/mp4",
    )
)
PREVIEWED_TEXT = 1024 * 1024


@require_GET
@login_required
def download(request: PortalRequest, message: UUID, index: int) -> HttpResponseBase:
    """An attachment, to be kept on the computer."""
    read, attachment = _found(own_message(request, message), index)
    kind = attachment.type if attachment.type in NAMED_TYPES else "application/octet-stream"
    response = _sent(request, read, attachment, kind)
    name = attachment.name or f"attachment-{attachment.index + 1}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return under(NOTHING, response)


@require_GET
@login_required
def preview(request: PortalRequest, message: UUID, index: int) -> HttpResponseBase:
    """An attachment looked at in the browser: pictures, PDF and text, nothing else."""
    read, attachment = _found(own_message(request, message), index)
    match look_of(attachment):
        case "image":
            return under(PICTURE, _sent(request, read, attachment, attachment.type))
        case "pdf":
            return under(PDF, _sent(request, read, attachment, attachment.type))
        case "text":
            return under(NOTHING, _as_text(read, attachment))
    raise Http404


@require_GET
def picture(request: PortalRequest, message: UUID, token: str, index: int) -> HttpResponseBase:
    """A picture that the body of a letter shows; a pass stands for the session."""
    owner = passes.account_of(token)
    messages = Message.objects.readable_by(owner).select_related("mailbox", "content")
    if (found := messages.filter(pk=message).first()) is None:
        raise Http404
    read, attachment = _found(found, index)
    if PREVIEWED.get(attachment.type) != "image":
        raise Http404
    return under(PICTURE, _sent(request, read, attachment, attachment.type))


def _found(message: Message, index: int) -> tuple[Read, Attachment]:
    """A reader of the message's content, and the attachment of this number in it."""
    content = reader(message, mailbox_key(message.mailbox))
    attachments = unpack_head(content.read).attachments
    found = next((one for one in attachments if one.index == index), None)
    if found is None:
        raise Http404
    return content.read, found


def _sent(
    request: PortalRequest, read: Read, attachment: Attachment, content_type: str
) -> HttpResponseBase:
    return ranged(
        request,
        partial(read_attachment, read, attachment),
        attachment.size,
        etag=f'"{attachment.sha256}"',
        content_type=content_type,
    )


def _as_text(read: Read, attachment: Attachment) -> HttpResponse:
    """The beginning of a text, as UTF-8."""
    raw = read_attachment(read, attachment, 0, PREVIEWED_TEXT)
    return HttpResponse(decoded_text(raw), content_type="text/plain; charset=utf-8")
