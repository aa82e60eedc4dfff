"""Groups: a name for several contacts, to write to all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from mailbox import opening
from mailbox.addressbook.card import plain_line
from mailbox.addressbook.contacts import Person, book_of
from mailbox.errors import BookIsFull
from mailbox.ids import new_id
from mailbox.models import Contact, ContactGroup, Mailbox

MOST = 200
_PURPOSE = "contact-group"


@dataclass(frozen=True)
class Group:
    """A group, opened. members: in the order of the book."""

    id: UUID
    name: str
    members: Sequence[Person]


def groups_of(mailbox: Mailbox, private_key: bytes, people: Sequence[Person]) -> list[Group]:
    """All groups by name; people: the whole book, opened already."""
    rows = list(ContactGroup.objects.filter(mailbox=mailbox)[:MOST])
    through = ContactGroup.members.through.objects.filter(contactgroup__in=rows)
    members: dict[UUID, set[UUID]] = {row.pk: set() for row in rows}
    for group_id, contact_id in through.values_list("contactgroup_id", "contact_id"):
        members[group_id].add(contact_id)
    found = [
        Group(
            row.pk,
            _name(row, private_key),
            [one for one in people if one.id in members[row.pk]],
        )
        for row in rows
    ]
    return sorted(found, key=lambda group: group.name.casefold())


@transaction.atomic
def keep(mailbox: Mailbox, name: str, *, group: ContactGroup | None = None) -> ContactGroup:
    """Name a group, a new one unless it is given."""
    if group is None:
        if ContactGroup.objects.filter(mailbox=mailbox).count() >= MOST:
            raise BookIsFull
        group = ContactGroup(id=new_id(), mailbox=mailbox)
    group.sealed_name = opening.seal_own(
        {"name": plain_line(name)},
        opening.mailbox_key(mailbox),
        purpose=_PURPOSE,
        row_id=group.pk,
    )
    group.save()
    return group


@transaction.atomic
def put_into(contact: Contact, group_ids: Iterable[UUID]) -> None:
    """Let a contact be in these groups of its mailbox, and in no others."""
    own = ContactGroup.objects.filter(mailbox=contact.mailbox_id, pk__in=list(group_ids))
    contact.groups.set(own)


def add_addresses(group: ContactGroup, addresses: Iterable[str]) -> None:
    """Let everybody in the book with one of these addresses be in the group."""
    wanted = {address.lower() for address in addresses}
    people = book_of(group.mailbox, opening.mailbox_key(group.mailbox))
    ids = [one.id for one in people if wanted & {each.lower() for each in one.card.addresses}]
    group.members.add(*Contact.objects.filter(mailbox=group.mailbox_id, pk__in=ids))


def _name(row: ContactGroup, private_key: bytes) -> str:
    value = opening.open_own(bytes(row.sealed_name), private_key, purpose=_PURPOSE, row_id=row.pk)
    return str(value["name"])
