"""Growing a mailbox to any size with real sealed rows: each message its own content and key.

What filing writes is written here in large batches, by two processes: rows as `file_copies`
makes them, and the columns that the index is folded from. Folding and merging are the
portal's own.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from bench.scale.letters import rendition
from mailbox.filing.indexed.words import Words, words_of
from mailbox.ids import new_id
from mailbox.mime.rendition import pack, summary_of
from mailbox.models import Folder, Mailbox
from mailbox.sealing import content as sealed_content
from mailbox.sealing import hpke, infos, records
from mailbox.searching.terms import SCHEME

BATCH = 1_000
# How many messages the conversations have, in turn: ten messages in six.
LENGTHS = (1, 1, 1, 1, 3, 3)
UNREAD_EVERY = 50
# So many different texts; later letters have the same again, sealed anew.
TEXTS_MADE = 20_000


@dataclass(frozen=True)
class Plot:
    """Where a batch goes. public_key: of the mailbox; start: when message 0 came."""

    mailbox: UUID
    inbox: UUID
    public_key: bytes
    start: datetime


@dataclass(frozen=True)
class Table:
    """Where rows are copied to: its columns with their types; the rest of each row is the same."""

    name: str
    columns: dict[str, str]
    same: dict[str, tuple[str, object]] = field(default_factory=dict)

    def copy(self, rows: list[tuple[object, ...]]) -> None:
        types = [*self.columns.values(), *(of for of, _ in self.same.values())]
        names = ", ".join([*self.columns, *self.same])
        rest = tuple(value for _, value in self.same.values())
        statement = f"COPY mailbox_{self.name} ({names}) FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row + rest)


NOW = timezone.now()
CONTENTS = Table(
    "content",
    {"id": "uuid", "plain_size": "int8", "sealed_size": "int8", "row": "bytea"},
    {"format": ("int2", 1), "file": ("varchar", ""), "created_at": ("timestamptz", NOW)},
)
TEXTS = Table("searchtext", {"content_id": "uuid", "row": "bytea"}, {"file": ("varchar", "")})
THREADS = Table(
    "thread",
    {"id": "uuid", "mailbox_id": "uuid", "latest_at": "timestamptz"},
    {"is_starred": ("bool", False), "is_listed": ("bool", True), "is_muted": ("bool", False)},
)
MESSAGES = Table(
    "message",
    {
        "id": "uuid",
        "mailbox_id": "uuid",
        "content_id": "uuid",
        "thread_id": "uuid",
        "folder_id": "uuid",
        "sealed_key": "bytea",
        "sealed_summary": "bytea",
        "received_at": "timestamptz",
        "size": "int8",
        "is_read": "bool",
    },
    {
        "is_starred": ("bool", False),
        "is_own": ("bool", False),
        "urgency": ("int2", 0),
        "origin": ("varchar", "lmtp"),
        "is_first_contact": ("bool", False),
        "receipt": ("varchar", ""),
    },
)
PLACEMENTS = Table(
    "placement",
    {
        "id": "uuid",
        "mailbox_id": "uuid",
        "thread_id": "uuid",
        "folder_id": "uuid",
        "latest_id": "uuid",
        "latest_at": "timestamptz",
        "message_count": "int4",
        "unread_count": "int4",
    },
    {"is_starred": ("bool", False), "urgency": ("int2", 0)},
)
UNFOLDED = Table(
    "unfoldedsignature",
    {"id": "uuid", "mailbox_id": "uuid", "message_id": "uuid", "sealed": "bytea"},
    {"scheme": ("int2", SCHEME), "is_partial": ("bool", False)},
)
TABLES = (CONTENTS, TEXTS, THREADS, MESSAGES, PLACEMENTS, UNFOLDED)


class Rows(dict[str, list[tuple[object, ...]]]):
    """The rows of a batch, by the name of their table."""

    def __missing__(self, name: str) -> list[tuple[object, ...]]:
        return self.setdefault(name, [])

    def save(self) -> None:
        with transaction.atomic():
            for table in TABLES:
                table.copy(self[table.name])


@dataclass(frozen=True)
class Text:
    """What is the same of letters with the same text."""

    packed: bytes
    summary: dict[str, object]
    words: Words
    size: int


@cache
def text(number: int) -> Text:
    """The text of letter `number`, read and cut into terms."""
    read = rendition(number)
    raw = read.text.encode()
    packed = pack(read, raw, [])
    return Text(packed, summary_of(read).to_json(), words_of(read, packed), len(raw))


def grow(mailbox: Mailbox, first: int, count: int, *, start: datetime, processes: int = 2) -> float:
    """Add messages `first` to `first + count`, a minute apart; return the seconds it took."""
    inbox = Folder.objects.get(mailbox=mailbox, kind=Folder.Kind.INBOX)
    plot = Plot(mailbox.pk, inbox.pk, bytes(mailbox.public_key), start)
    begun = time.perf_counter()
    pieces = [
        (plot, at, min(BATCH, first + count - at)) for at in range(first, first + count, BATCH)
    ]
    connections.close_all()  # not to be shared with the children
    fork = multiprocessing.get_context("fork")
    threads = unread = 0
    with ProcessPoolExecutor(processes, mp_context=fork) as pool:
        for more, fresh in pool.map(_piece, pieces):
            threads, unread = threads + more, unread + fresh
    counters = {
        "conversation_count": F("conversation_count") + threads,
        "unread_count": F("unread_count") + unread,
    }
    Folder.objects.filter(pk=inbox.pk).update(**counters)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return time.perf_counter() - begun


def _piece(piece: tuple[Plot, int, int]) -> tuple[int, int]:
    """Write a batch; return how many conversations, and how many of them unread."""
    plot, first, count = piece
    rows, unread = Rows(), 0
    for numbers in _conversations(first, count):
        unread += _conversation(rows, plot, numbers)
    rows.save()
    return len(rows["thread"]), unread


def _conversations(first: int, count: int) -> Iterator[range]:
    """The numbers of the messages, conversation by conversation; the last may be shorter."""
    at, turn = first, 0
    while at < first + count:
        length = min(LENGTHS[turn % len(LENGTHS)], first + count - at)
        yield range(at, at + length)
        at, turn = at + length, turn + 1


def _conversation(rows: Rows, plot: Plot, numbers: range) -> bool:
    at = plot.start + timedelta(minutes=numbers[-1])
    thread, latest = new_id(), new_id()
    rows["thread"].append((thread, plot.mailbox, at))
    unread = 0
    for number in numbers:
        latest = _message(rows, plot, number, thread)
        unread += number % UNREAD_EVERY == 0
    counts = (len(numbers), unread)
    rows["placement"].append((new_id(), plot.mailbox, thread, plot.inbox, latest, at, *counts))
    return unread > 0


def _message(rows: Rows, plot: Plot, number: int, thread: UUID) -> UUID:
    """One message, its content and its words, each under a key of its own."""
    of = text(number % TEXTS_MADE)
    key, content, message = sealed_content.new_key(), new_id(), new_id()
    sealed = sealed_content.seal_content(of.packed, key, content)
    rows["content"].append((content, len(of.packed), len(sealed), sealed))
    kept = records.seal_bytes(of.words.text, key, purpose="searchable", binding=str(content))
    rows["searchtext"].append((content, kept))
    info = infos.for_content(plot.mailbox, content)
    sealed_key = hpke.seal(key, plot.public_key, info=info)
    summary = records.seal_record(of.summary, key, purpose="summary", binding=str(message))
    at = plot.start + timedelta(minutes=number)
    ids = (message, plot.mailbox, content, thread, plot.inbox)
    is_read = number % UNREAD_EVERY != 0
    rows["message"].append((*ids, sealed_key, summary, at, of.size, is_read))
    kept = records.seal_bytes(of.words.columns, key, purpose="signature", binding=str(message))
    rows["unfoldedsignature"].append((new_id(), plot.mailbox, message, kept))
    return message
