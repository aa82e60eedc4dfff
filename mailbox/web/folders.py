"""Lists: the inbox and every other folder, page by page; and the person's own folders."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mailbox.models import Folder, Mailbox
from mailbox.opening import mailbox_key
from mailbox.reading import folders as journeys
from mailbox.reading import listing
from mailbox.web.finding import cursor_of, folder_of, own_mailbox, shell_at
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.shell import find_mailbox, shell_of, title_of


@require_GET
@login_required
def inbox(request: PortalRequest) -> HttpResponse:
    """The first page anybody sees."""
    if (mailbox := find_mailbox(request.user)) is None:
        return render(request, "mailbox/folders/none.html")
    return _answer(request, mailbox, Folder.Kind.INBOX)


@require_GET
@login_required
def show(request: PortalRequest, mailbox: UUID, folder: str) -> HttpResponse:
    """A folder: a page of it, the next page for htmx, or the first one brought up to date."""
    return _answer(request, own_mailbox(request, mailbox), folder)


def _answer(request: PortalRequest, mailbox: Mailbox, slug: str) -> HttpResponse:
    shell, folder = shell_at(request, mailbox, slug)
    filtered = request.GET.get("show", "")
    if filtered not in listing.FILTERS:
        raise Http404
    page, is_refresh = _page(request, folder, filtered)
    before = request.GET.get("before")
    context = {
        "shell": shell,
        "folder": folder,
        "title": title_of(folder),
        "show": filtered,
        "page": page,
        "is_first": not before,
        "toast": request.session.pop("undo", None) if "undo" in request.session else None,
    }
    return render(request, _template(request, is_refresh, bool(before)), context)


def _page(request: PortalRequest, folder: Folder, filtered: str) -> tuple[listing.Page, bool]:
    """The page asked for, and whether it is the first one brought up to date."""
    key, manner, now = mailbox_key(folder.mailbox), manner_of(request), timezone.now()
    if request.htmx and (down_to := cursor_of(request, "down_to")):
        page = listing.refreshed(
            folder, private_key=key, manner=manner, now=now, down_to=down_to, show=filtered
        )
        if page is not None:
            return page, True
    before = cursor_of(request, "before")
    page = listing.page(
        folder, private_key=key, manner=manner, now=now, before=before, show=filtered
    )
    return page, False


def _template(request: PortalRequest, is_refresh: bool, is_older: bool) -> str:
    if not request.htmx or request.htmx.history_restore_request:
        return "mailbox/folders/show.html"
    if is_refresh:
        return "mailbox/folders/_refreshed.html"
    return "mailbox/folders/_page.html" if is_older else "mailbox/folders/_list.html"


@require_http_methods(["GET", "POST"])
@login_required
def own(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """The person's own folders: to be made, renamed and deleted."""
    box = own_mailbox(request, mailbox)
    if request.method == "POST":
        made = journeys.create(box, request.POST.get("name", ""))
        messages.success(request, _("The folder “%(name)s” is there.") % {"name": made.name})
        return redirect("mailbox:folders", box.pk)
    return render(request, "mailbox/folders/own.html", {"shell": shell_of(request, box, at="own")})


@require_POST
@login_required
def rename(request: PortalRequest, mailbox: UUID, folder: str) -> HttpResponse:
    found = folder_of(own_mailbox(request, mailbox), folder)
    journeys.rename(found, request.POST.get("name", ""))
    messages.success(request, _("The folder is called “%(name)s” now.") % {"name": found.name})
    return redirect("mailbox:folders", mailbox)


@require_POST
@login_required
def delete(request: PortalRequest, mailbox: UUID, folder: str) -> HttpResponse:
    found = folder_of(own_mailbox(request, mailbox), folder)
    journeys.delete(found, now=timezone.now())
    messages.success(request, _("The folder is gone; what it held lies in the bin."))
    return redirect("mailbox:folders", mailbox)
