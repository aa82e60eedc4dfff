"""What the search box suggests while somebody types, letters first. By POST (ADR 0009)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.people import directory
from mailbox.addressbook.finding import find
from mailbox.models import Mailbox
from mailbox.opening import mailbox_key
from mailbox.reading.listing import View
from mailbox.searching import recent
from mailbox.searching.words import holds, normalise
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.search.outcome import first_hits
from mailbox.web.search.places import asked_in

PEOPLE = 4


@require_POST
@login_required
def suggest(request: PortalRequest) -> HttpResponse:
    """Searches of lately, people and operators that go with what is typed so far."""
    mailbox = asked_in(request)
    if mailbox is None:
        return HttpResponse()
    text = request.POST.get("q", "")[:200]
    key = mailbox_key(mailbox)
    typed = normalise(text)
    last = text.split()[-1] if text.split() and not text.endswith(" ") else ""
    lately = recent.latest(mailbox, private_key=key)
    context = {
        "letters": first_hits(mailbox, text, View(key, manner_of(request), timezone.now())),
        "recent": [one for one in lately if not typed or holds(normalise(one.text), typed)][:5],
        "people": _people(request, mailbox, last),
        "operators": [one for one in operators() if not typed or one[0].startswith(last)][:6],
        "typed": bool(typed),
    }
    return render(request, "mailbox/search/_suggestions.html", context)


@dataclass(frozen=True)
class Suggested:
    """A person, and the words that search for them. code: their office's, empty for a contact."""

    words: str
    name: str
    detail: str
    code: str = ""


def _people(request: PortalRequest, mailbox: Mailbox, last: str) -> list[Suggested]:
    """Contacts and colleagues whose name holds what is being typed; an operator before it stays."""
    name, colon, word = last.rpartition(":")
    if len(normalise(word)) < 2:
        return []
    before = f"{name}:" if colon else _("from:")
    own = [one for one in find(mailbox, word, limit=PEOPLE) if "address" in one]
    colleagues = directory.find(word, by=request.user, limit=PEOPLE)
    found = [
        Suggested(f"{before}{one['address']}", one["name"] or one["address"], one["address"])
        for one in own
    ]
    found += [
        Suggested(f"{before}{one.address}", one.name, f"{one.position} · {one.agency}", one.code)
        for one in colleagues
    ]
    return list({one.words: one for one in found}.values())[:PEOPLE]


def operators() -> list[tuple[str, str]]:
    """Operators in the reader's language, and what each is for."""
    return [
        (_("from:"), _("who wrote it")),
        (_("to:"), _("who received it")),
        (_("subject:"), _("words of the subject")),
        (_("has:attachment"), _("with attachments; also image, pdf")),
        (_("is:unread"), _("also read, starred, urgent, snoozed, muted")),
        (_("after:"), _("from a day on: 1/1/2569, 7d, yesterday")),
        (_("before:"), _("before a day")),
        (_("in:"), _("a folder or label; in:anywhere with spam and bin")),
        (_("filename:"), _("words of a file name")),
        (_("larger:"), _("larger than 5MB")),
        (_("label:"), _("with this label")),
        (_("cc:"), _("who got a copy")),
    ]
