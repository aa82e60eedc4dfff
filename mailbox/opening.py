"""How the web tier reads what is sealed: mailbox key, message key, then a part.

It needs the storage key; in a worker or at the LMTP door every function here
that starts from a mailbox ends in KeyMissing (promise P5). A broken seal is
logged with the row's id, and nothing else is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from mailbox import storage
from mailbox.errors import SealBroken
from mailbox.mime.rendition import Rendition, Summary, unpack_head
from mailbox.models import Content, Mailbox, Message
from mailbox.sealing import hpke, infos, keyring
from mailbox.sealing.content import ContentReader
from mailbox.sealing.records import open_record, own_key, seal_record

log = logging.getLogger(__name__)


def mailbox_key(mailbox: Mailbox) -> bytes:
    """Open the mailbox's private key; KeyMissing without the storage key, or after shredding."""
    with _telling("mailbox", mailbox.pk):
        return keyring.current().unwrap_mailbox_key(
            bytes(mailbox.sealed_private_key), mailbox.storage_key_id, mailbox.pk
        )


def content_key(message: Message, private_key: bytes) -> bytes:
    """Open the key of a message's content with the private key of its mailbox."""
    info = infos.for_content(message.mailbox_id, message.content_id)
    with _telling("message", message.pk):
        return hpke.unseal(bytes(message.sealed_key), private_key, info=info)


def open_summary(message: Message, private_key: bytes) -> Summary:
    """Open the list row of a message."""
    return summary_by(message, content_key(message, private_key))


def summary_by(message: Message, key: bytes) -> Summary:
    """Open the list row of a message whose content key is known."""
    with _telling("message", message.pk):
        sealed = bytes(message.sealed_summary)
        return Summary.from_json(
            open_record(sealed, key, purpose="summary", binding=str(message.pk))
        )


def open_rendition(message: Message, private_key: bytes) -> Rendition:
    """Open what a reader needs of a message; its attachments and source stay sealed."""
    return rendition_by(message, content_key(message, private_key))


def rendition_by(message: Message, key: bytes) -> Rendition:
    """Open what a reader needs of a message whose content key is known."""
    with _telling("content", message.content_id):
        return unpack_head(content_reader(message.content, key).read)


def reader(message: Message, private_key: bytes) -> ContentReader:
    """Give ranges of a message's packed content, opening only what is asked for."""
    return content_reader(message.content, content_key(message, private_key))


def content_reader(content: Content, key: bytes) -> ContentReader:
    """Give ranges of a content whose key is known (the relay knows some)."""
    with _telling("content", content.pk):
        return ContentReader(storage.ranges(content.row, content.file), key, content.pk)


def seal_own(value: Mapping[str, Any], private_key: bytes, *, purpose: str, row_id: UUID) -> bytes:
    """Seal a JSON object of a mailbox's own (a label, a contact) under its private key.

    It opens for the same purpose and row only.
    """
    return seal_record(value, own_key(private_key), purpose=purpose, binding=str(row_id))


def open_own(sealed: bytes, private_key: bytes, *, purpose: str, row_id: UUID) -> dict[str, Any]:
    """Open what `seal_own` closed. Raises SealBroken."""
    with _telling(purpose, row_id):
        return open_record(
            bytes(sealed), own_key(private_key), purpose=purpose, binding=str(row_id)
        )


@contextmanager
def _telling(kind: str, row_id: UUID) -> Iterator[None]:
    """Tell operators which row has a broken seal, and go on failing."""
    try:
        yield
    except SealBroken:
        log.error("Seal broken: %s %s.", kind, row_id)
        raise
