"""A letter that has been read, and its one sealed content on the way into mailboxes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.conf import settings

from mailbox.filing.identity import identity_of
from mailbox.filing.indexed.words import Words
from mailbox.filing.messages import file_copies
from mailbox.mime.rendition import Rendition
from mailbox.mime.trust import hops
from mailbox.models import Content, Folder


@dataclass(frozen=True)
class Letter:
    """What came. return_path: of the envelope, empty for a report; received_at: aware."""

    raw: bytes
    rendition: Rendition
    return_path: str
    received_at: datetime

    @cached_property
    def identity(self) -> bytes:
        return identity_of(self.rendition, self.raw, standing=self._standing)

    @property
    def _standing(self) -> str:
        """What our MTA thought of it; nothing where it is proven, or nobody looked."""
        if self.is_spam:
            return "spam"
        found = self.rendition.authentication
        return "unproven" if found.is_checked and not found.is_proven else ""

    @cached_property
    def is_spam(self) -> bool:
        """Whether the filter of our own MTA says so; nobody else is believed."""
        return hops.is_called_spam(hops.headers_of(self.raw), settings.AUTHSERV_ID)


@dataclass(frozen=True)
class Copy:
    """A letter's content, stored once under its key with its words, for any number of mailboxes."""

    content: Content
    key: bytes
    letter: Letter
    words: Words

    def file_for(self, mailboxes: Collection[UUID]) -> int:
        """File for those that do not have it yet, spam where spam belongs; return how many."""
        letter = self.letter
        return file_copies(
            self.content,
            self.key,
            letter.rendition,
            mailbox_ids=mailboxes,
            received_at=letter.received_at,
            duplicate_of=letter.identity,
            folder_kind=Folder.Kind.SPAM if letter.is_spam else Folder.Kind.INBOX,
            return_path=letter.return_path,
            words=self.words,
        )
