"""The key of an index, and its blocks sealed under it.

A key for each segment is derived from the index key; a block's number is its nonce. That is
safe because a segment's id is fresh for every attempt at writing one, and each number is
written once under it. What one key sealed opens in no other segment, nor as another number.
"""

from __future__ import annotations

import os
import threading
from uuid import UUID

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailbox.errors import SealBroken
from mailbox.models import SearchIndex
from mailbox.opening import open_own, seal_own
from mailbox.sealing.records import derive
from mailbox.searching.searchable import inflated

KEY_BYTES = 32
PURPOSE = "search-index"
# Twice the largest block there is, a directory's or a slice's; whatever a frame claims.
MOST_BYTES = 64 * 1024

_local = threading.local()


def new_index_key(private_key: bytes, index_id: UUID) -> tuple[bytes, bytes]:
    """A fresh index key, and the same sealed for its mailbox alone."""
    key = os.urandom(KEY_BYTES)
    sealed = seal_own({"key": key.hex()}, private_key, purpose=PURPOSE, row_id=index_id)
    return key, sealed


def open_index_key(index: SearchIndex, private_key: bytes) -> bytes:
    """The key of an index. SealBroken where it is another mailbox's, or damaged."""
    opened = open_own(bytes(index.sealed_key), private_key, purpose=PURPOSE, row_id=index.pk)
    try:
        return bytes.fromhex(opened["key"])
    except (KeyError, TypeError, ValueError):
        raise SealBroken from None


class SegmentSeal:
    """Seals and opens the blocks of one segment."""

    def __init__(self, index_key: bytes, segment_id: UUID) -> None:
        self._cipher = AESGCM(derive(index_key, f"search-segment/{segment_id}"))

    def seal(self, number: int, plain: bytes) -> bytes:
        """Compress and seal a block. A second time for one number would give the key away."""
        return self._cipher.encrypt(_nonce(number), _compressor().compress(plain), None)

    def open(self, number: int, sealed: bytes) -> bytes:
        """Open what `seal` closed under this number. SealBroken if anything is amiss."""
        try:
            packed = self._cipher.decrypt(_nonce(number), sealed, None)
            return inflated(packed, MOST_BYTES)
        except (InvalidTag, ValueError):
            raise SealBroken from None


def _nonce(number: int) -> bytes:
    return bytes(4) + number.to_bytes(8, "big", signed=True)


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=12)
    found: zstandard.ZstdCompressor = _local.compressor
    return found
