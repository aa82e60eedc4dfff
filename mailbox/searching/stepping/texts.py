"""The words of messages, opened to be looked at, and what of a message a hit shows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from uuid import UUID

from mailbox.errors import SealBroken
from mailbox.filing.indexed.words import StoredWords, open_words
from mailbox.models import Content, Message, SearchText
from mailbox.opening import rendition_by
from mailbox.searching.searchable import FileWords, Searchable, searchable_of
from mailbox.searching.words import around, find, holds

log = logging.getLogger(__name__)

SNIPPET = 140
Texts = dict[UUID, StoredWords]


def texts_of(contents: Iterable[UUID]) -> Texts:
    """The sealed words of these contents, in one statement; mail from before has none."""
    # Not as models: there are some hundred of them, and each is opened once.
    rows = SearchText.objects.filter(pk__in=set(contents))
    return {row.pk: row for row in rows.values_list("pk", "row", "file", named=True)}


def words_of(message: Message, key: bytes, texts: Texts) -> Searchable:
    """A message's words: those put away at filing, else made of the message itself.

    What is written in its files is known from filing only: made anew, they count as not read.
    Raises SealBroken if neither opens.
    """
    if (text := texts.get(message.content_id)) is not None:
        try:
            return open_words(text, key)
        except SealBroken:
            log.error("Seal broken: search text %s.", text.pk)
    message.content = Content.objects.get(pk=message.content_id)
    rendition = rendition_by(message, key)
    return searchable_of(rendition, [("", False)] * len(rendition.attachments))


def snippet_of(read: Searchable, marks: Sequence[str], otherwise: str) -> tuple[str, str]:
    """The text around the longest word that was found, and the name of the file it stands in.

    The name is empty for the letter itself. `otherwise` where no word stands in a text.
    """
    start = len(read.subject) + 1
    for word in sorted(marks, key=len, reverse=True):
        if (at := find(read.text, word, start)) >= 0:
            near = (at - start) / max(1, len(read.text) - start)
            return around(read.shown, [word], SNIPPET, near=near), ""
        if (file := _file_with(read.files, word)) is not None:
            return around(file.text, [word], SNIPPET), file.name
    return otherwise, ""


def _file_with(files: Iterable[FileWords], word: str) -> FileWords | None:
    return next((one for one in files if holds(one.name, word) or holds(one.text, word)), None)
