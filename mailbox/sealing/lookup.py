"""Digests that find a conversation or a duplicate again without saying what they stand for.

Keyed BLAKE2b under the lookup key, which web and workers share and which opens
nothing. The same value has another digest in every mailbox and for every kind.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal
from uuid import UUID

Kind = Literal[
    "message-id", "subject", "duplicate", "address", "search", "sender-choice", "recipient"
]

DIGEST_BYTES = 16
_PERSON = b"govmail/1/lookup"


def digest(key: bytes, mailbox_id: UUID, kind: Kind, value: bytes | str) -> bytes:
    """Return 16 bytes that stand for `value` in this mailbox (BLAKE2b keyed, RFC 7693)."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    state = blake2b(digest_size=DIGEST_BYTES, key=key, person=_PERSON)
    state.update(kind.encode() + b"\0" + mailbox_id.bytes + value)
    return state.digest()
