"""Candidates of the unfolded rows, and of the segments, each newest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mailbox.errors import SealBroken
from mailbox.models import Mailbox, Message, UnfoldedSignature
from mailbox.opening import content_key
from mailbox.sealing.records import open_bytes
from mailbox.searching.segments.blocks import Opened, Segment, SegmentsMoved
from mailbox.searching.segments.cache import CACHE
from mailbox.searching.segments.directory import At, at, columns_below, entries, micros
from mailbox.searching.segments.needs import Bits, Either, Every, Need
from mailbox.searching.segments.writing import NO_KEY
from mailbox.searching.signatures import Column, unpack
from mailbox.searching.slices import ENTRIES
from mailbox.searching.terms import SCHEME

# Rows opened at once; segments read at once: first few, for a frequent word ends soon.
_ROWS = 64
_FIRST_COLUMNS, _MORE = 16_384, 8
# So many candidates are named by one statement: about a page at first.
_AT_ONCE, _MOST_AT_ONCE = 64, 512
_LAST = UUID(int=(1 << 128) - 1)


# The columns of an unfolded row, and the key of its content: None for what cannot be read.
_Row = tuple[list[Column] | None, bytes | None]


@dataclass(frozen=True)
class Found:
    """A candidate: its place, and the key of its content if it is known.

    is_named: or no candidate, but how far rows have been looked through in vain.
    """

    at: At
    content_key: bytes | None
    is_named: bool = True


@dataclass(frozen=True)
class Span:
    """What is asked for: below a place, and not older than so many µs since 1970 UTC."""

    upper: At
    oldest: int | None = None

    def has(self, place: At) -> bool:
        return place < self.upper and (self.oldest is None or place[0] >= self.oldest)


def of_rows(mailbox: Mailbox, need: Need | None, private_key: bytes, span: Span) -> Iterator[Found]:
    """Candidates among what is not folded yet. All rows are listed before this returns."""
    # The mailbox said twice: else every partition of the messages is planned for and looked at.
    rows = UnfoldedSignature.objects.filter(mailbox=mailbox, message__mailbox=mailbox)
    listed = [
        ((micros(received_at), message_id), pk)
        for pk, message_id, received_at in rows.values_list(
            "pk", "message_id", "message__received_at"
        )
    ]
    listed = sorted((one for one in listed if span.has(one[0])), reverse=True)
    return _rows(mailbox, need, private_key, iter(listed))


def _rows(
    mailbox: Mailbox, need: Need | None, private_key: bytes, listed: Iterator[tuple[At, UUID]]
) -> Iterator[Found]:
    while chunk := dict(islice(listed, _ROWS)):
        opened = _open_rows(mailbox, chunk, private_key)
        for place, pk in chunk.items():
            if pk not in opened:
                continue
            columns, key = opened[pk]
            # What cannot be read is not said to lack the words: its message will be looked at.
            if columns is None or need is None or _has(columns, need):
                yield Found(place, key)
        yield Found(place, None, is_named=False)


def _open_rows(mailbox: Mailbox, chunk: dict[At, UUID], private_key: bytes) -> dict[UUID, _Row]:
    # Kept for whoever has this key; not the key itself, which is kept nowhere.
    whose = blake2b(private_key, digest_size=16).digest()
    opened = {pk: kept for pk in chunk.values() if (kept := CACHE.get((pk, whose)))}
    missing = [pk for pk in chunk.values() if pk not in opened]
    rows = UnfoldedSignature.objects.filter(mailbox=mailbox, pk__in=missing)
    for row in rows.select_related("message") if missing else ():
        opened[row.pk] = one = _open_row(row, private_key)
        CACHE.put((row.pk, whose), one, 200 + sum(column.nbytes for column in one[0] or ()))
    gone = [message for (_, message), pk in chunk.items() if pk not in opened]
    if gone and Message.objects.filter(mailbox=mailbox, pk__in=gone).exists():
        raise SegmentsMoved  # folded; what is deleted is missed by nobody
    return opened


def _open_row(row: UnfoldedSignature, private_key: bytes) -> _Row:
    try:
        key = content_key(row.message, private_key)
        packed = open_bytes(
            bytes(row.sealed), key, purpose="signature", binding=str(row.message_id)
        )
        return unpack(packed) if row.scheme == SCHEME else None, key
    except (SealBroken, ValueError):
        return None, None


def _has(columns: list[Column], need: Need) -> bool:
    match need:
        case Every(needs):
            return all(_has(columns, one) for one in needs)
        case Either(needs):
            return any(_has(columns, one) for one in needs)
        case Bits(bits):
            return any(bool(np.isin(bits, column).all()) for column in columns)


def of_segments(segments: Sequence[Segment], need: Need | None, span: Span) -> Iterator[Found]:
    """Candidates of segments. A segment is not read before its dates come to be asked for."""
    left = sorted(
        (one for one in segments if _overlaps(one, span)),
        key=lambda one: one.newest,
        reverse=True,
    )
    heap: _Heap = []
    size = _FIRST_COLUMNS
    while heap or left:
        while left and (not heap or left[0].newest >= -heap[0][0]):
            group = _first_of(left, size)
            left, size = left[len(group) :], size * _MORE
            for stream in _streams(group, need, span):
                _push(heap, stream)
        if heap:
            *_, stream = heapq.heappop(heap)
            if stream.found:
                yield stream.found.pop()
            else:
                stream.fill()
            _push(heap, stream)


def _overlaps(segment: Segment, span: Span) -> bool:
    is_below = segment.oldest <= span.upper[0]
    return is_below and (span.oldest is None or segment.newest >= span.oldest)


def _first_of(segments: Sequence[Segment], columns: int) -> Sequence[Segment]:
    """The next segments that have about so many columns; one at least."""
    total, count = segments[0].columns, 1
    while count < len(segments) and total + segments[count].columns <= columns:
        total += segments[count].columns
        count += 1
    return segments[:count]


def _push(heap: _Heap, stream: _Stream) -> None:
    """Put a stream where its next candidate stands, or can stand at most; none if it has ended."""
    if (upper := stream.upper) is not None:
        micros, message = upper
        heapq.heappush(heap, (-micros, -message.int, id(stream), stream))


def _streams(group: Sequence[Segment], need: Need | None, span: Span) -> list[_Stream]:
    opened = Opened(group, need)
    streams = []
    for segment in group:
        columns = np.flatnonzero(opened.messages(segment, need))
        if len(columns):
            below = columns_below(segment, span.upper)
            streams.append(_Stream(segment, columns[columns < below][::-1], span))
    # The newest of all of them by one statement: the segments' dates hardly overlap.
    wanted, left = {}, _AT_ONCE
    for one in streams:
        if left > 0 and len(one.columns):
            one.size = min(len(one.columns), left)
            wanted[one.segment] = one.blocks()
            left -= one.size
    entries(wanted)
    return streams


class _Stream:
    """The candidates of one segment, the newest first: those named (`found`, the newest last).

    columns: those not named yet. size: so many of them are named next, more each time.
    """

    def __init__(self, segment: Segment, columns: NDArray[np.int64], span: Span) -> None:
        self.segment, self.columns, self.span = segment, columns, span
        self.found: list[Found] = []
        self.size = _AT_ONCE

    @property
    def upper(self) -> At | None:
        """The place of the next candidate, or one that it is not above; None at the end."""
        if self.found:
            return self.found[-1].at
        return (self.segment.newest, _LAST) if len(self.columns) else None

    def blocks(self) -> list[int]:
        """The blocks of the directory that the next columns are in."""
        return sorted(set((self.columns[: self.size] // ENTRIES).tolist()))

    def fill(self) -> None:
        """Name the next candidates: with none left, or none within the span, it has ended."""
        columns, read = self.columns[: self.size], entries({self.segment: self.blocks()})
        self.columns, self.size = self.columns[self.size :], min(self.size * 2, _MOST_AT_ONCE)
        for column in columns.tolist():
            entry = read[self.segment.id, column // ENTRIES][column % ENTRIES]
            place = at(entry)
            if self.span.oldest is not None and place[0] < self.span.oldest:
                self.columns = self.columns[:0]
                break
            key = entry["key"].tobytes()
            self.found.append(Found(place, None if key == NO_KEY else key))
        self.found.reverse()


# By the place of what comes next, negative for the newest first.
_Heap = list[tuple[int, int, int, _Stream]]
