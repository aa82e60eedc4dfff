"""Printing: a letter, or a conversation, in the manner of an official paper."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mailbox.mime import paper as formatted_paper
from mailbox.mime.plaintext import text_to_html
from mailbox.mime.sanitise import restored
from mailbox.opening import mailbox_key, open_rendition
from mailbox.reading.paper import Paper, paper_of, paper_of_thread
from mailbox.web.answers import passes
from mailbox.web.answers.policies import FRAME, under
from mailbox.web.finding import own_message, own_thread, reader_of
from mailbox.web.requests import PortalRequest


@require_GET
@login_required
def letter(request: PortalRequest, message: UUID) -> HttpResponse:
    """One letter as paper: its text, complete over as many pages as it needs."""
    found = own_message(request, message)
    paper = paper_of(found, private_key=mailbox_key(found.mailbox), reader=reader_of(request))
    return _page(request, paper)


@require_GET
@login_required
def conversation(request: PortalRequest, mailbox: UUID, thread: UUID) -> HttpResponse:
    """A whole conversation as paper, oldest letter first."""
    found = own_thread(request, mailbox, thread)
    key = mailbox_key(found.mailbox)
    paper = paper_of_thread(found, private_key=key, reader=reader_of(request))
    if paper is None:
        raise Http404
    return _page(request, paper)


def _page(request: PortalRequest, paper: Paper) -> HttpResponse:
    context = {"paper": paper, "pass": passes.issue(request.user.pk)}
    return render(request, "mailbox/papers/print.html", context)


@require_GET
@login_required
def formatted(request: PortalRequest, message: UUID, token: str) -> HttpResponse:
    """One letter as paper in its sender's formatting: a document of its own, inert as a frame is.

    token: the pass that lets its pictures in.
    """
    found = own_message(request, message)
    key = mailbox_key(found.mailbox)
    rendition = open_rendition(found, key)
    page = paper_of(found, private_key=key, reader=reader_of(request))
    sheet = page.pages[0]
    facts = [(name, ", ".join(addresses)) for name, addresses in sheet.people]
    if sheet.says_sender:
        facts.insert(0, (_("From"), f"{sheet.sender} <{sheet.heading.address}>"))
    facts.append((_("Date"), sheet.heading.date))
    if sheet.files:
        names = ", ".join(file.name for file in sheet.files.entries)
        facts.append((sheet.files.title, names))
    document = formatted_paper.document(
        restored(rendition.html, rendition.links) or text_to_html(rendition.text),
        language=get_language() or "th",
        subject=sheet.heading.subject,
        urgency=page.urgency_word,
        facts=facts,
    )
    return under(FRAME, HttpResponse(document))
