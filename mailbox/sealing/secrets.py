"""Secrets of accounts (an authenticator app's), sealed under the storage key.

`accounts` reaches this through settings.SECRET_SEALER, because it never
imports the mail. Sealed form: format byte, length of the key id, key id, then
what the keyring made. It opens only for the same purpose and owner.
"""

from __future__ import annotations

from mailbox.errors import SealBroken
from mailbox.sealing import keyring

FORMAT = 1


class AccountSecrets:
    """Seals and opens secrets with this process's keyring; KeyMissing without a storage key."""

    def seal(self, plaintext: bytes, *, purpose: str, owner: str) -> bytes:
        """Seal a secret for one purpose of one owner."""
        key_id, sealed = keyring.current().seal_secret(plaintext, _bound(purpose, owner))
        name = key_id.encode()
        return bytes([FORMAT, len(name)]) + name + sealed

    def open(self, sealed: bytes, *, purpose: str, owner: str) -> bytes:
        """Open what `seal` closed. Changed, or another purpose or owner: SealBroken."""
        key_id, rest = _parts(sealed)
        return keyring.current().open_secret(rest, key_id, _bound(purpose, owner))

    def key_id(self, sealed: bytes) -> str:
        """Return the id of the storage key a secret is under, for rotation."""
        return _parts(sealed)[0]


def _parts(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 or sealed[0] != FORMAT or len(sealed) < 2 + sealed[1]:
        raise SealBroken
    end = 2 + sealed[1]
    try:
        return sealed[2:end].decode("ascii"), sealed[end:]
    except UnicodeDecodeError:
        raise SealBroken from None


def _bound(purpose: str, owner: str) -> bytes:
    return f"{len(purpose)}/{purpose}/{owner}".encode()
