"""Groups of contacts: made, named, emptied and deleted."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.mime.addresses import parse_address_list
from mailbox.models import Contact, ContactGroup
from mailbox.web.finding import mailbox_of
from mailbox.web.requests import PortalRequest


@require_POST
@login_required
def make(request: PortalRequest) -> HttpResponse:
    """A new group."""
    if not request.POST.get("name", "").strip():
        messages.error(request, _("Give the group a name first."))
        return redirect("mailbox:contacts")
    made = groups.keep(mailbox_of(request), request.POST["name"])
    return redirect("mailbox:contact-group", made.pk)


@require_POST
@login_required
def rename(request: PortalRequest, group: UUID) -> HttpResponse:
    found = _find(request, group)
    if request.POST.get("name", "").strip():
        groups.keep(mailbox_of(request), request.POST["name"], group=found)
    return redirect("mailbox:contact-group", found.pk)


@require_POST
@login_required
def join(request: PortalRequest, group: UUID) -> HttpResponse:
    """Put people into a group: addresses as typed; who is not in the book yet comes into it."""
    found, box = _find(request, group), mailbox_of(request)
    people = parse_address_list(request.POST.get("people", ""))
    cards = [Card(who.name, (who.address,)) for who in people]
    contacts.keep_all(box, cards)
    groups.add_addresses(found, [card.address for card in cards])
    return redirect("mailbox:contact-group", found.pk)


@require_POST
@login_required
def leave(request: PortalRequest, group: UUID) -> HttpResponse:
    """Take somebody out of a group; the book keeps them."""
    found = _find(request, group)
    members = Contact.objects.filter(mailbox=found.mailbox_id)
    named = request.POST.get("contact", "")
    found.members.remove(*[one for one in members.filter(groups=found) if str(one.pk) == named])
    return redirect("mailbox:contact-group", found.pk)


@require_POST
@login_required
def delete(request: PortalRequest, group: UUID) -> HttpResponse:
    _find(request, group).delete()
    messages.success(request, _("The group is gone; its people stay in the book."))
    return redirect("mailbox:contacts")


def _find(request: PortalRequest, group: UUID) -> ContactGroup:
    return get_object_or_404(ContactGroup, pk=group, mailbox=mailbox_of(request))
