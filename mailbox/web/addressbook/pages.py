"""The address book: its list, a card's form, deleting with a way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mailbox import opening
from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card, plain_line
from mailbox.addressbook.contacts import Person
from mailbox.models import Contact, Mailbox
from mailbox.web.finding import mailbox_of, own_message
from mailbox.web.requests import PortalRequest

# A longer book is shown a letter at a time; a search shows so many.
WHOLE_BOOK, MOST_FOUND = 200, 200


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def index(request: PortalRequest) -> HttpResponse:
    """The book, a letter of it, or what a search finds: posted, so that no URL has a name."""
    box = mailbox_of(request)
    private_key = opening.mailbox_key(box)
    people = contacts.book_of(box, private_key)
    query = request.POST.get("q", "").strip()
    letters = list(dict.fromkeys(one.card.letter for one in people))
    letter = request.GET.get("letter", "")
    if query:
        shown = contacts.matching(people, query)[:MOST_FOUND]
    elif len(people) > WHOLE_BOOK or letter:
        letter = letter if letter in letters else letters[0] if letters else ""
        shown = [one for one in people if one.card.letter == letter]
    else:
        shown = people
    context = {
        "sections": _sections(shown),
        "letters": letters,
        "letter": letter,
        "query": query,
        "total": len(people),
        "groups": groups.groups_of(box, private_key, people),
        "gone": request.session.pop("contact_gone", ""),
    }
    template = "mailbox/contacts/_list.html" if request.htmx else "mailbox/contacts/index.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: PortalRequest) -> HttpResponse:
    """A new card."""
    box = mailbox_of(request)
    return _keep(request, box, None) if request.method == "POST" else _form(request, box, None, {})


@require_POST
@login_required
def from_letter(request: PortalRequest, message: UUID) -> HttpResponse:
    """A new card for who wrote a letter, to be looked at; or the one that is there."""
    found, box = own_message(request, message), mailbox_of(request)
    private_key = opening.mailbox_key(box)
    sender = opening.open_rendition(found, private_key).sender
    if sender is None:
        return _form(request, box, None, {})
    wanted = sender.address.lower()
    for one in contacts.book_of(box, private_key):
        if wanted in {address.lower() for address in one.card.addresses}:
            return redirect("mailbox:contact", one.id)
    values = {"name": plain_line(sender.name), "addresses": plain_line(sender.address)}
    return _form(request, box, None, values)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: PortalRequest, contact: UUID) -> HttpResponse:
    """A card's form."""
    box = mailbox_of(request)
    found = _find(box, contact)
    if request.method == "POST":
        return _keep(request, box, found)
    card = contacts.open_contact(found, opening.mailbox_key(box)).card
    return _form(request, box, found, _values(card))


@require_POST
@login_required
def delete(request: PortalRequest, contact: UUID) -> HttpResponse:
    """Delete a card; what brings it back goes along, sealed, in the session until it is shown."""
    request.session["contact_gone"] = contacts.forget(_find(mailbox_of(request), contact))
    return redirect("mailbox:contacts")


@require_POST
@login_required
def restore(request: PortalRequest) -> HttpResponse:
    """Bring a deleted card back."""
    if contacts.bring_back(mailbox_of(request), request.POST.get("kept", "")):
        messages.success(request, _("The contact is back."))
    return redirect("mailbox:contacts")


@require_GET
@login_required
def group(request: PortalRequest, group: UUID) -> HttpResponse:
    """Who is in a group."""
    box = mailbox_of(request)
    private_key = opening.mailbox_key(box)
    people = contacts.book_of(box, private_key)
    found = [one for one in groups.groups_of(box, private_key, people) if one.id == group]
    if not found:
        return render(request, "404.html", status=404)
    members = ", ".join(one.card.address for one in found[0].members)
    context = {"group": found[0], "sections": _sections(found[0].members), "to": members}
    return render(request, "mailbox/contacts/group.html", context)


def _sections(people: Sequence[Person]) -> list[tuple[str, list[Person]]]:
    found: dict[str, list[Person]] = {}
    for one in people:
        found.setdefault(one.card.letter, []).append(one)
    return list(found.items())


def _find(box: Mailbox, contact: UUID) -> Contact:
    return get_object_or_404(Contact, pk=contact, mailbox=box)


def _values(card: Card) -> dict[str, str]:
    return {
        "name": card.name,
        "addresses": "\n".join(card.addresses),
        "phones": "\n".join(card.phones),
        "office": card.office,
        "post": card.post,
        "note": card.note,
    }


def _form(
    request: PortalRequest, box: Mailbox, contact: Contact | None, values: dict[str, str]
) -> HttpResponse:
    private_key = opening.mailbox_key(box)
    inside = set(contact.groups.values_list("pk", flat=True)) if contact else set()
    every = groups.groups_of(box, private_key, [])
    context: dict[str, Any] = {
        "contact": contact,
        "values": values,
        "groups": [(one, one.id in inside) for one in every],
    }
    return render(request, "mailbox/contacts/edit.html", context)


def _keep(request: PortalRequest, box: Mailbox, contact: Contact | None) -> HttpResponse:
    kept = contacts.keep(box, Card.typed(request.POST.dict()), contact=contact)
    chosen = [each for each in request.POST.getlist("group") if _is_id(each)]
    groups.put_into(kept, [UUID(each) for each in chosen])
    messages.success(request, _("The contact is saved."))
    return redirect("mailbox:contacts")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
