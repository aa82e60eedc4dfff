"""Segments and rows made by hand, each message from the words it has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from mailbox.models import Mailbox, SearchBlock, SearchIndex, SearchSegment
from mailbox.opening import mailbox_key
from mailbox.searching import slices
from mailbox.searching.searchable import Searchable
from mailbox.searching.segments.directory import micros
from mailbox.searching.segments.sealing import SegmentSeal, new_index_key
from mailbox.searching.signatures import columns
from mailbox.searching.terms import SCHEME
from mailbox.searching.words import normalise

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Filed:
    """A message of the index: the number is its id, and hours since START its date."""

    number: int
    words: Searchable
    key: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def id(self) -> UUID:
        return UUID(int=self.number)

    @property
    def at(self) -> datetime:
        return START + timedelta(hours=self.number)


def filed(number: int, text: str, **more: tuple[str, ...]) -> Filed:
    return Filed(number, Searchable(text=normalise(text), **more))  # type: ignore[arg-type]


@dataclass
class Shelf:
    """The index of a mailbox, to put segments on."""

    mailbox: Mailbox
    state: str = "in-use"

    def __post_init__(self) -> None:
        self.private_key = mailbox_key(self.mailbox)
        self.index = SearchIndex(mailbox=self.mailbox, state=self.state, scheme=SCHEME)
        self.key, self.index.sealed_key = new_index_key(self.private_key, self.index.pk)
        self.index.save()

    def put(self, letters: Sequence[Filed]) -> SearchSegment:
        """A segment of these, the oldest first."""
        pairs = [(one, column) for one in letters for column in columns(one.words)]
        segment = SearchSegment.objects.create(
            mailbox=self.mailbox,
            index=self.index,
            columns=len(pairs),
            has_runs=len(pairs) > len(letters),
            newest_at=letters[-1].at,
            oldest_at=letters[0].at,
        )
        blocks = dict(enumerate(slices.build([column for _, column in pairs])))
        if segment.has_runs:
            blocks[len(blocks)] = slices.runs([one.id for one, _ in pairs])
        rows = [(one.id.bytes, micros(one.at), one.key) for one, _ in pairs]
        entries = np.array(rows, slices.ENTRY)
        for start in range(0, len(rows), slices.ENTRIES):
            part = entries[start : start + slices.ENTRIES]
            blocks[-1 - start // slices.ENTRIES] = part.tobytes()
        seal = SegmentSeal(self.key, segment.pk)
        SearchBlock.objects.bulk_create(
            SearchBlock(
                mailbox=self.mailbox,
                segment=segment,
                number=number,
                sealed=seal.seal(number, plain),
            )
            for number, plain in blocks.items()
        )
        return segment
