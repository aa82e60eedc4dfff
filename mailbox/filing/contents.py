"""Content put away once, read back, and deleted when nobody has it any more.

The same pair of fields, `row` and `file`, is on Content, Arrival and
DraftAttachment; what is said here of contents goes for them through `storage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from mailbox import storage
from mailbox.errors import ContentAway
from mailbox.filing.indexed.words import Words, keep_words, name_words
from mailbox.models import Content, SearchText
from mailbox.sealing.content import open_content, seal_content

# Content is written before the rows that have it; younger than this it is left alone.
UNOWNED_FOR = timedelta(hours=1)


class RowOrFile(Protocol):
    """A row whose sealed bytes are in it, or in a file."""

    row: bytes | memoryview | None
    file: str


def store_content(
    plaintext: bytes, key: bytes, content_id: UUID, *, words: Words | None = None
) -> Content:
    """Seal a packed message and put it away, once for all mailboxes; durable with the commit.

    words: made by `words_of` before the transaction; without them whoever files it makes them.
    Raises ContentAway: then nothing has been kept.
    """
    sealed = seal_content(plaintext, key, content_id)
    kept, words_kept = storage.keep(sealed), None
    if words is not None:
        try:
            words_kept = keep_words(content_id, key, words)
        except ContentAway:
            # Room for the one and not for the other: nothing of either stays.
            with suppress(ContentAway):
                storage.forget(kept.file)
            raise
    content = Content.objects.create(
        id=content_id,
        plain_size=len(plaintext),
        sealed_size=len(sealed),
        row=kept.row,
        file=kept.file,
    )
    if words_kept is not None:
        name_words(content, words_kept)
    return content


def keep_sealed(plaintext: bytes, key: bytes, row_id: UUID) -> storage.Kept:
    """Seal an arrival's or attachment's bytes, bound to its id; give its row and file fields."""
    return storage.keep(seal_content(plaintext, key, row_id))


def load_content(kept: RowOrFile, key: bytes, row_id: UUID) -> bytes:
    """Open all of a content, arrival or attachment; SealBroken if anything is amiss."""
    return open_content(storage.load(kept.row, kept.file), key, row_id)


def forget_file(kept: RowOrFile) -> None:
    """Delete the row's file once its deletion is committed; losing the race leaves an orphan."""
    forget_files([kept])


def forget_files(kept: Iterable[RowOrFile]) -> None:
    """`forget_file` of many rows: where the storage is away, it is waited for once."""
    if files := [one.file for one in kept if one.file]:
        # Not a partial: Django wants the name of what it could not call for its log.
        def forget() -> None:
            storage.forget_all(files)

        transaction.on_commit(forget, robust=True)


def delete_contents(contents: Iterable[Content]) -> int:
    """Delete contents and, once that is committed, their files; return how many."""
    gone = list(contents)
    keys = [content.pk for content in gone]
    with transaction.atomic():
        forget_files(gone)
        forget_files(SearchText.objects.filter(pk__in=keys, file__gt="").only("pk", "file"))
        Content.objects.filter(pk__in=keys).delete()
    return len(gone)


def unowned(now: datetime) -> QuerySet[Content]:
    """Contents that no message and no submission has, an hour after they were stored."""
    old = Content.objects.filter(created_at__lt=now - UNOWNED_FOR)
    return old.filter(messages=None, submissions=None)


def delete_unowned(now: datetime, *, limit: int = 1000) -> int:
    """Delete contents that no message and no submission has; return how many."""
    return delete_contents(unowned(now).only("pk", "file")[:limit])
