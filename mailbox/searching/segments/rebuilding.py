"""Building an index anew, beside the one in use, from the newest message to the oldest.

Each batch commits by itself, with the place it came to: killed at any moment, whoever comes
next goes on from there. What is filed meanwhile waits row by row, as it does before folding.
At the end the new index takes the place of the old one, whose blocks go bit by bit. Words that
are missing are made of the messages, and put away as filing does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError
from mailbox.errors import ContentAway, IndexDamaged, SealBroken
from mailbox.filing.indexed import holes
from mailbox.filing.indexed.words import open_words, words_again
from mailbox.ids import new_id
from mailbox.models import Content, Mailbox, Message, SearchIndex, SearchText, UnfoldedSignature
from mailbox.opening import content_key, key_to_seal, rendition_by
from mailbox.searching import signatures
from mailbox.searching.segments import merging
from mailbox.searching.segments.folding import entry_of, entry_of_broken, hold
from mailbox.searching.segments.merging import Overtaken
from mailbox.searching.segments.sealing import new_index_key, open_index_key
from mailbox.searching.segments.writing import Entry, write_entries
from mailbox.searching.terms import SCHEME

log = logging.getLogger(__name__)

# Messages to one transaction, and columns: a kill loses no more than these.
BATCH = 256


class MailboxGone(PortalError):
    message = _("The mailbox has been deleted; there is nothing to index any more.")
    status = 410


class Stopped(Exception):
    """The process is to end; what was not committed is for the next one."""


@dataclass(frozen=True)
class Progress:
    """How far building has come: messages seen, of how many; partial: without all words."""

    done: int
    total: int
    partial: int = 0

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 means all."""
        return min(100, 100 * self.done // self.total) if self.total else 100


def begin(mailbox: Mailbox, private_key: bytes) -> SearchIndex:
    """The index being built for a mailbox: one that was begun before, or a new one.

    One that cannot be gone on with (of an older scheme, or whose key is broken) is dropped.
    Raises MailboxGone.
    """
    old = SearchIndex.objects.filter(mailbox=mailbox).building().first()
    if old is not None:
        if old.scheme == SCHEME and old.damaged_at is None and _opens(old, private_key):
            return old
        _put_aside(old)
    total = Message.objects.filter(mailbox=mailbox).count()
    pk = new_id()
    with transaction.atomic():
        hold(mailbox, waits=True)  # nobody folds into the other one once this is there
        _check_is_there(mailbox)
        _key, sealed = new_index_key(key_to_seal(mailbox.pk), pk)
        state = SearchIndex.State.BUILDING
        fresh = SearchIndex(id=pk, mailbox=mailbox, scheme=SCHEME, sealed_key=sealed, total=total)
        fresh.state = state
        SearchIndex.objects.bulk_create([fresh], ignore_conflicts=True)
        return SearchIndex.objects.get(mailbox=mailbox, state=state)


def step(
    index: SearchIndex,
    private_key: bytes,
    *,
    batch: int = BATCH,
    is_over: Callable[[], bool] = bool,
) -> bool:
    """Take in the next messages and commit; False where none are left.

    is_over: asked between messages, ends it with Stopped. Raises MailboxGone, IndexDamaged, and
    Overtaken where another is building the same index.
    """
    key = open_index_key(index, private_key)
    rows = list(_next(index)[:batch])
    if not rows:
        return False
    unfolded = UnfoldedSignature.objects.filter(mailbox=index.mailbox_id, message__in=rows)
    waiting = set(unfolded.values_list("message_id", flat=True))
    wanted = [row for row in rows if row.pk not in waiting]
    entries, partial = _entries(wanted, private_key, is_over)
    last = rows[-1]
    with transaction.atomic():
        _advance(index, last.received_at, last.pk, partial)
        for some in _in_segments(entries):
            write_entries(index, key, some)
    index.built_at, index.built_id = last.received_at, last.pk
    while small := merging.due(index):
        merging.merge(index, key, small)
    return True


def finish(index: SearchIndex) -> None:
    """Put a built index in the place of the one in use; then delete that, bit by bit."""
    mailbox, states = index.mailbox, SearchIndex.State
    of_mailbox = SearchIndex.objects.filter(mailbox=mailbox)
    for old in of_mailbox.filter(state=states.OUTDATED):
        holes.drop(old)
    with transaction.atomic():
        hold(mailbox, waits=True)
        of_mailbox.filter(state=states.IN_USE).update(state=states.OUTDATED)
        built = of_mailbox.filter(pk=index.pk, state=states.BUILDING)
        if not built.update(state=states.IN_USE, built_at=None, built_id=None):
            _check_is_there(mailbox)
            raise Overtaken
    for old in of_mailbox.filter(state=states.OUTDATED):
        holes.drop(old)


def rebuild(
    mailbox: Mailbox,
    private_key: bytes,
    *,
    batch: int = BATCH,
    is_over: Callable[[], bool] = bool,
) -> Iterator[Progress]:
    """Build a mailbox's index to its end, giving the figure after each committed batch.

    Raises what `begin` and `step` raise; what was built and cannot be read is dropped then.
    """
    index = begin(mailbox, private_key)
    yield progress(index)
    try:
        while step(index, private_key, batch=batch, is_over=is_over):
            yield progress(index)
    except IndexDamaged:
        _put_aside(index)
        raise
    finish(index)
    yield progress(index)


def progress(index: SearchIndex) -> Progress:
    """How far an index that is built has come, by its own row."""
    found = SearchIndex.objects.filter(mailbox=index.mailbox_id, pk=index.pk).first() or index
    return Progress(found.messages, found.total, found.partial)


def _opens(index: SearchIndex, private_key: bytes) -> bool:
    try:
        open_index_key(index, private_key)
    except SealBroken:
        return False
    return True


def _put_aside(index: SearchIndex) -> None:
    states = SearchIndex.State
    of_mailbox = SearchIndex.objects.filter(mailbox=index.mailbox_id)
    for old in of_mailbox.filter(state=states.OUTDATED):
        holes.drop(old)
    of_mailbox.filter(pk=index.pk, state=states.BUILDING).update(state=states.OUTDATED)
    for old in of_mailbox.filter(state=states.OUTDATED):
        holes.drop(old)


def _check_is_there(mailbox: Mailbox) -> None:
    there = Mailbox.objects.filter(pk=mailbox.pk).exclude(sealed_private_key=b"")
    if not there.exists():
        raise MailboxGone


def _next(index: SearchIndex) -> QuerySet[Message]:
    """The messages below the place an index has come to, newest first."""
    rows = Message.objects.filter(mailbox=index.mailbox_id)
    if index.built_at is not None:
        older = Q(received_at__lt=index.built_at) | Q(
            received_at=index.built_at, id__lt=index.built_id
        )
        rows = rows.filter(older, received_at__lte=index.built_at)
    return rows.order_by("-received_at", "-id").defer("sealed_summary")


def _advance(index: SearchIndex, at: datetime, pk: UUID, partial: int) -> None:
    """Note the place come to, which only one can who started from the same."""
    mine = SearchIndex.objects.filter(
        mailbox=index.mailbox_id, pk=index.pk, state=SearchIndex.State.BUILDING
    )
    mine = mine.filter(built_at=index.built_at, built_id=index.built_id)
    if not mine.update(built_at=at, built_id=pk, partial=F("partial") + partial):
        _check_is_there(index.mailbox)
        raise Overtaken


def _entries(
    messages: Sequence[Message], private_key: bytes, is_over: Callable[[], bool]
) -> tuple[list[Entry], int]:
    """Messages as entries, and how many are there without all of their words."""
    texts = SearchText.objects.in_bulk({one.content_id for one in messages})
    entries, partial = list[Entry](), 0
    for message in messages:
        if is_over():
            raise Stopped
        try:
            key = content_key(message, private_key)
            columns, is_partial = _columns(message, key, texts.get(message.content_id))
        except (SealBroken, ContentAway, Content.DoesNotExist, IntegrityError) as error:
            if not Message.objects.filter(mailbox=message.mailbox_id, pk=message.pk).exists():
                continue  # deleted since it was listed
            if not isinstance(error, SealBroken):
                raise
            entries.append(entry_of_broken(message))
            continue
        entries.append(entry_of(message, key, columns))
        partial += is_partial
    return entries, partial


def _columns(
    message: Message, key: bytes, text: SearchText | None
) -> tuple[list[signatures.Column], bool]:
    if text is not None:
        try:
            found = open_words(text, key)
            return signatures.columns(found), not found.is_complete
        except SealBroken:
            log.error("Seal broken: words of content %s; made anew.", text.pk)
    message.content = Content.objects.get(pk=message.content_id)
    words = words_again(message.content, key, rendition_by(message, key))
    return signatures.unpack(words.columns), words.is_partial


def _in_segments(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Entries, newest first, in lots of about BATCH columns."""
    lot, columns = list[Entry](), 0
    for entry in entries:
        if lot and columns + len(entry.columns) > BATCH:
            yield lot
            lot, columns = [], 0
        lot.append(entry)
        columns += len(entry.columns)
    if lot:
        yield lot
