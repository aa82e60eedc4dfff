"""Counters: what is kept beside the rows it counts is counted again, and put right.

Verifying reads and locks nothing. Mending takes one mailbox after the other under the lock
that filing takes, in rounds, so that mail flows between them; what it finds right it does not
touch. Not among these: figures no row in clear can prove (`holes` and `partial` of an index, a
day's recipients, a job's progress), and snapshots, which are history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.audit import chain
from mailbox.filing.placements import announce, drop_empty, place
from mailbox.inspecting import counts
from mailbox.models import Delivery, Mailbox

# Drifted rows of one kind that are named, or mended in one transaction.
MOST = 500
_PAGE = 500
_FAILED = [state.value for state in Delivery.NOT_REACHED]

Mend = Callable[[UUID, list[UUID]], None]


@dataclass(frozen=True)
class Drift:
    """A row whose counters do not agree with what they count; ids and numbers only."""

    mailbox_id: UUID
    kind: str
    row_id: UUID
    says: str
    counted: str

    def __str__(self) -> str:
        return (
            f"mailbox {self.mailbox_id}: {self.kind} {self.row_id} says"
            f" ({self.says}), counted ({self.counted})"
        )


def mailboxes(after: UUID | None = None) -> Iterator[UUID]:
    """The ids of all mailboxes in order, behind one where a run stopped; a page at a time."""
    while True:
        rows = Mailbox.objects.order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        page = list(rows.values_list("pk", flat=True)[:_PAGE])
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]


def drifts(mailbox_id: UUID) -> list[Drift]:
    """Rows of a mailbox whose counters are wrong, at most MOST of a kind. Reads only."""
    return [drift for kind in _KINDS for drift in _found(kind, mailbox_id)]


def mend(mailbox_id: UUID, *, now: datetime) -> Mapping[str, int]:
    """Put right the counters of a mailbox; return how many rows of each kind were wrong.

    Open pages are told, and an event says it. A second time there is nothing to do.
    """
    mended: Counter[str] = Counter()
    for kind in _KINDS:
        before: list[UUID] = []
        # Found without a lock: what is right meanwhile is counted again and stays as it is.
        while (rows := [drift.row_id for drift in _found(kind, mailbox_id)]) and rows != before:
            _mend_round(kind, mailbox_id, rows, now)
            mended[kind] += len(rows)
            before = rows
    return mended


@transaction.atomic
def _mend_round(kind: str, mailbox_id: UUID, rows: list[UUID], now: datetime) -> None:
    """Count these rows again under their locks, which are held for these rows' time only."""
    box = Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox_id)
    if kind in _LOCKS:
        _run(_LOCKS[kind], mailbox_id, rows)
    _KINDS[kind][1](mailbox_id, rows)
    announce([mailbox_id])
    details = {"counter": kind, "rows": len(rows)}
    chain.record("counters_repaired", box, by=None, now=now, details=details)


def _found(kind: str, mailbox_id: UUID) -> list[Drift]:
    with connection.cursor() as cursor:
        cursor.execute(_KINDS[kind][0], {"box": mailbox_id, "most": MOST, "failed": _FAILED})
        return [Drift(mailbox_id, kind, *row) for row in cursor.fetchall()]


def _run(statement: str, mailbox_id: UUID, rows: list[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"box": mailbox_id, "rows": rows, "failed": _FAILED})


def _by(statement: str) -> Mend:
    return lambda mailbox_id, rows: _run(statement, mailbox_id, rows)


def _placed(mailbox_id: UUID, threads: list[UUID]) -> None:
    place(set(threads), [mailbox_id])


def _dropped(mailbox_id: UUID, threads: list[UUID]) -> None:
    place(set(threads), [mailbox_id])
    drop_empty(set(threads), [mailbox_id])


# In this order: folders are counted from the lists' rows.
_KINDS: Mapping[str, tuple[str, Mend]] = {
    "placement": (counts.PLACEMENTS, _placed),
    "conversation": (counts.CONVERSATIONS, _placed),
    "label": (counts.LABELS, _placed),
    "empty": (counts.EMPTY, _dropped),
    "folder": (counts.FOLDERS, _by(counts.MEND_FOLDERS)),
    "used_bytes": (counts.USED_BYTES, _by(counts.MEND_USED_BYTES)),
    "search_index": (counts.INDEXES, _by(counts.MEND_INDEXES)),
    "submission": (counts.SUBMISSIONS, _by(counts.MEND_SUBMISSIONS)),
    "upload": (counts.UPLOADS, _by(counts.MEND_UPLOADS)),
}
# What is changed under a lock other than the mailbox's.
_LOCKS = {
    "search_index": counts.LOCK_INDEXES,
    "submission": counts.LOCK_SUBMISSIONS,
    "upload": counts.LOCK_UPLOADS,
}
