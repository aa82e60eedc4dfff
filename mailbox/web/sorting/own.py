"""The person's own folders and labels: made, renamed, put elsewhere, deleted."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mailbox.models import Folder, Label, Mailbox
from mailbox.opening import mailbox_key
from mailbox.reading import folders, labels
from mailbox.web.finding import folder_of, own_mailbox
from mailbox.web.requests import PortalRequest
from mailbox.web.shell import shell_of

_COLOURS = range(labels.COLOURS)


# --- Folders --------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def own(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """The person's own folders."""
    box = own_mailbox(request, mailbox)
    if request.method == "POST":
        parent = _parent(box, request.POST.get("parent", ""))
        made = folders.create(box, request.POST.get("name", ""), parent=parent)
        messages.success(request, _("The folder “%(name)s” is there.") % {"name": made.name})
        return redirect("mailbox:folders", box.pk)
    shell = shell_of(request, box, at="own")
    shelves = [one for one in folders.in_order(shell.folders) if one.folder.kind == "own"]
    return render(request, "mailbox/folders/own.html", {"shell": shell, "shelves": shelves})


@require_POST
@login_required
def rename(request: PortalRequest, mailbox: UUID, folder: str) -> HttpResponse:
    """Another name, or another folder around it."""
    found = folder_of(own_mailbox(request, mailbox), folder)
    if request.POST.get("name", found.name) != found.name:
        folders.rename(found, request.POST["name"])
    if "parent" in request.POST:
        parent = _parent(found.mailbox, request.POST["parent"])
        if (parent and parent.pk) != found.parent_id:
            folders.put_under(found, parent)
    messages.success(request, _("The folder is called “%(name)s” now.") % {"name": found.name})
    return redirect("mailbox:folders", mailbox)


@require_POST
@login_required
def delete(request: PortalRequest, mailbox: UUID, folder: str) -> HttpResponse:
    found = folder_of(own_mailbox(request, mailbox), folder)
    folders.delete(found, now=timezone.now())
    messages.success(request, _("The folder is gone; what it held lies in the bin."))
    return redirect("mailbox:folders", mailbox)


def _parent(mailbox: Mailbox, slug: str) -> Folder | None:
    return folder_of(mailbox, slug) if slug else None


# --- Labels ---------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def labels_page(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """The person's labels."""
    box = own_mailbox(request, mailbox)
    if request.method == "POST":
        name = request.POST.get("name", "")
        labels.create(box, name, mailbox_key(box), colour=_colour(request))
        messages.success(request, _("The label is there."))
        return redirect("mailbox:labels", box.pk)
    context = {"shell": shell_of(request, box, at="labels"), "colours": _COLOURS}
    return render(request, "mailbox/labels/index.html", context)


@require_POST
@login_required
def rename_label(request: PortalRequest, mailbox: UUID, label: UUID) -> HttpResponse:
    """Another name or colour."""
    found = label_of(own_mailbox(request, mailbox), label)
    key, colour = mailbox_key(found.mailbox), _colour(request)
    labels.rename(
        found, request.POST.get("name", ""), key, colour=found.colour if colour is None else colour
    )
    messages.success(request, _("The label has been changed."))
    return redirect("mailbox:labels", mailbox)


@require_POST
@login_required
def delete_label(request: PortalRequest, mailbox: UUID, label: UUID) -> HttpResponse:
    labels.delete(label_of(own_mailbox(request, mailbox), label))
    messages.success(request, _("The label is gone; the letters stay where they are."))
    return redirect("mailbox:labels", mailbox)


def label_of(mailbox: Mailbox, label: UUID | str) -> Label:
    """A label of a mailbox, 404 otherwise."""
    try:
        found = Label.objects.filter(mailbox=mailbox, pk=UUID(str(label))).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    found.mailbox = mailbox
    return found


def _colour(request: PortalRequest) -> int | None:
    text = request.POST.get("colour", "")
    return next((one for one in _COLOURS if str(one) == text), None)
