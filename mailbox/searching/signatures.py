"""A message's columns: the sorted bits of its terms, so many to a column that they still tell.

A long message has several, its text in overlapping stretches: a word as far as it is asked for
(`terms.REACH`) stands wholly in one of them. Each word of a query is looked for by itself, in
all columns of a message; so the terms of a field need stand in one only.

Form of `pack`: zstd of the number of columns, their lengths, then for each the distances from
bit to bit, all 16 bit little-endian.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import zstandard
from numpy.typing import NDArray

from mailbox.searching.searchable import Searchable, inflated
from mailbox.searching.terms import REACH, WIDTH, mark

Column = NDArray[np.uint16]

# Beyond these a column has so many of its bits set that it says little.
MOST_TERMS = 2_000
# A stretch starts every so many characters, and goes on REACH beyond the start of the next.
_STRIDE = 1_000
# No signature of ours is larger, whatever a frame claims.
_MOST_BYTES = 16 * 1024 * 1024

# A text, and the fields it is a value of; "" for its words.
_Piece = tuple[str, tuple[str, ...]]


def columns(searchable: Searchable) -> list[Column]:
    """The columns of a message, at least one; each sorted, of about MOST_TERMS bits or fewer."""
    made: list[Column] = []
    column = np.zeros(WIDTH, np.bool_)
    for text, fields in _pieces(searchable):
        for marks in _parts(text, fields, column):
            if _count(column | marks) > MOST_TERMS and column.any():
                made.append(_column(column))
                column = marks
            else:
                column = column | marks
    return [*made, _column(column)]


def pack(columns: list[Column]) -> bytes:
    """The form to seal."""
    head = [len(columns), *map(len, columns)]
    gaps = [np.diff(column, prepend=np.uint16(0)).astype("<u2") for column in columns]
    plain = np.array(head, "<u2").tobytes() + b"".join(gap.tobytes() for gap in gaps)
    return zstandard.ZstdCompressor(level=3).compress(plain)


def unpack(packed: bytes) -> list[Column]:
    """What `pack` made of columns; ValueError if it is not one."""
    numbers = np.frombuffer(inflated(packed, _MOST_BYTES), "<u2")
    count = int(numbers[0]) if len(numbers) else -1
    ends = np.cumsum(numbers[1 : count + 1], dtype=np.intp)
    if len(ends) != count or len(numbers) != 1 + count + (ends[-1] if count else 0):
        raise ValueError("not a signature")
    gaps = np.split(numbers[count + 1 :], ends[:-1])
    return [np.cumsum(part, dtype=np.uint16) for part in gaps]


def _pieces(searchable: Searchable) -> Iterator[_Piece]:
    """Everything that is searched, each by itself: no word runs from one into another."""
    yield searchable.text, ("",)
    yield searchable.subject, ("subject",)
    for name in searchable.senders:
        yield name, ("", "from")
    for name in (*searchable.to, *searchable.bcc):
        yield name, ("", "to")
    for name in searchable.cc:
        yield name, ("", "to", "cc")
    for name in searchable.reply_to:
        yield name, ("",)
    for one in searchable.files:
        yield one.name, ("", "filename")
        yield one.text, ("",)
    for kind in _kinds(searchable):
        yield kind, ("has",)


def _kinds(searchable: Searchable) -> set[str]:
    kinds = {one.kind for one in searchable.files if not one.is_inline}
    return (kinds - {""}) | ({"attachment"} if kinds else set())


def _parts(
    text: str, fields: tuple[str, ...], column: NDArray[np.bool_]
) -> Iterator[NDArray[np.bool_]]:
    """A piece's marks: together if the column takes them all, else by stretches."""
    if len(text) <= 10 * _STRIDE:
        whole = _marked(text, fields)
        if len(text) <= _STRIDE or _count(whole | column) <= MOST_TERMS:
            yield whole
            return
    for start in range(0, len(text), _STRIDE):
        yield _marked(text[start : start + _STRIDE + REACH], fields)


def _marked(text: str, fields: tuple[str, ...]) -> NDArray[np.bool_]:
    marks = np.zeros(WIDTH, np.bool_)
    for field in fields:
        mark(marks, text, field)
    return marks


def _count(marks: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(marks))


def _column(marks: NDArray[np.bool_]) -> Column:
    return np.flatnonzero(marks).astype(np.uint16)
