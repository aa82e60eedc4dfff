"""What people do with conversations: one verb, chosen rows, and a way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mailbox.models import Folder, Mailbox
from mailbox.reading import sorting
from mailbox.reading.sorting import Change
from mailbox.web.finding import folder_of, own_mailbox
from mailbox.web.requests import PortalRequest, manner_of

_SALT = "mailbox.undo"
# What tells the list of a page that it is out of date (static/shared/live.js).
CHANGED = "portal:changed"

# A deed takes the folder, the conversations, and for a move the slug of where to.
Deed = Callable[[Folder, Sequence[UUID], str], Change]


def _move(folder: Folder, threads: Sequence[UUID], to: str) -> Change:
    return sorting.move(folder, threads, to=folder_of(folder.mailbox, to), now=timezone.now())


DEEDS: dict[str, Deed] = {
    "read": lambda folder, threads, _to: sorting.mark_read(folder, threads),
    "unread": lambda folder, threads, _to: sorting.mark_read(folder, threads, read=False),
    "star": lambda folder, threads, _to: sorting.star(folder, threads),
    "unstar": lambda folder, threads, _to: sorting.star(folder, threads, starred=False),
    "archive": lambda folder, threads, _to: sorting.archive(folder, threads, now=timezone.now()),
    "trash": lambda folder, threads, _to: sorting.trash(folder, threads, now=timezone.now()),
    "spam": lambda folder, threads, _to: sorting.spam(folder, threads, now=timezone.now()),
    "restore": lambda folder, threads, _to: sorting.restore(folder, threads),
    "move": _move,
}
# Deeds that take rows out of the list, and are therefore announced with an undo.
LEAVING = frozenset(("archive", "trash", "spam", "restore", "move"))


@require_POST
@login_required
def act(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """Do a verb to the chosen conversations of a folder; answer with the way back."""
    box = own_mailbox(request, mailbox)
    folder = folder_of(box, request.POST.get("folder", ""))
    verb, _colon, to = request.POST.get("verb", "").partition(":")
    if (deed := DEEDS.get(verb)) is None:
        raise Http404
    threads = _threads(request)
    change = deed(folder, threads, to)
    toast = _toast(request, verb, change, len(threads)) if verb in LEAVING else None
    if request.htmx:
        context = {
            "toast": toast,
            "mailbox": box,
            "threads": threads if verb in ("star", "unstar") else (),
            "starred": verb == "star",
        }
        answer = render(request, "mailbox/threads/_acted.html", context)
        answer.headers["HX-Trigger"] = CHANGED
        return answer
    if toast:
        request.session["undo"] = toast
    return redirect("mailbox:folder", box.pk, folder.slug)


@require_POST
@login_required
def undo(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """Give the messages back what they had before."""
    box = own_mailbox(request, mailbox)
    sorting.undo(box, _change(box, request.POST.get("change", "")))
    if request.htmx:
        answer = HttpResponse()
        answer.headers["HX-Trigger"] = CHANGED
        return answer
    return redirect("mailbox:folder", box.pk, request.POST.get("folder") or Folder.Kind.INBOX)


def _threads(request: PortalRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in request.POST.getlist("thread")]
    except ValueError:
        raise Http404 from None


def _toast(request: PortalRequest, verb: str, change: Change, number: int) -> dict[str, Any]:
    """What the toast says, and the signed change that its button gives back."""
    sentences = {
        "archive": ngettext(
            "Archived %(count)s conversation.", "Archived %(count)s conversations.", number
        ),
        "trash": ngettext(
            "%(count)s conversation is in the bin.",
            "%(count)s conversations are in the bin.",
            number,
        ),
        "spam": ngettext(
            "%(count)s conversation is in spam.", "%(count)s conversations are in spam.", number
        ),
        "restore": ngettext(
            "Put back %(count)s conversation.", "Put back %(count)s conversations.", number
        ),
        "move": ngettext("Moved %(count)s conversation.", "Moved %(count)s conversations.", number),
    }
    text = sentences[verb] if change.messages else _("Nothing has changed.")
    return {
        "text": text % {"count": manner_of(request).digits(str(number))},
        "change": signing.dumps(change.to_json(), salt=_SALT, compress=True),
        "folder": request.POST.get("folder", ""),
    }


def _change(mailbox: Mailbox, signed: str) -> Change:
    try:
        change = Change.from_json(signing.loads(signed, salt=_SALT, max_age=24 * 3600))
    except (signing.BadSignature, ValueError, KeyError, TypeError):
        raise Http404 from None
    if change.mailbox != mailbox.pk:
        raise Http404
    return change
