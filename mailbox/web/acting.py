"""What people do with conversations: one verb, chosen rows, and a way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from mailbox import reporting
from mailbox.models import Mailbox
from mailbox.reading import sorting
from mailbox.reading.deeds import jobs
from mailbox.reading.deeds.changes import Change
from mailbox.reading.lists import FILTERS, List
from mailbox.reading.sorting import NOT_BY_HAND
from mailbox.web.finding import folder_of, own_mailbox
from mailbox.web.requests import PortalRequest
from mailbox.web.sorting.jobs import CHANGED
from mailbox.web.sorting.own import label_of
from mailbox.web.sorting.places import address_of
from mailbox.web.sorting.verbs import DEEDS, SHOWN, SILENT, Deed, sentence

_SALT = "mailbox.undo"
# What tells an open conversation to show itself anew.
REREAD = "portal:reread"


@require_POST
@login_required
def act(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """Do a verb to chosen conversations, or to all of a list; answer with the way back.

    folder: the list's, empty for a list over the whole mailbox; with `all` the verb is
    for every conversation of the list (folder, label, show), by a worker.
    """
    box = own_mailbox(request, mailbox)
    verb, _colon, argument = request.POST.get("verb", "").partition(":")
    slug = request.POST.get("folder", "")
    here = folder_of(box, slug) if slug else box
    if request.POST.get("all"):
        return _begin(request, box, verb, argument)
    if (deed := DEEDS.get(verb)) is None:
        raise Http404
    doing = Deed(request, here, _threads(request), argument, timezone.now())
    change = deed(doing)
    toast = None if verb in SILENT else toast_of(request, sentence(verb, change, doing), change)
    if request.htmx:
        context = {
            "toast": toast,
            "mailbox": box,
            "threads": doing.threads if verb in ("star", "unstar") else (),
            "starred": verb == "star",
        }
        answer = render(request, "mailbox/threads/_acted.html", context)
        answer.headers["HX-Trigger"] = f"{CHANGED}, {REREAD}" if verb in SHOWN else CHANGED
        return answer
    if toast:
        request.session["undo"] = toast
    return redirect(_back(request, box))


@require_POST
@login_required
def undo(request: PortalRequest, mailbox: UUID) -> HttpResponse:
    """Give the messages back what they had before."""
    box = own_mailbox(request, mailbox)
    change = _change(box, request.POST.get("change", ""))
    reporting.take_back(box, change, by=request.user, now=timezone.now())
    sorting.undo(box, change)
    if request.htmx:
        answer = HttpResponse()
        answer.headers["HX-Trigger"] = f"{CHANGED}, {REREAD}"
        return answer
    return redirect(_back(request, box))


def _begin(request: PortalRequest, box: Mailbox, verb: str, argument: str) -> HttpResponse:
    """Have a worker do it to the whole list."""
    show, label = request.POST.get("show", ""), request.POST.get("list_label", "")
    slug = request.POST.get("folder", "")
    if verb == "labels":
        # The first box ticked: a job does one verb.
        verb, argument = "label", next(iter(request.POST.getlist("label")), "")
    if verb not in jobs.VERBS or show not in FILTERS:
        raise Http404
    if verb == jobs.ERASE and request.POST.get("sure") != "yes":
        raise Http404
    if verb == "move" and folder_of(box, argument).kind in NOT_BY_HAND:
        raise Http404
    if verb in ("label", "unlabel"):
        label_of(box, argument)
    one = List(
        box,
        folder_of(box, slug) if slug else None,
        label_of(box, label) if label else None,
        show,
    )
    job = jobs.begin(one, verb, target=argument, now=timezone.now())
    if request.htmx:
        context = {"job": job, "mailbox": box, "can_undo": False}
        answer = render(request, "mailbox/jobs/_job.html", context)
        answer.headers["HX-Retarget"] = "#jobs"
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    return redirect("mailbox:job", box.pk, job.pk)


def _back(request: PortalRequest, box: Mailbox) -> str:
    """The list a form came from."""
    sent = request.POST
    folder, label = sent.get("folder", ""), sent.get("list_label", "")
    if folder:
        folder_of(box, folder)
    if label:
        label_of(box, label)
    return address_of(box, folder, label=label, show=sent.get("show", ""))


def _threads(request: PortalRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in request.POST.getlist("thread")]
    except ValueError:
        raise Http404 from None


def toast_of(request: PortalRequest, text: str, change: Change) -> dict[str, Any]:
    """What the toast says, and the signed change that its button gives back."""
    sent = request.POST
    return {
        "text": text,
        "change": signing.dumps(change.to_json(), salt=_SALT, compress=True) if change else "",
        "folder": sent.get("folder", ""),
        "label": sent.get("list_label", ""),
        "show": sent.get("show", ""),
    }


def _change(mailbox: Mailbox, signed: str) -> Change:
    try:
        change = Change.from_json(signing.loads(signed, salt=_SALT, max_age=24 * 3600))
    except (signing.BadSignature, ValueError, KeyError, TypeError):
        raise Http404 from None
    if change.mailbox != mailbox.pk:
        raise Http404
    return change
