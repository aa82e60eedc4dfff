"""Contacts: a mailbox's own people, each card sealed to its own key.

The whole book is opened to be searched: five thousand small cards are quicker opened
than an index that says nothing would be asked. Runs in the web tier.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from mailbox import opening
from mailbox.addressbook.card import Card, fold_all
from mailbox.errors import BookIsFull, SealBroken
from mailbox.ids import new_id
from mailbox.models import Contact, ContactGroup, Mailbox

MOST = 5_000
PURPOSE = "contact"
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Person:
    """A contact, opened."""

    id: UUID
    card: Card


def book_of(mailbox: Mailbox, private_key: bytes) -> list[Person]:
    """Everybody in the book, by name."""
    rows = Contact.objects.filter(mailbox=mailbox).values_list("pk", "sealed_card")
    found = [Person(pk, _card(bytes(sealed), private_key, pk)) for pk, sealed in rows[:MOST]]
    return sorted(found, key=lambda one: one.card.order)


def open_contact(contact: Contact, private_key: bytes) -> Person:
    return Person(contact.pk, _card(bytes(contact.sealed_card), private_key, contact.pk))


def matching(people: Iterable[Person], words: str) -> list[Person]:
    """Those in whose names, addresses, office or post every word is found."""
    wanted = words[:LONGEST_QUERY].casefold().split()
    found = []
    for one in people:
        card = one.card
        text = fold_all([card.name, *card.addresses, card.office, card.post])
        if all(word in text for word in wanted):
            found.append(one)
    return found


@transaction.atomic
def keep(mailbox: Mailbox, card: Card, *, contact: Contact | None = None) -> Contact:
    """Write a card; BookIsFull where there is no room for a new one."""
    if contact is None:
        if Contact.objects.filter(mailbox=mailbox).count() >= MOST:
            raise BookIsFull
        contact = Contact(id=new_id(), mailbox=mailbox)
    contact.sealed_card = opening.seal_own(
        card.to_json(), opening.mailbox_key(mailbox), purpose=PURPOSE, row_id=contact.pk
    )
    contact.save()
    return contact


@transaction.atomic
def keep_all(mailbox: Mailbox, cards: Iterable[Card]) -> tuple[int, int, int]:
    """Add many cards: how many are new, how many joined one that was there, how many had no room.

    A card belongs to one that is there if they share an address.
    """
    Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox.pk)
    people = book_of(mailbox, opening.mailbox_key(mailbox))
    # Held once for all of them.
    private_key = opening.key_to_seal(mailbox.pk)
    known = {address.lower(): one for one in people for address in one.card.addresses}
    new: dict[UUID, Person] = {}
    changed: dict[UUID, Person] = {}
    full, count = 0, len(people)
    for card in cards:
        there = next((known[a.lower()] for a in card.addresses if a.lower() in known), None)
        if there is None and count + len(new) >= MOST:
            full += 1
            continue
        one = Person(new_id(), card) if there is None else Person(there.id, there.card)
        if there is not None:
            one = Person(there.id, there.card.joined(card))
        (new if there is None or there.id in new else changed)[one.id] = one
        known |= {address.lower(): one for address in one.card.addresses}
    rows = [_row(mailbox, one, private_key) for one in (*new.values(), *changed.values())]
    Contact.objects.bulk_create(rows[: len(new)], batch_size=500)
    Contact.objects.bulk_update(rows[len(new) :], ["sealed_card"], batch_size=500)
    return len(new), len(changed), full


@transaction.atomic
def forget(contact: Contact) -> str:
    """Delete a contact; return what `bring_back` needs: sealed, so that a page may carry it."""
    groups = ".".join(str(pk) for pk in contact.groups.values_list("pk", flat=True))
    kept = f"{contact.pk}:{b64encode(bytes(contact.sealed_card), b'-_').decode()}:{groups}"
    contact.delete()
    return kept


@transaction.atomic
def bring_back(mailbox: Mailbox, kept: str) -> Contact | None:
    """Undo `forget`. None where it is not of this mailbox, or was changed on the way."""
    try:
        pk_text, sealed_text, groups = kept.split(":")
        pk, sealed = UUID(pk_text), urlsafe_b64decode(sealed_text)
        card = _card(sealed, opening.mailbox_key(mailbox), pk)
        group_ids = [UUID(each) for each in groups.split(".") if each]
    except (ValueError, SealBroken):
        return None
    if Contact.objects.filter(pk=pk).exists():
        return None
    # Sealed anew: the mailbox's pair may have been changed while the page had it.
    contact = _row(mailbox, Person(pk, card), opening.key_to_seal(mailbox.pk))
    contact.save(force_insert=True)
    contact.groups.set(ContactGroup.objects.filter(mailbox=mailbox, pk__in=group_ids))
    return contact


def _row(mailbox: Mailbox, one: Person, private_key: bytes) -> Contact:
    sealed = opening.seal_own(one.card.to_json(), private_key, purpose=PURPOSE, row_id=one.id)
    return Contact(id=one.id, mailbox=mailbox, sealed_card=sealed)


def _card(sealed: bytes, private_key: bytes, pk: UUID) -> Card:
    return Card.from_json(opening.open_own(sealed, private_key, purpose=PURPOSE, row_id=pk))
