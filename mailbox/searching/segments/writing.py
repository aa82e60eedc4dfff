"""Writing a segment: its directory, its slices, its row, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import F
from numpy.typing import NDArray

from mailbox.ids import new_id
from mailbox.models import SearchIndex, SearchSegment
from mailbox.searching import slices
from mailbox.searching.segments.directory import micros, moment
from mailbox.searching.segments.sealing import SegmentSeal
from mailbox.searching.signatures import Column

# In the place of a content key that nobody could open.
NO_KEY = bytes(32)
# Rows of slices.ENTRY, one for each column, oldest first.
Directory = NDArray[Any]

# Blocks to one COPY: some 2 MB at most, so that memory stays small beside the largest merge.
_AT_ONCE = 256
_COPY = "COPY mailbox_searchblock (mailbox_id, segment_id, number, sealed) FROM STDIN BINARY"


@dataclass(frozen=True)
class Entry:
    """A message on its way into a segment. at: when it was received; key: of its content.

    NO_KEY for one that does not open.
    """

    message_id: UUID
    at: datetime
    key: bytes
    columns: Sequence[Column]


def write_entries(index: SearchIndex, key: bytes, entries: Sequence[Entry]) -> SearchSegment:
    """Make a segment of messages that no other has, and count them. key: the index key."""
    ordered = sorted(entries, key=lambda one: (one.at, one.message_id.bytes))
    rows = [(one.message_id.bytes, micros(one.at), one.key) for one in ordered for _ in one.columns]
    columns = [column for one in ordered for column in one.columns]
    directory = np.array(rows, slices.ENTRY)
    segment = write(index, key, directory, slices.build(columns))
    SearchIndex.objects.filter(mailbox=index.mailbox_id, pk=index.pk).update(
        messages=F("messages") + len(ordered), columns=F("columns") + len(columns)
    )
    return segment


def write(
    index: SearchIndex, key: bytes, directory: Directory, blocks: Iterable[bytes]
) -> SearchSegment:
    """Insert a segment. blocks: of its slices, in order; made while they are written."""
    directory = directory.astype(slices.ENTRY)  # joined ones have lost the order of their bytes
    ids = directory["id"]
    has_runs = bool((ids[1:] == ids[:-1]).any())
    segment = SearchSegment.objects.create(
        id=new_id(),  # of every attempt its own: its blocks' nonces rest on that
        mailbox_id=index.mailbox_id,
        index=index,
        columns=len(directory),
        has_runs=has_runs,
        oldest_at=moment(int(directory["at"][0])),
        newest_at=moment(int(directory["at"][-1])),
    )
    seal = SegmentSeal(key, segment.pk)
    numbered = _numbered(directory, blocks, has_runs)
    while some := list(islice(numbered, _AT_ONCE)):
        _copy(segment, [(number, seal.seal(number, plain)) for number, plain in some])
    return segment


def _numbered(
    directory: Directory, blocks: Iterable[bytes], has_runs: bool
) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(directory), slices.ENTRIES):
        yield -1 - start // slices.ENTRIES, directory[start : start + slices.ENTRIES].tobytes()
    number = -1
    for number, block in enumerate(blocks):
        yield number, block
    if has_runs:
        yield number + 1, slices.runs(directory["id"].tolist())


def _copy(segment: SearchSegment, blocks: Iterable[tuple[int, bytes]]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(["uuid", "uuid", "int4", "bytea"])
        for number, sealed in blocks:
            copy.write_row((segment.mailbox_id, segment.pk, number, sealed))
