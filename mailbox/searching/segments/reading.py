"""Which messages of a mailbox may be what a query asks for, the newest first, by its index.

Unfolded rows are listed before segments, and segments before their blocks are read: whatever is
folded or merged meanwhile is met twice and never missed. What is gone by the time it is read
was folded or merged; then everything is listed again, and the reading goes on where it was.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
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

    def reaches(self, other: Coverage) -> bool:
        """Whether it answers for all that the other does."""
        if self.index is None or other.index is None:
            return other.index is None
        if self.down_to is None or other.down_to is None:
            return self.down_to is None
        return self.down_to <= other.down_to


@dataclass(frozen=True)
class Bounds:
    """Which messages are asked for: those below a place, received before `newest`, not before
    `oldest`."""

    after: Place | None = None
    newest: datetime | None = None
    oldest: datetime | None = None


class OutOfTime(Exception):
    """The time is over; all candidates above `place` have been given."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


_ALL = Bounds()


def coverage(mailbox: Mailbox) -> Coverage:
    """The index that a search of this mailbox reads now, and how far it goes."""
    found = {one.state: one for one in SearchIndex.objects.filter(mailbox=mailbox)}
    whole, building = (found.get(state) for state in ("in-use", "building"))
    if whole and whole.damaged_at is None and whole.scheme == SCHEME:
        return Coverage(whole)
    is_damaged = any(one.damaged_at is not None for one in (whole, building) if one)
    if building and building.damaged_at is not None:
        building = None
    if building and building.scheme == SCHEME and building.built_at and building.built_id:
        return Coverage(building, (building.built_at, building.built_id), is_damaged)
    return Coverage(is_damaged=is_damaged)


def candidates(
    mailbox: Mailbox,
    root: Node,
    private_key: bytes,
    bounds: Bounds = _ALL,
    *,
    covered: Coverage | None = None,
    is_over: Callable[[], bool] = bool,
) -> Iterator[Candidate]:
    """Messages that may match, newest first, each once, as far as `covered` goes.

    covered: what `coverage` said, and was told to be searched, if it was asked. is_over: asked
    after rows that were opened in vain; ends it with OutOfTime. Some messages may have been
    deleted since. Raises IndexDamaged where a part of the index is missing, does not open, or was
    found broken since.
    """
    need = needs_of(root)
    span = Span(_upper(bounds), micros(bounds.oldest) if bounds.oldest else None)
    now = covered = covered or coverage(mailbox)
    for _ in range(_ATTEMPTS):
        try:
            for found in _once(mailbox, need, private_key, span, now):
                if found.is_named:
                    yield Candidate(found.at[1], moment(found.at[0]), found.content_key)
                elif is_over():
                    raise OutOfTime((moment(found.at[0]), found.at[1]))
                span = Span(found.at, span.oldest)
            return
        except SegmentsMoved:
            now = coverage(mailbox)
            if not now.reaches(covered):
                break  # found broken since by somebody else: less would be taken for all
    raise IndexDamaged


def _once(
    mailbox: Mailbox, need: Need | None, private_key: bytes, span: Span, covered: Coverage
) -> Iterator[Found]:
    rows = of_rows(mailbox, need, private_key, span)
    segments = of_segments(_segments(mailbox, private_key, covered), need, span)
    last: At | None = None
    for found in heapq.merge(rows, segments, key=lambda one: one.at, reverse=True):
        if not found.is_named:
            yield found
        elif found.at != last:
            last = found.at
            yield found


def _segments(mailbox: Mailbox, private_key: bytes, covered: Coverage) -> Sequence[Segment]:
    index = covered.index
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
    if sum(one.columns for one in segments) < index.columns:
        raise SegmentsMoved  # merged since, or another index has taken its place; or a row is lost
    if not segments and coverage(mailbox).index != index:
        raise SegmentsMoved
    return segments


def _upper(bounds: Bounds) -> At:
    """The place that everything asked for is below."""
    places: list[At] = [(micros(datetime.max.replace(tzinfo=UTC)), _LAST)]
    if bounds.after:
        places.append((micros(bounds.after[0]), bounds.after[1]))
    if bounds.newest:
        places.append((micros(bounds.newest), _ZERO))
    return min(places)
