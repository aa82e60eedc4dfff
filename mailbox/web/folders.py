"""Lists: the inbox, every other folder, labels, the starred and all mail, page by page."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Account
from mailbox.models import Folder, Mailbox
from mailbox.opening import mailbox_key
from mailbox.reading import listing
from mailbox.reading.deeds.snoozing import choices
from mailbox.reading.lists import List
from mailbox.web.finding import cursor_of, own_mailbox
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import Shell, find_mailbox, first_mailbox
from mailbox.web.sorting.places import place_in


@require_GET
@login_required
def inbox(request: PortalRequest) -> HttpResponse:
    """The first page anybody sees."""
    mailbox = find_mailbox(request.user) or first_mailbox(request.user)
    if mailbox is None:
        return render(request, "mailbox/folders/none.html")
    return _answer(request, mailbox, Folder.Kind.INBOX)


@require_GET
@login_required
def show(request: PortalRequest, mailbox: UUID, folder: str) -> HttpResponse:
    """A list: a page of it, the next page for htmx, or the first one brought up to date."""
    return _answer(request, own_mailbox(request, mailbox), folder)


@require_GET
@login_required
def label(request: PortalRequest, mailbox: UUID, label: UUID) -> HttpResponse:
    """The conversations that carry a label."""
    return _answer(request, own_mailbox(request, mailbox), "", label=label)


def _answer(
    request: PortalRequest, mailbox: Mailbox, slug: str, *, label: UUID | None = None
) -> HttpResponse:
    shell, place = place_in(request, mailbox, slug, label=label)
    filtered = request.GET.get("show", "")
    page, is_refresh = _page(request, shell, place.list_of(filtered))
    before = request.GET.get("before")
    context = {
        "shell": shell,
        "place": place,
        "title": place.title,
        "show": filtered,
        "page": page,
        "is_first": not before,
        "is_roomy": request.user.density == Account.Density.ROOMY,
        "snoozes": choices(timezone.now(), manner_of(request)),
        "toast": request.session.pop("undo", None) if "undo" in request.session else None,
    }
    return render(request, _template(request, is_refresh, bool(before)), context)


def _page(request: PortalRequest, shell: Shell, one: List) -> tuple[listing.Page, bool]:
    """The page asked for, and whether it is the first one brought up to date."""
    key = mailbox_key(shell.mailbox)
    view = listing.View(key, manner_of(request), timezone.now(), shell.labels)
    if request.htmx and (down_to := cursor_of(request, "down_to")):
        page = listing.refreshed(one, view, down_to=down_to)
        if page is not None:
            return page, True
    return listing.page(one, view, before=cursor_of(request, "before")), False


def _template(request: PortalRequest, is_refresh: bool, is_older: bool) -> str:
    if not request.htmx or request.htmx.history_restore_request:
        return "mailbox/folders/show.html"
    if is_refresh:
        return "mailbox/folders/_refreshed.html"
    return "mailbox/folders/_page.html" if is_older else "mailbox/folders/_list.html"
