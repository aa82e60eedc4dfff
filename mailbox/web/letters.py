"""Letters: one opened in place, its body for the frame, its source, what became of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from mailbox.mime import frame
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.trust.links import Links
from mailbox.opening import mailbox_key, open_rendition
from mailbox.outbound.outbox import submission_of
from mailbox.reading import opening
from mailbox.web import outbox
from mailbox.web.answers import passes
from mailbox.web.answers.policies import FRAME, FRAME_WITH_IMAGES, under
from mailbox.web.finding import own_message, reader_of
from mailbox.web.requests import PortalRequest
from mailbox.web.search.marks import marked_in, marks_of, searched_of
from mailbox.web.senders.looks import look_of


@require_GET
@login_required
def show(request: PortalRequest, message: UUID) -> HttpResponse:
    """A folded letter, opened in place."""
    found = own_message(request, message)
    letter = opening.letter(
        found,
        private_key=mailbox_key(found.mailbox),
        reader=reader_of(request),
        look=look_of(request),
    )
    context = {
        "letter": letter,
        "pass": passes.issue(request.user.pk),
        "searched": searched_of(request),
    }
    return render(request, "mailbox/letters/_letter.html", context)


@require_GET
@login_required
def body(request: PortalRequest, message: UUID, token: str = "") -> HttpResponse:
    """The body of a letter, for the frame. A pass in the path lets its pictures in.

    The query says how: images=1 with those from outside, quote=1 with the quoted
    original, paper=white or paper=screen, search=… with its words marked. Nothing is
    remembered of it.
    """
    found = own_message(request, message)
    key = mailbox_key(found.mailbox)
    rendition = open_rendition(found, key)
    look = look_of(request)
    shows_images = look.images and bool(rendition.html_remote)
    html = rendition.html_remote if shows_images else rendition.html
    html = html or text_to_html(rendition.text, Links(), marks_quote=True)
    document = frame.document(
        marked_in(html, marks_of(searched_of(request), found.mailbox, key)),
        language=get_language() or "th",
        theme=request.user.theme,
        on_white={"white": True, "screen": False}.get(request.GET.get("paper", "")),
        hides_quote=bool(rendition.quoted_lines) and not look.quote,
    )
    return under(FRAME_WITH_IMAGES if shows_images else FRAME, HttpResponse(document))


@require_GET
@login_required
def deliveries(request: PortalRequest, message: UUID) -> HttpResponse:
    """What became of an own letter, recipient by recipient."""
    found = own_message(request, message)
    submission = submission_of(found)
    context = outbox.panel_of(request, submission) if submission else {}
    return render(request, "mailbox/letters/_deliveries.html", context)
