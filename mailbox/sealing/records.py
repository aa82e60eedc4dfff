"""Small values, list rows and drafts and envelopes, sealed under a key that one content has.

AES-256-GCM with a random nonce, under a key derived by HKDF for one purpose.
The binding names the row (and version) a value belongs to, so that it opens
nowhere else: format byte, 12 bytes of nonce, ciphertext, 16 bytes of tag.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from mailbox.errors import SealBroken

FORMAT = b"\x01"
_NONCE = 12


def derive(key: bytes, label: str) -> bytes:
    """Return a key of 32 bytes for one use of `key` (HKDF-Expand, RFC 5869: keys are uniform)."""
    return HKDFExpand(SHA256(), 32, f"govmail/1/{label}".encode()).derive(key)


# A page opens hundreds of records with one key.
@lru_cache(maxsize=32)
def own_key(private_key: bytes) -> bytes:
    """The symmetric key of what only a mailbox itself reads, from its private key (RFC 5869).

    With extraction first: a private key is secret, but need not be uniform.
    """
    return HKDF(SHA256(), 32, salt=None, info=b"govmail/1/own-records").derive(private_key)


def seal_bytes(plaintext: bytes, key: bytes, *, purpose: str, binding: str) -> bytes:
    """Seal bytes for one purpose, to open only with the same purpose and binding."""
    nonce = os.urandom(_NONCE)
    cipher = AESGCM(derive(key, f"record/{purpose}"))
    return FORMAT + nonce + cipher.encrypt(nonce, plaintext, _bound(purpose, binding))


def open_bytes(sealed: bytes, key: bytes, *, purpose: str, binding: str) -> bytes:
    """Open what `seal_bytes` closed. Anything changed, or meant for elsewhere: SealBroken."""
    nonce, ciphertext = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    if sealed[:1] != FORMAT or len(nonce) != _NONCE:
        raise SealBroken
    try:
        cipher = AESGCM(derive(key, f"record/{purpose}"))
        return cipher.decrypt(nonce, ciphertext, _bound(purpose, binding))
    except (InvalidTag, ValueError):
        raise SealBroken from None


def seal_record(value: Mapping[str, Any], key: bytes, *, purpose: str, binding: str) -> bytes:
    """Seal a JSON object; see `seal_bytes`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return seal_bytes(text.encode("utf-8", "surrogatepass"), key, purpose=purpose, binding=binding)


def open_record(sealed: bytes, key: bytes, *, purpose: str, binding: str) -> dict[str, Any]:
    """Open what `seal_record` closed. Anything changed, or meant for elsewhere: SealBroken."""
    text = open_bytes(sealed, key, purpose=purpose, binding=binding)
    try:
        value = json.loads(text.decode("utf-8", "surrogatepass"))
    except ValueError:
        raise SealBroken from None
    if not isinstance(value, dict):
        raise SealBroken
    return value


def _bound(purpose: str, binding: str) -> bytes:
    return f"govmail/1/record/{purpose}/{binding}".encode()
