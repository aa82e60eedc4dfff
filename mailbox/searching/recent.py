"""What somebody searched for lately, sealed under the mailbox's own key.

A search has a row, so that its page has an address without words (ADR 0009). The
digest tells the same search from another without opening any.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from mailbox.errors import SealBroken
from mailbox.filing.messages import lock
from mailbox.ids import new_id
from mailbox.models import Mailbox, RecentSearch
from mailbox.opening import open_own, seal_own
from mailbox.sealing import keyring, lookup
from mailbox.searching.words import normalise

SHOWN = 10
# More are kept than shown: the way back leads to results a while later.
KEPT = 30
_PURPOSE = "recent-search"


@dataclass(frozen=True)
class Recent:
    """A search of lately, opened."""

    id: UUID
    text: str


def remember(mailbox: Mailbox, text: str, *, private_key: bytes, now: datetime) -> RecentSearch:
    """Keep a search, or bring it to the front if it was made before; drop the oldest."""
    digest = lookup.digest(keyring.current().lookup_key, mailbox.pk, "search", normalise(text))
    with transaction.atomic():
        # Two windows that ask the same at once would seal the words to one row and keep another.
        lock([mailbox.pk])
        # Its words may be spaced or spelt otherwise this time: they are sealed anew.
        made_before = RecentSearch.objects.filter(mailbox=mailbox, digest=digest).first()
        pk = made_before.pk if made_before else new_id()
        sealed = seal_own({"query": text}, private_key, purpose=_PURPOSE, row_id=pk)
        found, _made = RecentSearch.objects.update_or_create(
            mailbox=mailbox,
            digest=digest,
            defaults={"sealed_query": sealed, "used_at": now},
            create_defaults={"id": pk, "sealed_query": sealed, "used_at": now},
        )
        kept = RecentSearch.objects.filter(mailbox=mailbox).order_by("-used_at", "-id")[:KEPT]
        RecentSearch.objects.filter(mailbox=mailbox).exclude(
            pk__in=list(kept.values_list("pk", flat=True))
        ).delete()
    return found


def text_of(search: RecentSearch, private_key: bytes) -> str:
    """The words of a search. Raises SealBroken."""
    opened = open_own(bytes(search.sealed_query), private_key, purpose=_PURPOSE, row_id=search.pk)
    return str(opened.get("query", ""))


def latest(mailbox: Mailbox, *, private_key: bytes) -> list[Recent]:
    """The ten latest searches, newest first; one whose seal is broken is left out, and logged."""
    found = []
    for row in RecentSearch.objects.filter(mailbox=mailbox).order_by("-used_at", "-id")[:SHOWN]:
        try:
            found.append(Recent(row.pk, text_of(row, private_key)))
        except SealBroken:
            continue
    return found


def forget(mailbox: Mailbox, search: UUID | None = None) -> int:
    """Delete one search, or all of them; return how many."""
    rows = RecentSearch.objects.filter(mailbox=mailbox)
    return (rows.filter(pk=search) if search else rows).delete()[0]
