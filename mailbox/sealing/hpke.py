"""Sealing to a public key: RFC 9180 base mode, ML-KEM-768 with X25519, AES-256-GCM.

Hybrid: whoever wants to open must break both the lattice and the curve. Keys
travel as raw bytes, so that tables and key files need no format of their own.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from mailbox.errors import SealBroken

FORMAT = b"\x01"
PRIVATE_KEY_BYTES = 64 + 32
PUBLIC_KEY_BYTES = 1184 + 32

_SEED = 64
_ENCAPSULATION_KEY = 1184
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def new_private_key() -> bytes:
    """Return a new private key: 64 bytes of ML-KEM seed (FIPS 203 d and z), 32 of X25519."""
    lattice = MLKEM768PrivateKey.generate().private_bytes_raw()
    curve = X25519PrivateKey.generate().private_bytes_raw()
    return lattice + curve


def public_key_of(private_key: bytes) -> bytes:
    """Return the public half: 1184 bytes of ML-KEM-768, 32 of X25519."""
    lattice = MLKEM768PrivateKey.from_seed_bytes(private_key[:_SEED])
    curve = X25519PrivateKey.from_private_bytes(private_key[_SEED:])
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def seal(plaintext: bytes, public_key: bytes, *, info: bytes) -> bytes:
    """Seal a short secret, so that only the private half opens it, and only under `info`.

    Returns format byte, encapsulated key, ciphertext: 1137 bytes more than the plaintext.
    """
    return FORMAT + _SUITE.encrypt(plaintext, _public(public_key), info)


def unseal(sealed: bytes, private_key: bytes, *, info: bytes) -> bytes:
    """Open what `seal` closed; anything changed, or another key or info: SealBroken."""
    if sealed[:1] != FORMAT:
        raise SealBroken
    try:
        return _SUITE.decrypt(sealed[1:], _private(private_key), info)
    except (InvalidTag, ValueError):
        raise SealBroken from None


@lru_cache(maxsize=64)
def _public(raw: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_ENCAPSULATION_KEY]),
        X25519PublicKey.from_public_bytes(raw[_ENCAPSULATION_KEY:]),
    )


# Expanding the seed costs more than opening with it, and a page opens fifty keys with one.
@lru_cache(maxsize=32)
def _private(raw: bytes) -> MLKEM768X25519PrivateKey:
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(raw[:_SEED]),
        X25519PrivateKey.from_private_bytes(raw[_SEED:]),
    )
