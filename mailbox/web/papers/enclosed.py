"""The files of a letter: one looked at, with the way to its neighbours, or all in an archive."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from mailbox.errors import TooMuchToZip
from mailbox.mime.rendition import read_attachment, unpack_head
from mailbox.models import Folder
from mailbox.opening import mailbox_key, reader
from mailbox.reading.files import LARGEST_ZIP, MOST_ZIPPED, enclosed, file_of, look_of
from mailbox.web.answers.policies import NOTHING, under
from mailbox.web.answers.streaming import decoded_text
from mailbox.web.answers.zipped import Entry, zipped
from mailbox.web.finding import own_message, reader_of
from mailbox.web.requests import PortalRequest

# Characters of a text that are shown; the rest is in the download.
SHOWN_TEXT = 100_000


@require_GET
@login_required
def look(request: PortalRequest, message: UUID, index: int) -> HttpResponse:
    """A picture, a PDF or a text, on a page of its own or, for htmx, in a dialog."""
    found = own_message(request, message)
    content = reader(found, mailbox_key(found.mailbox))
    files = [one for one in enclosed(unpack_head(content.read)) if look_of(one)]
    place = next((at for at, one in enumerate(files) if one.index == index), None)
    if place is None:
        raise Http404
    attachment = files[place]
    text = ""
    if look_of(attachment) == "text":
        read = read_attachment(content.read, attachment, 0, 4 * SHOWN_TEXT)
        text = decoded_text(read)[:SHOWN_TEXT]
    context = {
        "file": file_of(attachment, reader_of(request).manner),
        "message": found.pk,
        "text": text,
        "is_cut": len(text) == SHOWN_TEXT,
        "previous": files[place - 1].index if place else None,
        "next": files[place + 1].index if place + 1 < len(files) else None,
        "number": place + 1,
        "total": len(files),
        "back": _conversation(found.mailbox_id, found.folder_id, found.thread_id),
    }
    template = "_look.html" if request.htmx else "look.html"
    return render(request, f"mailbox/papers/{template}", context)


def _conversation(mailbox: UUID, folder: UUID, thread: UUID) -> str:
    slug = Folder.objects.get(pk=folder).slug
    return reverse("mailbox:thread", args=[mailbox, slug, thread])


@require_GET
@login_required
def all_files(request: PortalRequest, message: UUID) -> HttpResponseBase:
    """Every file of a letter in one archive, opened piece by piece as it is sent."""
    found = own_message(request, message)
    content = reader(found, mailbox_key(found.mailbox))
    files = enclosed(unpack_head(content.read))
    if not files:
        raise Http404
    if len(files) > MOST_ZIPPED or sum(one.size for one in files) > LARGEST_ZIP:
        raise TooMuchToZip
    entries = [
        Entry(one.name, one.size, partial(read_attachment, content.read, one)) for one in files
    ]
    answer = zipped(request, entries, at=found.received_at)
    name = f"{found.received_at:%Y-%m-%d}-attachments.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return under(NOTHING, answer)
