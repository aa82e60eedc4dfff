"""A mailbox with mail and an index, and what a plain reader finds in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from mailbox.models import Mailbox, Message, SearchIndex, SearchSegment, UnfoldedSignature
from mailbox.opening import content_key, mailbox_key
from mailbox.sealing.records import open_bytes
from mailbox.searching import signatures, slices
from mailbox.searching.query import Words
from mailbox.searching.segments import reading
from mailbox.searching.segments.directory import moment
from mailbox.searching.segments.merging import _Source, directory_of
from mailbox.searching.segments.sealing import open_index_key
from mailbox.searching.terms import asked
from tests.mailbox.post import MORNING, file_raw, raw_letter

# Words apart enough that no two share all their bits.
NAMES = ("ครุภัณฑ์", "งบประมาณ", "zeppelin", "ประกวดราคา")


def post(box: Mailbox, number: int, *, word: str = "", at: datetime | None = None) -> Message:
    """File a letter that holds a word; newer ones have higher numbers."""
    body = f"เรียน ทุกท่าน {word or NAMES[number % len(NAMES)]} ฉบับ {number}"
    raw = raw_letter(f"เรื่องที่ {number}", body=body)
    file_raw(raw, [box], at=at or MORNING + timedelta(minutes=number))
    return Message.objects.filter(mailbox=box).latest("id")


def found(box: Mailbox, word: str) -> list[UUID]:
    """The messages that the index and the unfolded rows give for a word, newest first.

    Without a cache, and as often as they stand there; a search must be given the same, once.
    """
    private_key, bits = mailbox_key(box), set(asked(word))
    places: list[tuple[datetime, UUID]] = []
    for row in UnfoldedSignature.objects.filter(mailbox=box).select_related("message"):
        message = row.message
        key = content_key(message, private_key)
        sealed = open_bytes(bytes(row.sealed), key, purpose="signature", binding=str(message.pk))
        if any(bits <= set(one.tolist()) for one in signatures.unpack(sealed)):
            places.append((message.received_at, message.pk))
    index = SearchIndex.objects.filter(mailbox=box).in_use().first()
    if index is not None:
        key = open_index_key(index, private_key)
        for segment in index.segments.all():
            places += _in_segment(segment, key, bits)
    pks = [pk for _at, pk in sorted(places, reverse=True)]
    given = reading.candidates(box, Words(word), private_key)
    if not SearchIndex.objects.filter(mailbox=box).exclude(state="in-use").exists():
        assert [one.message_id for one in given] == list(dict.fromkeys(pks))
    return pks


def _in_segment(segment: SearchSegment, key: bytes, bits: set[int]) -> list[tuple[datetime, UUID]]:
    directory, source = directory_of(segment, key), _Source(segment, key)
    order = [(int(at), bytes(pk)) for at, pk in zip(directory["at"], directory["id"], strict=True)]
    assert order == sorted(order)
    assert segment.oldest_at == moment(order[0][0]) and segment.newest_at == moment(order[-1][0])
    marks = np.ones(segment.columns, np.bool_)
    for bit in sorted(bits):
        block = source.block(slices.block_of(bit, segment.columns))
        marks &= slices.marked(slices.decode(block), bit, segment.columns)
    if segment.has_runs:
        number = slices.count(segment.columns)
        runs = source._seal.open(number, source._read([number])[number])
        same = [at for at in range(1, len(order)) if order[at] == order[at - 1]]
        assert slices.decode(runs).tolist() == same
    # A message once, whichever of its columns have the word.
    found_here = {order[at] for at in np.flatnonzero(marks)}
    return [(moment(at), UUID(bytes=pk)) for at, pk in found_here]


def truth(box: Mailbox, word: str, sent: dict[UUID, str]) -> list[UUID]:
    """What must be found: the messages that are there and hold the word, newest first."""
    rows = Message.objects.filter(mailbox=box).order_by("-received_at", "-id")
    return [pk for pk in rows.values_list("pk", flat=True) if word in sent[pk]]


def counted(index: SearchIndex) -> dict[str, int]:
    """An index's own figures, compared on the way with its segments."""
    index.refresh_from_db()
    columns = sum(segment.columns for segment in index.segments.all())
    assert index.columns == columns
    return {"messages": index.messages, "columns": columns, "holes": index.holes}
