"""How the web tier reads what is sealed: mailbox key, message key, then a part.

It needs the storage key; in a worker or at the LMTP door every function here
that starts from a mailbox ends in KeyMissing (promise P5). A broken seal is
logged with the row's id, and nothing else is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import connection
from django.db.transaction import TransactionManagementError

from mailbox import storage
from mailbox.errors import KeyMissing, SealBroken
from mailbox.mime.rendition import Rendition, Summary, unpack_head
from mailbox.models import Content, Mailbox, Message
from mailbox.sealing import hpke, infos, keyring
from mailbox.sealing.content import ContentReader
from mailbox.sealing.records import open_record, own_key, seal_record

log = logging.getLogger(__name__)

Opened = TypeVar("Opened")

# What nobody may exchange before the end of the transaction: the switch of a mailbox's pair
# locks FOR UPDATE. Filing and reading do not wait for it, nor it for them.
_HOLD = """
SELECT public_key, sealed_private_key, storage_key_id FROM mailbox_mailbox
WHERE id = %s FOR KEY SHARE
"""


class MailboxKey(bytes):
    """A mailbox's private key, and beside it those that something may still be under, or already.

    others: while the pair is being changed, the one before; in a process that opened the key
    before the change, the one since, once something did not open. is_held: it stays the
    mailbox's until the transaction ends (`key_to_seal`).
    """

    mailbox_id: UUID
    others: tuple[bytes, ...]
    is_held: bool

    def __new__(cls, key: bytes, mailbox_id: UUID, *others: bytes, is_held: bool = False) -> Self:
        made = super().__new__(cls, key)
        made.mailbox_id, made.others, made.is_held = mailbox_id, others, is_held
        return made


def mailbox_key(mailbox: Mailbox) -> MailboxKey:
    """Open the mailbox's private key; KeyMissing without the storage key, or after shredding."""
    with _telling("mailbox", mailbox.pk):
        try:
            return _unwrapped(mailbox)
        except (KeyMissing, SealBroken):
            # It may have been wrapped anew since the row was read, and the old key be retired.
            now = Mailbox.objects.filter(pk=mailbox.pk).first()
            if now is None or now.storage_key_id == mailbox.storage_key_id:
                raise
            return _unwrapped(now)


def _unwrapped(mailbox: Mailbox) -> MailboxKey:
    ring, key_id = keyring.current(), mailbox.storage_key_id
    sealed = [mailbox.sealed_private_key]
    if mailbox.sealed_previous_key is not None:
        sealed.append(mailbox.sealed_previous_key)
    keys = [ring.unwrap_mailbox_key(bytes(one), key_id, mailbox.pk) for one in sealed]
    return MailboxKey(keys[0], mailbox.pk, *keys[1:])


def key_to_seal(mailbox_id: UUID) -> MailboxKey:
    """The key to seal a mailbox's own things under, which stays so until the transaction ends.

    Whoever seals under a key they opened earlier could lose what they write: the pair may
    have been changed, and the old one be gone (ADR 0022). KeyMissing after shredding.
    """
    _public, sealed, key_id = _held(mailbox_id)
    key = keyring.current().unwrap_mailbox_key(sealed, key_id, mailbox_id)
    return MailboxKey(key, mailbox_id, is_held=True)


def seal_to_mailbox(mailbox_id: UUID, plaintext: bytes, info: bytes) -> bytes:
    """Seal a short secret to a mailbox, as its pair is until the transaction ends; workers may.

    KeyMissing after shredding.
    """
    public_key, sealed, _key_id = _held(mailbox_id)
    if not sealed:
        raise KeyMissing
    return hpke.seal(plaintext, public_key, info=info)


def unseal_own(sealed: bytes, private_key: bytes, *, info: bytes) -> bytes:
    """Open what `seal_to_mailbox` closed. Raises SealBroken."""
    return opened_by(private_key, lambda key: hpke.unseal(sealed, key, info=info))


def opened_by(private_key: bytes, attempt: Callable[[bytes], Opened]) -> Opened:
    """What `attempt` gives with a mailbox's key, with the one before or the one since.

    SealBroken where none of them opens it.
    """
    for key in _keys_to_try(private_key):
        try:
            return attempt(key)
        except SealBroken:
            continue
    raise SealBroken


def content_key(message: Message, private_key: bytes) -> bytes:
    """Open the key of a message's content with the private key of its mailbox."""
    info = infos.for_content(message.mailbox_id, message.content_id)
    with _telling("message", message.pk):
        try:
            return unseal_own(bytes(message.sealed_key), private_key, info=info)
        except SealBroken:
            # It may have been sealed anew since the row was read, and the old key be gone.
            return unseal_own(_sealed_key_now(message), private_key, info=info)


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

    It opens for the same purpose and row only. In the transaction that writes the row: the
    mailbox's pair is not changed before its end.
    """
    if not isinstance(private_key, MailboxKey):
        raise TypeError("the key of a mailbox, as `mailbox_key` gives it")
    key = private_key if private_key.is_held else key_to_seal(private_key.mailbox_id)
    return seal_record(value, own_key(key), purpose=purpose, binding=str(row_id))


def open_own(sealed: bytes, private_key: bytes, *, purpose: str, row_id: UUID) -> dict[str, Any]:
    """Open what `seal_own` closed. Raises SealBroken."""
    with _telling(purpose, row_id):
        binding = str(row_id)
        return opened_by(
            private_key,
            lambda key: open_record(bytes(sealed), own_key(key), purpose=purpose, binding=binding),
        )


def _held(mailbox_id: UUID) -> tuple[bytes, bytes, str]:
    """The public half, the wrapped private one and its storage key, held."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("a mailbox's key is held within a transaction")
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [mailbox_id])
        row = cursor.fetchone()
    if row is None:
        raise KeyMissing
    return bytes(row[0]), bytes(row[1]), row[2]


def _keys_to_try(private_key: bytes) -> Iterator[bytes]:
    """The key, those known beside it, and at last what the mailbox's row says now."""
    yield private_key
    if not isinstance(private_key, MailboxKey):
        return
    known = (private_key, *private_key.others)
    yield from private_key.others
    now = Mailbox.objects.filter(pk=private_key.mailbox_id).exclude(sealed_private_key=b"").first()
    if now is not None:
        since = mailbox_key(now)
        fresh = [bytes(key) for key in (since, *since.others) if key not in known]
        private_key.others += tuple(fresh)
        yield from fresh


def _sealed_key_now(message: Message) -> bytes:
    """How the row has it now; SealBroken where that is what did not open."""
    now = Message.objects.filter(mailbox=message.mailbox_id, id=message.id)
    sealed = now.values_list("sealed_key", flat=True).first()
    if sealed is None or bytes(sealed) == bytes(message.sealed_key):
        raise SealBroken
    return bytes(sealed)


@contextmanager
def _telling(kind: str, row_id: UUID) -> Iterator[None]:
    """Tell operators which row has a broken seal, and go on failing."""
    try:
        yield
    except SealBroken:
        log.error("Seal broken: %s %s.", kind, row_id)
        raise
