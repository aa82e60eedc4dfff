"""A letter's words, put away with it, so that a search never reads the letter again.

They are made once for each letter, before the transaction that files it: normalising and
reading files takes time. Whoever files the same content later has its key, and makes the
columns anew from the words. Public halves and that key suffice (promise P5).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from mailbox import storage
from mailbox.errors import SealBroken
from mailbox.filing.indexed.files import texts_of
from mailbox.mime.rendition import Rendition
from mailbox.models import Content, Message, SearchText, UnfoldedSignature
from mailbox.sealing.content import open_content
from mailbox.sealing.records import open_bytes, seal_bytes
from mailbox.searching import signatures
from mailbox.searching.searchable import Searchable, from_bytes, searchable_of, to_bytes
from mailbox.searching.terms import SCHEME

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Words:
    """What is the same in every mailbox: the words as they are stored, and their columns.

    text: `searchable.to_bytes`. columns: `signatures.pack`. is_partial: some word of the
    letter is not among them, because it, or a file of it, is too long or could not be read.
    """

    text: bytes
    columns: bytes
    is_partial: bool = False


class StoredWords(Protocol):
    """A row of SearchText, or what of it opens: its content's id, and where its words lie."""

    @property
    def pk(self) -> UUID: ...

    @property
    def row(self) -> bytes | memoryview | None: ...

    @property
    def file(self) -> str: ...


def words_of(rendition: Rendition, packed: bytes, *, is_awaited: bool = False) -> Words:
    """Make a letter's words ready. packed: its content, where its files are read from.

    is_awaited: its author waits meanwhile, so that less time is spent on its files.
    """
    found = searchable_of(rendition, texts_of(rendition, packed, is_awaited=is_awaited))
    return _with_columns(to_bytes(found), found)


def store_words(content: Content, key: bytes, words: Words) -> None:
    """Put the words of a content away, in the transaction that stores it or any later one."""
    name_words(content, keep_words(content.pk, key, words))


def keep_words(content_id: UUID, key: bytes, words: Words) -> storage.Kept:
    """Seal the words of a content and put the bytes away, before a row says where."""
    return storage.keep(seal_bytes(words.text, key, purpose="searchable", binding=str(content_id)))


def name_words(content: Content, kept: storage.Kept) -> None:
    """Say where the words of a content lie; words put away before are forgotten."""
    row = SearchText(content=content, row=kept.row, file=kept.file)
    SearchText.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["content"], update_fields=["row", "file"]
    )


def open_words(stored: StoredWords, key: bytes) -> Searchable:
    """The words of a content whose key is known. SealBroken if anything is amiss."""
    return _opened(stored, key)[1]


def words_again(content: Content, key: bytes, rendition: Rendition) -> Words:
    """The words of a content stored before: as they were put away, else made from itself.

    They are missing where it was stored by a release that had none.
    """
    stored = SearchText.objects.filter(pk=content.pk).first()
    if stored is not None:
        try:
            return _with_columns(*_opened(stored, key))
        except SealBroken:
            log.error("Seal broken: words of content %s; made anew.", content.pk)
    packed = b""
    if rendition.attachments:
        packed = open_content(storage.load(content.row, content.file), key, content.pk)
    words = words_of(rendition, packed)
    store_words(content, key, words)
    return words


def sign(messages: Sequence[Message], key: bytes, words: Words) -> None:
    """Give each of these new copies of one content its columns, until a segment has them."""
    UnfoldedSignature.objects.bulk_create(
        UnfoldedSignature(
            mailbox_id=message.mailbox_id,
            message=message,
            scheme=SCHEME,
            is_partial=words.is_partial,
            sealed=seal_bytes(words.columns, key, purpose="signature", binding=str(message.pk)),
        )
        for message in messages
    )


def _with_columns(text: bytes, found: Searchable) -> Words:
    columns = signatures.pack(signatures.columns(found))
    return Words(text, columns, is_partial=not found.is_complete)


def _opened(stored: StoredWords, key: bytes) -> tuple[bytes, Searchable]:
    sealed = storage.load(stored.row, stored.file)
    text = open_bytes(sealed, key, purpose="searchable", binding=str(stored.pk))
    try:
        return text, from_bytes(text)
    except ValueError:
        raise SealBroken from None
