"""Whether sealed content is where its rows say, in the size and shape they say. Reads only.

No key is needed: a header says how long each sealed chunk is. Whether they open, `opened` asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BinaryField, F, Func, IntegerField, Model, Value

from mailbox import storage
from mailbox.errors import ContentAway, SealBroken
from mailbox.filing.sweeping import ORPHANS_KEPT_FOR, orphans
from mailbox.models import Arrival, Content, DraftAttachment, Message, SearchText, UploadPiece
from mailbox.sealing.content import measure

PAGE = 500
# Files looked at side by side: in a bucket each look waits for an answer.
_AT_ONCE = 8
_START = 4096
# The longest header that bytes of 64 KiB may have.
_ROW_START = 8192
# The sweep takes each folder once a day.
OVERDUE = ORPHANS_KEPT_FOR * 2
# Format byte, nonce and tag of a sealed record.
_RECORD = 1 + 12 + 16

_LENGTH = Func(F("row"), function="octet_length", output_field=IntegerField(null=True))
_BEGIN = Func(
    F("row"), Value(1), Value(_ROW_START), function="substr", output_field=BinaryField(null=True)
)


@dataclass(frozen=True)
class Flaw:
    """A row whose content is not as it says: ids and the kind of flaw, no word of any mail."""

    kind: str
    row_id: UUID
    what: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}: {self.what}{f' ({self.file})' if self.file else ''}"


@dataclass(frozen=True)
class _Kind:
    """A model with `row` and `file`. plain, sealed: the fields that say how many bytes."""

    name: str
    model: type[Model]
    plain: str = ""
    sealed: str = ""


@dataclass(frozen=True)
class _Row:
    pk: UUID
    file: str
    length: int | None
    start: bytes
    plain: int | None
    sealed: int | None


CONTENT = _Kind("content", Content, "plain_size", "sealed_size")
WORDS = _Kind("search text", SearchText)
PASSING = (
    _Kind("arrival", Arrival, "size"),
    _Kind("attachment of a draft", DraftAttachment, "size"),
    _Kind("piece of an upload", UploadPiece, "size"),
)


@dataclass(frozen=True)
class Step:
    """A page that has been looked at: up to which id, how many rows, what is amiss."""

    last: UUID
    rows: int
    flaws: list[Flaw]


def contents(after: UUID | None = None) -> Iterator[Step]:
    """Look at every content behind an id, in order, and at its words; a page at a time."""
    for page in _pages(CONTENT, after):
        keys = [row.pk for row in page]
        words = _rows(WORDS, SearchText.objects.filter(pk__in=keys))
        yield Step(keys[-1], len(page), _flaws(CONTENT, page) + _flaws(WORDS, words))


def passing() -> Iterator[Step]:
    """Look at what is on its way: arrivals, files of drafts, pieces of uploads."""
    for kind in PASSING:
        for page in _pages(kind, None):
            yield Step(page[-1].pk, len(page), _flaws(kind, page))


def overdue_orphans(now: datetime) -> Iterator[str]:
    """Names of files that no row names and no sweep has taken, in order."""
    for page in orphans(now - OVERDUE):
        yield from page


def losers(content_id: UUID) -> Iterator[tuple[UUID, UUID]]:
    """Whose copies a content was: ids of message and mailbox."""
    found = Message.objects.filter(content=content_id).order_by("mailbox", "pk")
    yield from found.values_list("pk", "mailbox_id").iterator(chunk_size=PAGE)


def _pages(kind: _Kind, after: UUID | None) -> Iterator[list[_Row]]:
    while True:
        rows = kind.model._default_manager.order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        page = _rows(kind, rows[:PAGE])
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = page[-1].pk


def _rows(kind: _Kind, rows: Any) -> list[_Row]:
    named = ["pk", "file", "length", "begin", *filter(None, (kind.plain, kind.sealed))]
    found = rows.annotate(length=_LENGTH, begin=_BEGIN).values(*named)
    return [
        _Row(
            one["pk"],
            one["file"],
            one["length"],
            bytes(one["begin"] or b""),
            one.get(kind.plain),
            one.get(kind.sealed),
        )
        for one in found
    ]


def _flaws(kind: _Kind, rows: Sequence[_Row]) -> list[Flaw]:
    """What is amiss with these; files are looked at side by side, in threads without a database."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        said = list(threads.map(lambda row: _amiss(kind, row), rows))
    wrong = {row: what for row, what in zip(rows, said, strict=True) if what}
    if not wrong:
        return []
    # A row that has gone meanwhile took its file with it, and one may have got another.
    keys = [row.pk for row in wrong]
    still = dict(kind.model._default_manager.filter(pk__in=keys).values_list("pk", "file"))
    return [
        Flaw(kind.name, row.pk, what, row.file)
        for row, what in wrong.items()
        if still.get(row.pk) == row.file
    ]


def _amiss(kind: _Kind, row: _Row) -> str:
    """What is wrong with a row's content, in a few words; nothing: empty."""
    try:
        return _unfit(kind, row)
    except FileNotFoundError:
        return "its file has gone"
    except ContentAway:
        raise
    except OSError as failed:  # a bad sector: the others are still to be looked at
        return f"its file cannot be read ({failed.strerror or type(failed).__name__})"


def _unfit(kind: _Kind, row: _Row) -> str:
    start, size = row.start, row.length
    if row.file:
        seen = storage.content_storage().peek(row.file, _START)
        start, size = seen.start, seen.size
    if size is None:
        return "it has neither row nor file"
    if kind is WORDS:
        return "" if start[:1] == b"\x01" and size >= _RECORD else "it is no sealed record"
    return _unlike(row, start, size)


def _unlike(row: _Row, start: bytes, size: int) -> str:
    def read(offset: int, length: int) -> bytes:
        if offset and row.file:
            return storage.content_storage().read_range(row.file, offset, length)
        return start[offset : offset + length]

    try:
        plain, sealed = measure(read)
    except SealBroken:
        return "its header is damaged"
    if size != sealed or row.sealed not in (None, sealed):
        return f"it has {size} bytes; its row says {row.sealed or '-'}, its header {sealed}"
    if row.plain not in (None, plain):
        return f"its row says {row.plain} bytes when opened, its header {plain}"
    return ""
