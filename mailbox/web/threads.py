"""Conversations: the page of one, and its pane when the list stays where it is."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from govmail_portal import dates
from mailbox.models import Folder, Thread
from mailbox.opening import mailbox_key
from mailbox.outbound.answers.opened import tell_senders
from mailbox.reading import opening, sorting
from mailbox.reading.deeds.snoozing import choices
from mailbox.searching.words import marked
from mailbox.web.answers import passes
from mailbox.web.finding import cursor_of, own_thread, reader_of
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.senders.looks import look_of
from mailbox.web.shell import Shell
from mailbox.web.sorting.places import SEARCH, Place, place_in

HIDDEN = (Folder.Kind.TRASH, Folder.Kind.SPAM)


@require_GET
@login_required
def show(request: PortalRequest, mailbox: UUID, folder: str, thread: UUID) -> HttpResponse:
    """A conversation, beside the list of a folder or of a place like one.

    A whole page marks it read; the pane does so by itself, once shown. If the reader wants
    it marked later or never, that is left to the page's scripts.
    """
    return _answer(request, own_thread(request, mailbox, thread), folder)


@require_GET
@login_required
def labelled(request: PortalRequest, mailbox: UUID, label: UUID, thread: UUID) -> HttpResponse:
    """A conversation, beside the list of a label."""
    return _answer(request, own_thread(request, mailbox, thread), "", label=label)


def _answer(
    request: PortalRequest, found: Thread, slug: str, *, label: UUID | None = None
) -> HttpResponse:
    shell, place = place_in(request, found.mailbox, slug, label=label, on=found.pk)
    return beside(request, found, shell, place)


def beside(request: PortalRequest, found: Thread, shell: Shell, place: Place) -> HttpResponse:
    """A conversation beside the list of a place.

    What lies in the bin or in spam is left out, unless the place is that folder, or a
    search found the conversation there and nowhere else.
    """
    hidden = [one.pk for one in shell.folders if one.kind in HIDDEN and one != place.folder]
    conversation = _conversation(request, found, hidden)
    if conversation is None and place.kind == SEARCH:
        conversation = _conversation(request, found, [])
    if conversation is None:
        raise Http404
    at_once = request.user.mark_read_after == 0 and not request.htmx and not is_prefetch(request)
    if conversation.unread and at_once and shell.rights.may_write:
        sorting.mark_read(place.here, [found.pk])
        tell_senders([found.pk], by=request.user, now=timezone.now())
    template = "mailbox/threads/_conversation.html" if request.htmx else "mailbox/threads/show.html"
    until = getattr(found, "until", None)
    manner = manner_of(request)
    context = {
        "shell": shell,
        "place": place,
        "title": place.title,
        "conversation": conversation,
        "subject": marked(conversation.subject, place.words),
        "searched": place.search,
        "is_muted": found.is_muted,
        "snoozed_until": dates.moment(until, manner, weekday=True) if until else "",
        "snoozes": choices(timezone.now(), manner),
        "pass": passes.issue(request.user.pk),
    }
    return render(request, template, context)


def _conversation(
    request: PortalRequest, found: Thread, hidden: list[UUID]
) -> opening.Conversation | None:
    return opening.conversation(
        found,
        private_key=mailbox_key(found.mailbox),
        reader=reader_of(request),
        hidden_folders=hidden,
        opened=_opened(request),
        look=look_of(request),
        before=cursor_of(request, "before"),
    )


def is_prefetch(request: PortalRequest) -> bool:
    """Whether a browser fetches ahead of its reader: nobody has seen this answer yet."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in purpose


def _opened(request: PortalRequest) -> UUID | None:
    """The folded letter to open, for browsers without scripts."""
    try:
        return UUID(request.GET["open"]) if "open" in request.GET else None
    except ValueError:
        raise Http404 from None
