"""The blocks of segments, fetched for many segments by one statement, and opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from mailbox.errors import IndexDamaged, SealBroken
from mailbox.models import SearchBlock
from mailbox.searching import slices
from mailbox.searching.segments.cache import CACHE
from mailbox.searching.segments.needs import Bits, Either, Every, Need, bits_in
from mailbox.searching.segments.sealing import SegmentSeal

# The columns that go on a message, and the first column of each one's message.
Runs = tuple[NDArray[np.int64], NDArray[np.int64]]
_NO_RUNS: Runs = (np.zeros(0, np.int64), np.zeros(0, np.int64))


class SegmentsMoved(Exception):
    """A block is gone: its segment was merged into another since it was listed."""


@dataclass(frozen=True)
class Segment:
    """A segment to be read. newest, oldest: received_at of its messages, µs since 1970 UTC."""

    id: UUID
    mailbox_id: UUID
    columns: int
    has_runs: bool
    newest: int
    oldest: int
    index_key: bytes

    @cached_property
    def seal(self) -> SegmentSeal:
        return SegmentSeal(self.index_key, self.id)


class Opened:
    """What of some segments of a mailbox is open, for one need."""

    def __init__(self, segments: Sequence[Segment], need: Need | None) -> None:
        self._bits = frozenset(bits_in(need))
        self._slices: dict[tuple[UUID, int], NDArray[np.uint8]] = {}
        self._runs: dict[UUID, Runs] = {}
        missing = {segment: self._recall(segment) for segment in segments}
        for segment, number, plain in fetch(
            {one: blocks for one, blocks in missing.items() if blocks}
        ):
            self._take(segment, missing[segment][number], plain)

    def messages(self, segment: Segment, need: Need | None) -> NDArray[np.bool_]:
        """The first columns of a segment's messages that have what is needed."""
        match need:
            case None:
                marks = np.ones(segment.columns, np.bool_)
                marks[self._runs[segment.id][0]] = False
                return marks
            case Every(needs):
                every = [self.messages(segment, one) for one in needs]
                return np.asarray(np.logical_and.reduce(every))
            case Either(needs):
                either = [self.messages(segment, one) for one in needs]
                return np.asarray(np.logical_or.reduce(either))
            case Bits(bits):
                return self._with(segment, bits)

    def _with(self, segment: Segment, bits: Sequence[int]) -> NDArray[np.bool_]:
        both = np.bitwise_and.reduce([self._slices[segment.id, bit] for bit in bits])
        marks = np.unpackbits(both, count=segment.columns).view(np.bool_)
        later, firsts = self._runs[segment.id]
        marks[firsts[marks[later]]] = True
        marks[later] = False
        return marks

    def _recall(self, segment: Segment) -> Mapping[int, Sequence[int]]:
        """Take what is kept from before; of the rest, the bits in each block, none in the runs'."""
        missing: dict[int, list[int]] = defaultdict(list)
        for bit in self._bits:
            kept = CACHE.get((segment.id, bit))
            if kept is None:
                missing[slices.block_of(bit, segment.columns)].append(bit)
            else:
                self._slices[segment.id, bit] = kept
        runs = CACHE.get((segment.id, "runs")) if segment.has_runs else _NO_RUNS
        if runs is None:
            missing[slices.count(segment.columns)] = []
        else:
            self._runs[segment.id] = runs
        return missing

    def _take(self, segment: Segment, bits: Sequence[int], plain: bytes) -> None:
        try:
            if not bits:
                self._runs[segment.id] = runs = _runs(plain)
                CACHE.put((segment.id, "runs"), runs, runs[0].nbytes * 2)
                return
            places = slices.decode(plain)
        except ValueError:
            raise IndexDamaged from None
        for bit in bits:
            packed = np.packbits(slices.marked(places, bit, segment.columns))
            self._slices[segment.id, bit] = packed
            CACHE.put((segment.id, bit), packed, packed.nbytes)


def fetch(wanted: Mapping[Segment, Iterable[int]]) -> Iterable[tuple[Segment, int, bytes]]:
    """Blocks of segments by their numbers, opened, in no order; SegmentsMoved if one is gone."""
    if not wanted:
        return
    by_id = {segment.id: (segment, set(numbers)) for segment, numbers in wanted.items()}
    together: dict[frozenset[int], list[UUID]] = defaultdict(list)
    for segment, numbers in by_id.values():
        together[frozenset(numbers)].append(segment.id)
    where = Q()
    for those, ids in together.items():
        where |= Q(segment_id__in=ids, number__in=those)
    mailbox = next(iter(wanted)).mailbox_id
    rows = SearchBlock.objects.filter(where, mailbox_id=mailbox)
    found = list(rows.values_list("segment_id", "number", "sealed"))
    if len(found) < sum(len(numbers) for _, numbers in by_id.values()):
        raise SegmentsMoved
    for segment_id, number, sealed in found:
        segment, _ = by_id[segment_id]
        try:
            yield segment, number, segment.seal.open(number, bytes(sealed))
        except SealBroken:
            raise IndexDamaged from None


def _runs(plain: bytes) -> Runs:
    later = slices.decode(plain)
    # A message's columns stand side by side: those of one run have the same distance to it.
    starts = np.flatnonzero(np.diff(later, prepend=-2) > 1)
    firsts = later[starts] - 1
    return later, np.repeat(firsts, np.diff(starts, append=len(later)))
