"""Merging: small segments become a large one, and what is gone is left out.

A segment is never changed. The new one is written beside the old ones, without a lock that
anybody waits for; then, in the same transaction, the old ones go. A reader that finds blocks
gone reads the list of segments again.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from numpy.typing import NDArray

from mailbox.errors import IndexDamaged, SealBroken
from mailbox.models import SearchBlock, SearchIndex, SearchSegment
from mailbox.searching import slices
from mailbox.searching.segments.sealing import SegmentSeal
from mailbox.searching.segments.writing import Directory, write

# So many segments of one size become one of the next.
FANOUT = 4
# Larger than this there is no segment worth merging any more.
_FULL = slices.MOST // 2
# Blocks of a segment read by one statement, so that memory stays small.
_AHEAD = 64
_IDS_AT_ONCE = 10_000

_THERE = "SELECT id FROM mailbox_message WHERE mailbox_id = %s AND id = ANY(%s::uuid[])"
_BLOCKS = "DELETE FROM mailbox_searchblock WHERE mailbox_id = %s AND segment_id = ANY(%s::uuid[])"
_SEGMENTS = "DELETE FROM mailbox_searchsegment WHERE mailbox_id = %s AND id = ANY(%s::uuid[])"


class Overtaken(Exception):
    """Somebody else has merged or replaced what we were at; nothing was written."""


def due(index: SearchIndex) -> list[SearchSegment]:
    """The segments of an index that should become one next, oldest first; none if it is tidy."""
    found = SearchSegment.objects.filter(mailbox=index.mailbox_id, index=index, columns__lte=_FULL)
    sizes: dict[int, list[SearchSegment]] = {}
    for segment in found.order_by("newest_at", "id"):
        sizes.setdefault(_size(segment), []).append(segment)
    for _size_of, segments in sorted(sizes.items()):
        if len(segments) >= FANOUT:
            return _fitting(segments[:FANOUT])
    return []


def merge(index: SearchIndex, key: bytes, segments: Sequence[SearchSegment]) -> int:
    """Make one segment of these, or none if all their messages are gone; return how many are.

    key: the index key. One segment alone is written anew. Raises Overtaken, IndexDamaged.
    """
    try:
        sources = [_Source(segment, key) for segment in segments]
        directory = np.concatenate([source.directory() for source in sources])
        is_there = there(index.mailbox_id, directory)
        # By bytes, as PostgreSQL sorts ids; what has one date keeps the columns of one message.
        places = list(zip(directory["at"].tolist(), directory["id"].tolist(), strict=True))
        kept = np.flatnonzero(is_there).tolist()
        order = np.array(sorted(kept, key=places.__getitem__), np.int64)
        with transaction.atomic():
            if len(order):
                inputs = [slices.Source(one.segment.columns, one.block) for one in sources]
                write(index, key, directory[order], slices.merge(inputs, order))
            gone = len(set(directory["id"][~is_there].tolist()))
            _replace(index, segments, len(directory) - len(order), gone)
    except (SealBroken, ValueError):
        raise IndexDamaged from None
    return gone


def there(mailbox_id: UUID, directory: Directory) -> NDArray[np.bool_]:
    """Which rows of a directory are of messages that are still there."""
    ids = directory["id"].tolist()
    found = set[bytes]()
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = [UUID(bytes=one) for one in set(ids[start : start + _IDS_AT_ONCE])]
            cursor.execute(_THERE, [mailbox_id, some])
            found.update(one.bytes for (one,) in cursor.fetchall())
    return np.array([one in found for one in ids], np.bool_)


def directory_of(segment: SearchSegment, key: bytes) -> Directory:
    """A segment's directory, opened. IndexDamaged if it is not whole."""
    try:
        return _Source(segment, key).directory()
    except (SealBroken, ValueError):
        raise IndexDamaged from None


def _size(segment: SearchSegment) -> int:
    size, level = slices.LEAST * FANOUT, 0
    while segment.columns >= size:
        size, level = size * FANOUT, level + 1
    return level


def _fitting(segments: Sequence[SearchSegment]) -> list[SearchSegment]:
    taken, columns = list[SearchSegment](), 0
    for segment in segments:
        columns += segment.columns
        if columns > slices.MOST:
            break
        taken.append(segment)
    return taken


def _replace(index: SearchIndex, old: Sequence[SearchSegment], columns: int, gone: int) -> None:
    """Delete merged segments, and count what was left out of the new one."""
    pks = [segment.pk for segment in old]
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKS, [index.mailbox_id, pks])
        cursor.execute(_SEGMENTS, [index.mailbox_id, pks])
        if cursor.rowcount != len(pks):
            raise Overtaken
    SearchIndex.objects.filter(mailbox=index.mailbox_id, pk=index.pk).update(
        columns=F("columns") - columns,
        messages=F("messages") - gone,
        holes=Greatest(F("holes") - gone, 0),
    )


class _Source:
    """A segment that is read from its first block to its last."""

    def __init__(self, segment: SearchSegment, key: bytes) -> None:
        self.segment = segment
        self._seal = SegmentSeal(key, segment.pk)
        self._ahead: dict[int, bytes] = {}

    def directory(self) -> Directory:
        """Its directory. SealBroken, IndexDamaged or Overtaken where it is not whole."""
        count = -(-self.segment.columns // slices.ENTRIES)
        numbers = [-1 - at for at in range(count)]
        sealed = self._read(numbers)
        plain = b"".join(self._seal.open(number, sealed[number]) for number in numbers)
        directory = np.frombuffer(plain, slices.ENTRY)
        if len(directory) != self.segment.columns:
            raise SealBroken
        return directory

    def block(self, number: int) -> bytes:
        """A block of slices; they are asked for in order."""
        if number not in self._ahead:
            last = slices.count(self.segment.columns)
            self._ahead = self._read(range(number, min(number + _AHEAD, last)))
        return self._seal.open(number, self._ahead[number])

    def _read(self, numbers: Sequence[int]) -> dict[int, bytes]:
        rows = SearchBlock.objects.filter(
            mailbox=self.segment.mailbox_id, segment=self.segment.pk, number__in=numbers
        )
        found = {number: bytes(sealed) for number, sealed in rows.values_list("number", "sealed")}
        if len(found) < len(numbers):
            is_there = SearchSegment.objects.filter(
                mailbox=self.segment.mailbox_id, pk=self.segment.pk
            ).exists()
            raise IndexDamaged if is_there else Overtaken
        return found
