"""Finding whom to write to: among one's contacts and groups, as the page that writes asks."""

from __future__ import annotations

from typing import Any

from mailbox import opening
from mailbox.addressbook.contacts import LONGEST_QUERY, Person, book_of, matching
from mailbox.addressbook.groups import groups_of
from mailbox.models import Mailbox


def find(mailbox: Mailbox, words: str, *, limit: int = 10) -> list[dict[str, Any]]:
    """Groups, then people, in whom every word is found: the directory's shape of an answer.

    A group is {"group": its name, "members": [people]}. Those whose name begins with
    the first word come first.
    """
    wanted = words[:LONGEST_QUERY].casefold().split()
    if not wanted:
        return []
    private_key = opening.mailbox_key(mailbox)
    people = book_of(mailbox, private_key)
    found = matching(people, words)
    found.sort(key=lambda one: not one.card.name.casefold().startswith(wanted[0]))
    groups = [
        {"group": group.name, "members": [_person(one) for one in group.members]}
        for group in groups_of(mailbox, private_key, people)
        if group.members and all(word in group.name.casefold() for word in wanted)
    ]
    return [*groups[:limit], *(_person(one) for one in found[:limit])]


def _person(one: Person) -> dict[str, str]:
    card = one.card
    return {
        "name": card.name,
        "position": card.post,
        "agency": card.office,
        "code": "",
        "address": card.address,
    }
