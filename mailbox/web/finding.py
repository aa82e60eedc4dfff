"""Finding what a URL names, for the one who asks: what is not theirs does not exist (404)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.http import Http404
from django.utils import timezone

from mailbox.models import Folder, Mailbox, Message, Snooze, Thread
from mailbox.models.delegations import may_write
from mailbox.reading.cursors import BadCursor, Cursor
from mailbox.reading.letters import Reader
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import find_mailbox

_OWNER = ("mailbox__account__agency", "mailbox__account__official", "mailbox__account__position")


def own_mailbox(request: PortalRequest, mailbox_id: UUID) -> Mailbox:
    """A mailbox the person may read, and change where the request would change it."""
    if (mailbox := find_mailbox(request.user, mailbox_id, writes=changes(request))) is None:
        raise Http404
    return mailbox


def mailbox_of(request: PortalRequest) -> Mailbox:
    """The person's own mailbox, for pages whose address names none."""
    if (mailbox := find_mailbox(request.user)) is None:
        raise Http404
    return mailbox


def own_thread(request: PortalRequest, mailbox_id: UUID, thread_id: UUID) -> Thread:
    """A conversation the person may read, with its mailbox and owner; until: of its snooze."""
    snoozes = Snooze.objects.filter(mailbox=mailbox_id, thread=OuterRef("pk"))
    threads = Thread.objects.readable_by(request.user).select_related(*_OWNER)
    threads = threads.annotate(until=Subquery(snoozes.values("until")))
    found = threads.filter(mailbox=mailbox_id, pk=thread_id).first()
    if found is None or (changes(request) and not may_write(found.mailbox, request.user)):
        raise Http404
    return found


def own_message(request: PortalRequest, message_id: UUID) -> Message:
    """A message the person may read, with its mailbox and its content."""
    messages = Message.objects.readable_by(request.user).select_related("mailbox", "content")
    message = messages.filter(pk=message_id).first()
    if message is None or (changes(request) and not may_write(message.mailbox, request.user)):
        raise Http404
    return message


def changes(request: PortalRequest) -> bool:
    """Whether a request may change something: a delegate who only reads makes none that do."""
    return request.method not in ("GET", "HEAD", "OPTIONS")


def folder_of(mailbox: Mailbox, slug: str) -> Folder:
    """A folder by what stands in a URL: a kind, or the id of an own one."""
    folders = Folder.objects.filter(mailbox=mailbox)
    found = [one for one in folders if one.slug == slug]
    if not found:
        raise Http404
    return found[0]


def cursor_of(request: PortalRequest, name: str) -> Cursor | None:
    """A cursor from the query; 404 if it was not made by us."""
    text = request.GET.get(name)
    try:
        return Cursor.read(text) if text else None
    except BadCursor:
        raise Http404 from None


def reader_of(request: PortalRequest) -> Reader:
    """Who reads, for the journeys that put a letter into words."""
    return Reader(request.user.address, manner_of(request), timezone.now())
