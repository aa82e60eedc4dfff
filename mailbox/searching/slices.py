"""Columns of bits turned on their side: a slice says of one bit which columns have it.

So a search reads the slices of its words and no others. A segment of n columns has the capacity
C, a power of two from 256 to 65,536, and its slices lie in blocks of 65,536 bits, 65,536 / C
slices to a block, in the order of the bits. One more block, if any message has several
columns, says which columns belong to the message of the column before.

Form of a block: `b` and its bits, most significant first; or, if few are set, `g` and for
each the distance from the one before less one, a byte of 255 for each 255 of it. Bytes of
distances compress to little more than the bits tell (ADR 0020).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mailbox.searching.signatures import Column
from mailbox.searching.terms import WIDTH

BLOCK_BITS = 1 << 16
LEAST, MOST = 256, BLOCK_BITS
# A message of a segment's directory, oldest first: received_at in µs since 1970 UTC.
ENTRY = np.dtype([("id", "V16"), ("at", ">i8"), ("key", "V32")])
ENTRIES = 128

# Where the set bits of a block stand, ascending.
Positions = NDArray[np.int64]
_FEW = BLOCK_BITS // 4


def capacity(columns: int) -> int:
    """The capacity of a segment of so many columns; ValueError if one cannot hold them."""
    if not 0 < columns <= MOST:
        raise ValueError("no segment has so many columns")
    return max(LEAST, 1 << (columns - 1).bit_length())


def count(columns: int) -> int:
    """How many blocks of slices such a segment has; the block of runs has the next number."""
    return WIDTH * capacity(columns) // BLOCK_BITS


def block_of(bit: int, columns: int) -> int:
    """The number of the block with a bit's slice."""
    return bit * capacity(columns) // BLOCK_BITS


def build(columns: Sequence[Column]) -> Iterator[bytes]:
    """The blocks of slices of columns, in order."""
    size = capacity(len(columns))
    held = [column.astype(np.int64) * size + at for at, column in enumerate(columns)]
    places = np.sort(np.concatenate(held))
    ends = np.searchsorted(places, np.arange(1, count(len(columns)) + 1) * BLOCK_BITS)
    for part in np.split(places, ends[:-1]):
        yield encode(part % BLOCK_BITS)


def runs(messages: Sequence[object]) -> bytes:
    """The block of runs of a segment, from the message that each of its columns is of."""
    pairs = zip(messages, messages[1:], strict=False)
    same = [at for at, (before, here) in enumerate(pairs, 1) if before == here]
    return encode(np.array(same, np.int64))


@dataclass(frozen=True)
class Source:
    """A segment to be merged. block: gives the plain block of a number."""

    columns: int
    block: Callable[[int], bytes]


def merge(sources: Sequence[Source], order: Sequence[int] | NDArray[np.int64]) -> Iterator[bytes]:
    """The blocks of slices of a new segment.

    order: its columns, each by where it stands among all columns of the sources, one source
    after the other. What is not among them is dropped. Asks for each block once, in order.
    """
    taken = np.asarray(order, np.int64)
    target = np.full(sum(source.columns for source in sources), -1, np.int64)
    target[taken] = np.arange(len(taken))
    bases = np.cumsum([0, *(source.columns for source in sources)])
    readers = [
        _Reader(source, target[base : base + source.columns])
        for source, base in zip(sources, bases, strict=False)
    ]
    size = capacity(len(taken))
    each = BLOCK_BITS // size
    for first in range(0, WIDTH, each):
        parts = [reader.take(first, first + each, size) for reader in readers]
        yield encode(np.sort(np.concatenate(parts)))


@dataclass
class _Reader:
    """Reads a source's slices once, from the first bit to the last, as the new columns' bits."""

    source: Source
    target: NDArray[np.int64]
    _number: int = -1
    _places: Positions = field(default_factory=lambda: np.zeros(0, np.int64))
    _ends: list[int] = field(default_factory=list)

    def take(self, first: int, last: int, size: int) -> Positions:
        """The bits from `first` up to `last` of the new columns; a slice has `size` places."""
        own = capacity(self.source.columns)
        each = BLOCK_BITS // own
        parts = []
        for start in range(first, last, each) if each < last - first else [first]:
            self._load(start // each, own)
            begin, end = start % each, min(start % each + last - start, each)
            places = self._places[self._ends[begin] : self._ends[end]]
            moved = self.target[places % own]
            bits = places // own + (self._number * each - first)
            parts.append((bits * size + moved)[moved >= 0])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _load(self, number: int, own: int) -> None:
        if number != self._number:
            self._number = number
            self._places = decode(self.source.block(number))
            edges = np.arange(0, BLOCK_BITS + 1, own)
            self._ends = np.searchsorted(self._places, edges).tolist()


def marked(places: Positions, bit: int, columns: int) -> NDArray[np.bool_]:
    """Which of a segment's columns have a bit, from the decoded block with its slice."""
    size = capacity(columns)
    start = bit * size % BLOCK_BITS
    first, last = np.searchsorted(places, [start, start + size])
    marks = np.zeros(columns, np.bool_)
    marks[places[first:last] - start] = True
    return marks


def encode(places: Positions) -> bytes:
    """A block from where its set bits stand, ascending."""
    if len(places) > _FEW:
        bits = np.zeros(BLOCK_BITS, np.bool_)
        bits[places] = True
        return b"b" + np.packbits(bits).tobytes()
    gaps = np.diff(places, prepend=-1) - 1
    more = gaps // 255
    out = np.full(len(gaps) + int(more.sum()), 255, np.uint8)
    out[np.cumsum(more + 1) - 1] = gaps % 255
    return b"g" + out.tobytes()


def decode(block: bytes) -> Positions:
    """Where the set bits of a block stand; ValueError if it is none."""
    plain = np.frombuffer(block, np.uint8, offset=1) if block else np.zeros(0, np.uint8)
    if block[:1] == b"b" and len(plain) == BLOCK_BITS // 8:
        return np.flatnonzero(np.unpackbits(plain)).astype(np.int64, copy=False)
    if block[:1] != b"g":
        raise ValueError("not a block")
    is_end = plain != 255
    # A bit itself is a step more than its distance: 255 at most, so it stays a byte.
    ends = np.cumsum(plain + is_end, dtype=np.int64)
    places: Positions = ends[is_end] - 1
    if len(places) and places[-1] >= BLOCK_BITS:
        raise ValueError("not a block")
    return places
