"""Address cards (vCard) taken in and given out, and who is found while somebody writes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.people import directory
from mailbox import opening
from mailbox.addressbook import cards, contacts
from mailbox.addressbook.finding import find
from mailbox.errors import CardsUnreadable
from mailbox.web.finding import mailbox_of
from mailbox.web.requests import PortalRequest

AT_MOST = 10
# Numbers of unreadable cards that are named; more help nobody.
MOST_NAMED = 20


@require_POST
@login_required
def take_in(request: PortalRequest) -> HttpResponse:
    """Read an uploaded file of cards into the book, and say what became of them."""
    file = request.FILES.get("cards")
    if file is None or (file.size or 0) > cards.LARGEST_FILE:
        raise CardsUnreadable
    found = cards.read_cards(file.read())
    new, joined, full = contacts.keep_all(mailbox_of(request), found.cards)
    context = {
        "new": new,
        "joined": joined,
        "full": full,
        "without_address": found.without_address,
        "unreadable": len(found.unreadable),
        "numbers": ", ".join(map(str, found.unreadable[:MOST_NAMED])),
        "has_more": found.has_more,
        "most": cards.MOST_CARDS,
    }
    return render(request, "mailbox/contacts/imported.html", context)


@require_GET
@login_required
def give_out(request: PortalRequest) -> HttpResponse:
    """The whole book as one file of cards."""
    box = mailbox_of(request)
    people = contacts.book_of(box, opening.mailbox_key(box))
    # Whole: it is in memory already, and ASGI would gather the pieces again.
    written = b"".join(cards.write_cards(one.card for one in people))
    answer = HttpResponse(written, content_type="text/vcard; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="contacts.vcf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@login_required
def find_people(request: PortalRequest) -> JsonResponse:
    """Answer q with own groups and contacts, then the directory: each person once.

    By POST, because what is typed are names of a sealed book: no log of addresses has them.
    """
    query = request.POST.get("q", "")
    own = find(mailbox_of(request), query, limit=AT_MOST)
    known = {str(one["address"]).lower() for one in own if "address" in one}
    listed = directory.find(query, by=request.user, limit=AT_MOST)
    others = [one.as_json() for one in listed if one.address.lower() not in known]
    return JsonResponse({"people": [*own, *others][: 2 * AT_MOST]})
