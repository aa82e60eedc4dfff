"""Which message a column of a segment is of: read where candidates stand, no further."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mailbox.errors import IndexDamaged
from mailbox.searching import slices
from mailbox.searching.segments.blocks import Segment, fetch
from mailbox.searching.segments.cache import CACHE

# A message's place in the order: received_at in µs since 1970 UTC, and its id.
At = tuple[int, UUID]
# How many blocks a place is looked for in at once.
_PROBES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Entries = NDArray[np.void]


def entries(wanted: Mapping[Segment, Iterable[int]]) -> dict[tuple[UUID, int], Entries]:
    """The entries of some blocks of 128 columns (0: the oldest), by segment and block."""
    found: dict[tuple[UUID, int], Entries] = {}
    missing: dict[Segment, list[int]] = {}
    for segment, blocks in wanted.items():
        for block in blocks:
            kept = CACHE.get((segment.id, "entries", block))
            if kept is None:
                missing.setdefault(segment, []).append(-1 - block)
            else:
                found[segment.id, block] = kept
    for segment, number, plain in fetch(missing):
        block = -1 - number
        found[segment.id, block] = read = _read(segment, block, plain)
        CACHE.put((segment.id, "entries", block), read, read.nbytes)
    return found


def at(entry: Any) -> At:
    """The place of a message by its entry."""
    return int(entry["at"]), UUID(bytes=entry["id"].tobytes())


def columns_below(segment: Segment, place: At) -> int:
    """How many of a segment's columns, the oldest first, are of messages below a place."""
    if segment.newest < place[0]:
        return segment.columns
    if segment.oldest > place[0]:
        return 0
    # Of the blocks from `low` to `high`, the place is in the last that begins below it.
    low, high = 0, (segment.columns - 1) // slices.ENTRIES
    while True:
        probed = sorted({int(block) for block in np.linspace(low, high, _PROBES)})
        read = entries({segment: probed})
        below = [block for block in probed if at(read[segment.id, block][0]) < place]
        if not below:
            return 0
        low = below[-1]
        above = [block for block in probed if block > low]
        if not above or above[0] == low + 1:
            found = read[segment.id, low]
            return low * slices.ENTRIES + sum(at(entry) < place for entry in found)
        high = above[0] - 1


def _read(segment: Segment, block: int, plain: bytes) -> Entries:
    most = min(slices.ENTRIES, segment.columns - block * slices.ENTRIES)
    if len(plain) != most * slices.ENTRY.itemsize:
        raise IndexDamaged
    return np.frombuffer(plain, slices.ENTRY)


def micros(moment: datetime) -> int:
    """A moment in µs since 1970 UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """The moment so many µs after 1970, UTC."""
    return _EPOCH + timedelta(microseconds=micros)
