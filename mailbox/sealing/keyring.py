"""The keys of this process: named, with ids, one of each name in use for sealing.

* storage: symmetric; wraps mailboxes' private keys and accounts' secrets. Web tier only.
* ingest, relay: HPKE pairs; everybody may seal to the public half, workers open.
* lookup: symmetric; digests for threading and duplicates. It opens nothing.
* returns: symmetric; vouches for return paths. Workers and LMTP; it opens nothing.

Old keys stay readable until they are retired. `Keyring` is what the portal asks
for; `StoredKeyring` has the keys in memory, another provider may keep them in an
HSM. A process without a key says KeyMissing, and promise P5 rests on that.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailbox.errors import KeyMissing, SealBroken
from mailbox.sealing import hpke
from mailbox.sealing.records import derive

SealTo = Literal["ingest", "relay"]
Name = Literal["storage", "ingest", "relay", "lookup", "returns"]
NAMES: tuple[Name, ...] = ("storage", "ingest", "relay", "lookup", "returns")

STAMP_BYTES = 10
_NONCE = 12
_STAMP = b"govmail/1/return"

Key = TypeVar("Key")


class Keyring(Protocol):
    """What the portal asks of its keys, wherever they are kept."""

    @property
    def lookup_key(self) -> bytes:
        """The key of `mailbox.sealing.lookup`, 32 bytes."""

    def active_id(self, name: Name) -> str:
        """The id of the key that new things are sealed with."""

    def opens(self, name: Name) -> bool:
        """Whether what is sealed with keys of this name can be opened here."""

    def wrap_mailbox_key(self, private_key: bytes, mailbox_id: UUID) -> tuple[str, bytes]:
        """Return the storage key's id and the wrapped private key."""

    def unwrap_mailbox_key(self, sealed: bytes, key_id: str, mailbox_id: UUID) -> bytes:
        """Return the mailbox's private key; SealBroken if it is another mailbox's."""

    def seal_to(self, name: SealTo, plaintext: bytes, info: bytes) -> tuple[str, bytes]:
        """Seal to the public half; return the key's id and the sealed bytes."""

    def unseal_from(self, name: SealTo, key_id: str, sealed: bytes, info: bytes) -> bytes:
        """Open with the private half; KeyMissing where only the public half is."""

    def seal_secret(self, plaintext: bytes, bound: bytes) -> tuple[str, bytes]:
        """Seal a secret of the web tier's own; return the storage key's id with it."""

    def open_secret(self, sealed: bytes, key_id: str, bound: bytes) -> bytes:
        """Open what `seal_secret` closed."""

    def stamp(self, value: bytes) -> bytes:
        """Vouch for a value with the returns key: 10 bytes (BLAKE2b keyed, RFC 7693)."""

    def knows_stamp(self, value: bytes, stamp: bytes) -> bool:
        """Whether a stamp is ours, under any returns key here; KeyMissing without one."""


@dataclass(frozen=True)
class Pair:
    """An HPKE key pair, or its public half alone."""

    public: bytes
    private: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class StoredKeyring:
    """Keys held in memory, as a key file or the environment gave them."""

    active: Mapping[Name, str]
    storage: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    lookup: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    ingest: Mapping[str, Pair] = field(default_factory=dict, repr=False)
    relay: Mapping[str, Pair] = field(default_factory=dict, repr=False)
    returns: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def lookup_key(self) -> bytes:
        return _found(self.lookup, self.active_id("lookup"))

    def active_id(self, name: Name) -> str:
        if name not in self.active:
            raise KeyMissing
        return self.active[name]

    def opens(self, name: Name) -> bool:
        if name not in self.active:
            return False
        key = getattr(self, name)[self.active[name]]
        return not isinstance(key, Pair) or key.private is not None

    def ids(self, name: Name) -> tuple[str, ...]:
        """All ids of one name that this keyring has."""
        return tuple(getattr(self, name))

    def wrap_mailbox_key(self, private_key: bytes, mailbox_id: UUID) -> tuple[str, bytes]:
        key_id = self.active_id("storage")
        return key_id, self._wrap("mailbox-key", key_id, private_key, mailbox_id.bytes)

    def unwrap_mailbox_key(self, sealed: bytes, key_id: str, mailbox_id: UUID) -> bytes:
        return self._unwrap("mailbox-key", key_id, sealed, mailbox_id.bytes)

    def seal_to(self, name: SealTo, plaintext: bytes, info: bytes) -> tuple[str, bytes]:
        key_id = self.active_id(name)
        return key_id, hpke.seal(plaintext, _found(self._pairs(name), key_id).public, info=info)

    def unseal_from(self, name: SealTo, key_id: str, sealed: bytes, info: bytes) -> bytes:
        private = _found(self._pairs(name), key_id).private
        if private is None:
            raise KeyMissing
        return hpke.unseal(sealed, private, info=info)

    def seal_secret(self, plaintext: bytes, bound: bytes) -> tuple[str, bytes]:
        key_id = self.active_id("storage")
        return key_id, self._wrap("account-secret", key_id, plaintext, bound)

    def open_secret(self, sealed: bytes, key_id: str, bound: bytes) -> bytes:
        return self._unwrap("account-secret", key_id, sealed, bound)

    def stamp(self, value: bytes) -> bytes:
        return _stamp(_found(self.returns, self.active_id("returns")), value)

    def knows_stamp(self, value: bytes, stamp: bytes) -> bool:
        if not self.returns:
            raise KeyMissing
        # All of them, whichever fits: the time taken tells nothing.
        return any([hmac.compare_digest(_stamp(k, value), stamp) for k in self.returns.values()])

    def _pairs(self, name: SealTo) -> Mapping[str, Pair]:
        return self.ingest if name == "ingest" else self.relay

    def _wrap(self, use: str, key_id: str, plaintext: bytes, bound: bytes) -> bytes:
        """Nonce and ciphertext, under a key derived for this one use."""
        nonce = os.urandom(_NONCE)
        cipher = AESGCM(derive(_found(self.storage, key_id), use))
        return nonce + cipher.encrypt(nonce, plaintext, _label(use, key_id) + bound)

    def _unwrap(self, use: str, key_id: str, sealed: bytes, bound: bytes) -> bytes:
        cipher = AESGCM(derive(_found(self.storage, key_id), use))
        try:
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _label(use, key_id) + bound)
        except (InvalidTag, ValueError):
            raise SealBroken from None


def _found(keys: Mapping[str, Key], key_id: str) -> Key:
    if key_id not in keys:
        raise KeyMissing
    return keys[key_id]


def _stamp(key: bytes, value: bytes) -> bytes:
    return blake2b(value, digest_size=STAMP_BYTES, key=key, person=_STAMP).digest()


def _label(use: str, key_id: str) -> bytes:
    return f"govmail/1/{use}/{key_id}/".encode()


# --- The keyring of this process ------------------------------------------


def _none() -> Keyring:
    raise KeyMissing


_source: Callable[[], Keyring] = _none


def current() -> Keyring:
    """Return this process's keyring; KeyMissing if it has none."""
    return _source()


def use_source(source: Callable[[], Keyring]) -> None:
    """Say where this process's keyring comes from; asked again at every use."""
    global _source
    _source = source


def use(keyring: Keyring) -> None:
    """Make this the keyring of the process."""
    use_source(lambda: keyring)


@contextmanager
def using(keyring: Keyring) -> Iterator[None]:
    """Use another keyring for a while: tests, and the keyring command."""
    before = _source
    use(keyring)
    try:
        yield
    finally:
        use_source(before)
