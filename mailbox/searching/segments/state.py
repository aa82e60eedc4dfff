"""How a mailbox's index stands: for pages, for the operator, for whoever keeps it in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbox.models import Mailbox, SearchIndex, UnfoldedSignature
from mailbox.searching.segments.folding import has_mail_from_before
from mailbox.searching.terms import SCHEME

# Unfolded rows are counted up to here: no page counts a mailbox.
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class State:
    """A mailbox's index in figures.

    unfolded: messages that no segment has yet, counted up to MOST_COUNTED. indexed: those that
    segments have, of `total` while it is built, else of all. partial: messages of which some
    word is not in it. is_ready: there is one to search by, whole and of the scheme in use.
    """

    unfolded: int = 0
    indexed: int = 0
    total: int = 0
    partial: int = 0
    holes: int = 0
    is_ready: bool = False
    is_building: bool = False
    is_damaged: bool = False
    is_outdated: bool = False

    @property
    def percent(self) -> int:
        """How much is built, in whole per cent rounded down; 100 once it is in use."""
        if not self.is_building:
            return 100 if self.is_ready else 0
        return min(99, 100 * self.indexed // self.total) if self.total else 0


def state_of(mailbox: Mailbox) -> State:
    """A mailbox's index in figures; three statements, whatever it holds."""
    found = {one.state: one for one in SearchIndex.objects.filter(mailbox=mailbox)}
    in_use = found.get(SearchIndex.State.IN_USE)
    building = found.get(SearchIndex.State.BUILDING)
    shown = building or in_use
    unfolded = len(mailbox.unfolded.values_list("pk")[:MOST_COUNTED])
    if shown is None:
        return State(unfolded=unfolded, is_ready=not has_mail_from_before(mailbox))
    is_damaged = in_use is not None and in_use.damaged_at is not None
    is_outdated = in_use is not None and in_use.scheme != SCHEME
    return State(
        unfolded=unfolded,
        indexed=shown.messages,
        total=shown.total or shown.messages,
        partial=shown.partial,
        holes=shown.holes,
        is_ready=in_use is not None and not (is_damaged or is_outdated),
        is_building=building is not None,
        is_damaged=is_damaged,
        is_outdated=is_outdated,
    )


def partial_in(index: SearchIndex | None) -> int:
    """Messages of which an index, or a row that waits to be folded, lacks words."""
    if index is None:
        return 0
    waiting = UnfoldedSignature.objects.filter(mailbox=index.mailbox_id, is_partial=True)
    return index.partial + len(waiting.values_list("pk")[:MOST_COUNTED])


def report_damage(index: SearchIndex, *, now: datetime) -> None:
    """Write down that an index is broken, so that a keyholder builds a new one."""
    SearchIndex.objects.filter(mailbox=index.mailbox_id, pk=index.pk, damaged_at=None).update(
        damaged_at=now
    )
