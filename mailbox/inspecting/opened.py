"""Whether content opens, every chunk of it: needs the storage key, and shows nothing.

A content that many mailboxes have is opened once, with the first of them; of the others it is
asked whether they hold its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Exists, OuterRef

from mailbox import opening
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.indexed.words import open_words
from mailbox.inspecting.contents import Flaw
from mailbox.models import Mailbox, Message, SearchText
from mailbox.sealing import keyring
from mailbox.sealing.content import CHUNK, ContentReader

_PAGE = 100
# So much is opened at a time, and let go.
_PIECE = 16 * CHUNK


def flaws(mailbox_id: UUID, *, all_of_it: bool = False) -> Iterator[list[Flaw]]:
    """Open a mailbox's messages, a page at a time; what does not open. KeyMissing.

    all_of_it: open each content, also those that another mailbox's turn opens. A mailbox whose
    key has been destroyed has nothing to open.
    """
    box = Mailbox.objects.get(pk=mailbox_id)
    if not bytes(box.sealed_private_key):
        return
    try:
        private_key = opening.mailbox_key(box)
    except SealBroken:
        yield [Flaw("mailbox", mailbox_id, "its private key does not open")]
        return
    except KeyMissing:
        if not keyring.current().opens("storage"):
            raise
        yield [Flaw("mailbox", mailbox_id, "its private key is under a storage key that is lost")]
        return
    after: UUID | None = None
    while page := _page(mailbox_id, after):
        yield [flaw for one in page for flaw in _of_message(one, private_key, all_of_it)]
        after = page[-1].pk


def _page(mailbox_id: UUID, after: UUID | None) -> list[Message]:
    others = Message.objects.filter(
        content=OuterRef("content"), mailbox__lt=OuterRef("mailbox_id")
    ).exclude(mailbox__sealed_private_key=b"")
    rows = Message.objects.filter(mailbox=mailbox_id).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    rows = rows.annotate(is_opened=Exists(others)).select_related("content")
    return list(rows[:_PAGE])


def _of_message(message: Message, private_key: bytes, all_of_it: bool) -> Iterator[Flaw]:
    try:
        key = opening.content_key(message, private_key)
    except SealBroken:
        yield Flaw("message", message.pk, "its key does not open")
        return
    try:
        opening.summary_by(message, key)
    except SealBroken:
        yield Flaw("message", message.pk, "its summary does not open")
    if all_of_it or not message.is_opened:  # type: ignore[attr-defined]  # annotated
        yield from _of_content(message, key)


def _of_content(message: Message, key: bytes) -> Iterator[Flaw]:
    content = message.content
    try:
        _open_all(opening.content_reader(content, key))
    except SealBroken:
        yield Flaw("content", content.pk, "it does not open", content.file)
    stored = SearchText.objects.filter(pk=content.pk).first()
    if stored is not None:
        try:
            open_words(stored, key)
        except SealBroken:
            yield Flaw("search text", content.pk, "it does not open", stored.file)


def _open_all(reader: ContentReader) -> None:
    for start in range(0, max(1, reader.size), _PIECE):
        reader.read(start, start + _PIECE)
