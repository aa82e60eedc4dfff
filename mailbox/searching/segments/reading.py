"""Which messages of a mailbox may be what a query asks for, the newest first, by its index.

Unfolded rows are listed before segments, and segments before their blocks are read: whatever is
folded or merged meanwhile is met twice and never missed. What is gone by the time it is read
was folded or merged; then everything is listed again, and the reading goes on where it was.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mailbox.errors import IndexDamaged, SealBroken
from mailbox.models import Mailbox, SearchIndex, SearchSegment
from mailbox.searching.query import Node
from mailbox.searching.segments.blocks import Segment, SegmentsMoved
from mailbox.searching.segments.directory import At, micros, moment
from mailbox.searching.segments.needs import Need, needs_of
from mailbox.searching.segments.sealing import open_index_key
from mailbox.searching.segments.streams import Found, Span, of_rows, of_segments
from mailbox.searching.terms import SCHEME

# received_at and id of a message: where a reading begins below.
Place = tuple[datetime, UUID]

# So often a reading starts again, because of folding and merging beside it.
_ATTEMPTS = 5
_ZERO, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


@dataclass(frozen=True)
class Candidate:
    """A message that may be meant. content_key: opens its words; None where it is not known."""

    message_id: UUID
    received_at: datetime
    content_key: bytes | None


@dataclass(frozen=True)
class Coverage:
    """What an index answers for. index: None if there is none to be read.

    down_to: all mail above this place is in it; None if all mail is. is_damaged: there is one,
    and a search found it broken.
    """

    index: SearchIndex | None = None
    down_to: Place | None = None
    is_damaged: bool = False

    @property
    def is_whole(self) -> bool:
        return self.index is not None and self.down_to is None


def coverage(mailbox: Mailbox) -> Coverage:
    """The index that a search of this mailbox reads now, and how far it goes."""
    found = {one.state: one for one in SearchIndex.objects.filter(mailbox=mailbox)}
    whole, building = (found.get(state) for state in ("in-use", "building"))
    if whole and whole.damaged_at is None and whole.scheme == SCHEME:
        return Coverage(whole)
    is_damaged = bool(whole and whole.damaged_at is not None)
    if building and building.scheme == SCHEME and building.built_at and building.built_id:
        return Coverage(building, (building.built_at, building.built_id), is_damaged)
    return Coverage(is_damaged=is_damaged)


def candidates(
    mailbox: Mailbox,
    root: Node,
    private_key: bytes,
    *,
    after: Place | None = None,
    newest: datetime | None = None,
    oldest: datetime | None = None,
) -> Iterator[Candidate]:
    """Messages that may match, newest first, each once, as far as `coverage` goes.

    after: those below this place only; newest, oldest: received before the one, and not before
    the other. Some may have been deleted since. Raises IndexDamaged where a part of the index
    is missing or does not open.
    """
    need = needs_of(root)
    span = Span(_upper(after, newest), micros(oldest) if oldest else None)
    for _ in range(_ATTEMPTS):
        try:
            for found in _once(mailbox, need, private_key, span):
                yield Candidate(found.at[1], moment(found.at[0]), found.content_key)
                span = Span(found.at, span.oldest)
            return
        except SegmentsMoved:
            continue
    raise IndexDamaged


def _once(mailbox: Mailbox, need: Need | None, private_key: bytes, span: Span) -> Iterator[Found]:
    rows = of_rows(mailbox, need, private_key, span)
    segments = of_segments(_segments(mailbox, private_key), need, span)
    last: At | None = None
    for found in heapq.merge(rows, segments, key=lambda one: one.at, reverse=True):
        if found.at != last:
            last = found.at
            yield found


def _segments(mailbox: Mailbox, private_key: bytes) -> Sequence[Segment]:
    index = coverage(mailbox).index
    if index is None:
        return []
    try:
        key = open_index_key(index, private_key)
    except SealBroken:
        raise IndexDamaged from None
    # In one statement with its state: an outdated index is taken down bit by bit.
    rows = SearchSegment.objects.filter(
        mailbox=mailbox, index=index, index__mailbox=mailbox, index__state=index.state
    )
    segments = [
        Segment(
            id=one.pk,
            mailbox_id=mailbox.pk,
            columns=one.columns,
            has_runs=one.has_runs,
            newest=micros(one.newest_at),
            oldest=micros(one.oldest_at),
            index_key=key,
        )
        for one in rows
    ]
    if index.columns and not segments:
        raise SegmentsMoved  # a new index has taken the place of this one since
    return segments


def _upper(after: Place | None, newest: datetime | None) -> At:
    """The place that everything asked for is below."""
    bounds: list[At] = [(micros(datetime.max.replace(tzinfo=UTC)), _LAST)]
    if after:
        bounds.append((micros(after[0]), after[1]))
    if newest:
        bounds.append((micros(newest), _ZERO))
    return min(bounds)
