"""Folding: the columns of new messages, row by row so far, become a segment.

Whoever has the mailbox's key may fold: a search that finds many rows, or a keyholder. Two at
once do each other no harm, and a reader sees a message before, after and never not at all:
its row goes with the commit that brings its segment.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from mailbox.errors import SealBroken
from mailbox.filing.indexed.words import words_again
from mailbox.ids import new_id
from mailbox.models import Content, Mailbox, Message, SearchIndex, UnfoldedSignature
from mailbox.opening import content_key, key_to_seal, rendition_by
from mailbox.sealing.records import open_bytes
from mailbox.searching import signatures
from mailbox.searching.segments.sealing import new_index_key, open_index_key
from mailbox.searching.segments.writing import NO_KEY, Entry, write_entries
from mailbox.searching.signatures import Column
from mailbox.searching.terms import SCHEME, WIDTH

log = logging.getLogger(__name__)

# From so many unfolded messages on, folding is worth a segment; and so many go into one.
WORTH, MOST = 64, 256

_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_TRY_TO_HOLD = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


def fold(mailbox: Mailbox, private_key: bytes) -> int:
    """Fold up to MOST unfolded messages into a segment; return how many.

    0: there are none, another is at it, or folding rests: while an index is built beside the one
    in use, or it is damaged or of an older scheme, or there is none yet for mail from before.
    """
    with transaction.atomic():
        if not hold(mailbox, waits=False):
            return 0
        index = _index(mailbox)
        if index is None:
            return 0
        rows = list(_rows(mailbox)[:MOST])
        entries, folded, partial = _entries(rows, private_key)
        if entries:
            write_entries(index, open_index_key(index, private_key), entries)
        if partial:
            SearchIndex.objects.filter(mailbox=index.mailbox_id, pk=index.pk).update(
                partial=F("partial") + partial
            )
        UnfoldedSignature.objects.filter(
            mailbox=index.mailbox_id, pk__in=[row.pk for row in folded]
        ).delete()
    return len(folded)


def hold(mailbox: Mailbox, *, waits: bool) -> bool:
    """Keep others from folding, and from beginning or ending an index, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD if waits else _TRY_TO_HOLD, [f"search-index/{mailbox.pk}"])
        (held,) = cursor.fetchone()
    return waits or bool(held)


def entry_of(message: Message, key: bytes, columns: Sequence[Column]) -> Entry:
    return Entry(message.pk, message.received_at, key, columns)


def entry_of_broken(message: Message) -> Entry:
    """A message that does not open, with every bit: whatever is asked for, it may be that (P8)."""
    log.error("Seal broken: message %s is a candidate of every search.", message.pk)
    return entry_of(message, NO_KEY, [np.arange(WIDTH, dtype=np.uint16)])


def _index(mailbox: Mailbox) -> SearchIndex | None:
    """The index to fold into, made where a mailbox has no message from before."""
    found = {one.state: one for one in SearchIndex.objects.filter(mailbox=mailbox)}
    if SearchIndex.State.BUILDING in found:
        return None
    index = found.get(SearchIndex.State.IN_USE)
    if index is not None:
        return index if index.scheme == SCHEME and index.damaged_at is None else None
    if has_mail_from_before(mailbox) or not mailbox.unfolded.exists():
        return None
    pk = new_id()
    _key, sealed = new_index_key(key_to_seal(mailbox.pk), pk)
    return SearchIndex.objects.create(
        id=pk, mailbox=mailbox, state=SearchIndex.State.IN_USE, scheme=SCHEME, sealed_key=sealed
    )


def has_mail_from_before(mailbox: Mailbox) -> bool:
    """Whether some message waits in no row for folding: there must be an index, or be built one."""
    waiting = UnfoldedSignature.objects.filter(mailbox=mailbox, message=OuterRef("pk"))
    return Message.objects.filter(~Exists(waiting), mailbox=mailbox).exists()


def _rows(mailbox: Mailbox) -> QuerySet[UnfoldedSignature]:
    """Oldest first; what is being deleted at this moment is passed over, so nobody waits."""
    rows = UnfoldedSignature.objects.filter(mailbox=mailbox).order_by("id")
    found = rows.select_related("message").select_for_update(of=("self",), skip_locked=True)
    return found.filter(message__mailbox=mailbox)


def _entries(
    rows: Sequence[UnfoldedSignature], private_key: bytes
) -> tuple[list[Entry], list[UnfoldedSignature], int]:
    """As many of these rows as fill a segment, as entries; the rows; how many are partial."""
    entries, taken, partial, columns = list[Entry](), list[UnfoldedSignature](), 0, 0
    for row in rows:
        try:
            entry, is_partial = _entry(row, private_key)
        except SealBroken:
            entry, is_partial = entry_of_broken(row.message), False
        if entries and columns + len(entry.columns) > MOST:
            break
        entries.append(entry)
        taken.append(row)
        columns += len(entry.columns)
        partial += is_partial
    return entries, taken, partial


def _entry(row: UnfoldedSignature, private_key: bytes) -> tuple[Entry, bool]:
    message = row.message
    key = content_key(message, private_key)
    if row.scheme == SCHEME:
        try:
            bound = {"purpose": "signature", "binding": str(message.pk)}
            columns = signatures.unpack(open_bytes(bytes(row.sealed), key, **bound))
            return entry_of(message, key, columns), row.is_partial
        except (SealBroken, ValueError):
            log.error("Seal broken: signature of message %s; made anew.", message.pk)
    message.content = Content.objects.get(pk=message.content_id)
    words = words_again(message.content, key, rendition_by(message, key))
    return entry_of(message, key, signatures.unpack(words.columns)), words.is_partial
