"""The pages of the search: its form, and its results step by step.

The words go by POST and come back as the address of a sealed row (ADR 0009): no
subject and no name stands in an address, a history or a log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from govmail_portal.dates import BANGKOK
from mailbox.models import RecentSearch
from mailbox.models.mailboxes import reached
from mailbox.opening import mailbox_key
from mailbox.reading.deeds.snoozing import choices
from mailbox.reading.listing import View
from mailbox.searching import operators, recent
from mailbox.searching.query import LONGEST, Query, parse
from mailbox.web import threads
from mailbox.web.finding import changes, cursor_of, own_thread
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.search.form import Filter, filter_of
from mailbox.web.search.marks import words_in
from mailbox.web.search.outcome import Outcome, Sofar, run
from mailbox.web.search.places import asked_in, options, places_of
from mailbox.web.search.telling import broken_in_words, partial_in_words, said
from mailbox.web.shell import Shell, find_mailbox, shell_of
from mailbox.web.sorting.places import SEARCH, Place

_UNSHOWABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


@require_http_methods(["GET", "POST"])
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """The form with the searches of lately; posted to, the way to the results."""
    if (mailbox := asked_in(request)) is None:
        return render(request, "mailbox/folders/none.html")
    key = mailbox_key(mailbox)
    if request.method == "POST" and (text := _asked(request)):
        kept = recent.remember(mailbox, text, private_key=key, now=timezone.now())
        if (opened := _chosen(request)) is not None:
            return redirect("mailbox:search-thread", kept.pk, opened)
        return redirect("mailbox:search-results", kept.pk)
    shell = shell_of(request, mailbox, at="search")
    context = _form(request, shell, "") | {
        "shell": shell,
        "recent": recent.latest(mailbox, private_key=key),
        "is_empty": request.method == "POST",
    }
    return render(request, "mailbox/search/index.html", context)


@require_GET
@login_required
def show(request: PortalRequest, search: UUID) -> HttpResponse:
    """The results: a page, or for htmx the step after a cursor."""
    found, key = _own(request, search)
    text = recent.text_of(found, key)
    shell = shell_of(request, found.mailbox, at="search")
    view = View(key, manner_of(request), timezone.now(), shell.labels)
    after = cursor_of(request, "after")
    outcome = run(
        found.mailbox,
        _read(text),
        view,
        places_of(found.mailbox, shell.folders, shell.labels),
        after=after,
        sofar=_sofar(request),
    )
    context = _results(outcome, view) | {
        "shell": shell,
        "place": _place(found),
        "snoozes": choices(view.now, view.manner),
        "search": found,
        "query": text,
        "everywhere": _everywhere(text),
        "is_first": after is None,
    }
    return render(request, _template(request), context)


@require_GET
@login_required
def thread(request: PortalRequest, search: UUID, thread: UUID) -> HttpResponse:
    """A conversation that was found, beside the results."""
    found, key = _own(request, search)
    opened = own_thread(request, found.mailbox_id, thread)
    shell = shell_of(request, opened.mailbox, at=SEARCH, on=opened.pk)
    words = words_in(recent.text_of(found, key))
    return threads.beside(request, opened, shell, _place(found, words))


@require_GET
@login_required
def form(request: PortalRequest) -> HttpResponse:
    """The form by itself, for the panel of the search box; `of` names the search it begins with."""
    text, mailbox = "", find_mailbox(request.user)
    if mailbox is None:
        raise Http404
    key = mailbox_key(mailbox)
    if of := request.GET.get("of"):
        try:
            text = recent.text_of(_own(request, UUID(of))[0], key)
        except ValueError:
            raise Http404 from None
    shell = shell_of(request, mailbox)
    return render(request, "mailbox/search/_form.html", _form(request, shell, text))


@require_POST
@login_required
def forget(request: PortalRequest, search: UUID | None = None) -> HttpResponse:
    """Forget one search of lately, or all."""
    if search is None:
        mailbox = find_mailbox(request.user)
    else:
        mailbox = _own(request, search)[0].mailbox
    if mailbox is None:
        raise Http404
    recent.forget(mailbox, search)
    if request.htmx:
        return HttpResponse()
    return redirect("mailbox:search")


def _chosen(request: PortalRequest) -> UUID | None:
    """The conversation that was chosen among the first hits below the box."""
    try:
        return UUID(request.POST.get("open", ""))
    except ValueError:
        return None


def _asked(request: PortalRequest) -> str:
    """The words of a query box, or what a filter form writes."""
    if "by_form" in request.POST:
        return Filter.posted(request.POST.dict()).written(manner_of(request), _today())
    # NUL and halves of characters are shown as what they are; the results say so.
    text = _UNSHOWABLE.sub("\ufffd", request.POST.get("q", ""))
    return text.strip()[: 2 * LONGEST]


def _own(request: PortalRequest, search: UUID) -> tuple[RecentSearch, bytes]:
    """A search within the person's reach, to change where it changes; its mailbox's key."""
    boxes = reached(request.user, writes=changes(request))
    related = (
        "mailbox__account__agency",
        "mailbox__account__official",
        "mailbox__account__position",
    )
    rows = RecentSearch.objects.filter(mailbox__in=boxes).select_related(*related)
    if (found := rows.filter(pk=search).first()) is None:
        raise Http404
    return found, mailbox_key(found.mailbox)


def _place(search: RecentSearch, words: Sequence[str] = ()) -> Place:
    url = reverse("mailbox:search-results", args=[search.pk])
    return Place(SEARCH, _("Search"), url, search.mailbox, search=search.pk, words=words)


def _read(text: str) -> Query:
    return parse(text, today=_today())


def _everywhere(text: str) -> str:
    """The same search with spam and bin; what stands behind an open quotation mark stays behind."""
    is_open = any(problem.kind == "quote" for problem in _read(text).problems)
    closing = '"' if is_open else ""
    return f"{text}{closing} in:{operators.EVERYWHERE}"


def _today() -> date:
    return timezone.now().astimezone(BANGKOK).date()


def _sofar(request: PortalRequest) -> Sofar:
    """What earlier steps found, as the address of this one says: for the count only."""

    def number(name: str) -> int:
        text = request.GET.get(name, "0")
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        return min(int(text), 1_000_000) if is_number else 0

    page = min(number("page"), 49)
    return Sofar(number("found"), number("broken"), page, number("partial"))


def _results(outcome: Outcome, view: View) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "said": said(outcome, view.manner),
        "broken": broken_in_words(outcome, view.manner),
        "partial": partial_in_words(outcome, view.manner),
        "index": outcome.index,
    }


def _template(request: PortalRequest) -> str:
    if not request.htmx or request.htmx.history_restore_request:
        return "mailbox/search/results.html"
    if request.GET.get("after"):
        return "mailbox/search/_step.html"
    return "mailbox/search/_list.html"


def _form(request: PortalRequest, shell: Shell, text: str) -> dict[str, Any]:
    """The form filled in for a query."""
    filled = filter_of(_read(text), manner_of(request))
    places = options(shell.folders, shell.labels, filled.place)
    return {"filter": filled, "places": places}
