"""The seal of an account's secrets, reached through settings: accounts never imports the mail."""

from __future__ import annotations

from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import Account

TOTP = "totp"
ACTIVATION = "activation"


class SecretSealer(Protocol):
    """What settings.SECRET_SEALER names: seals bytes to a purpose and an owner."""

    def seal(self, plaintext: bytes, *, purpose: str, owner: str) -> bytes: ...

    def open(self, sealed: bytes, *, purpose: str, owner: str) -> bytes: ...


def seal_secret(secret: bytes, account: Account, *, purpose: str = TOTP) -> bytes:
    """Seal a secret to its account: an authenticator app's, or the code of a printed letter."""
    return _sealer().seal(secret, purpose=purpose, owner=str(account.pk))


def open_secret(sealed: bytes | memoryview, account: Account, *, purpose: str = TOTP) -> bytes:
    """Open what `seal_secret` closed; fails for any other account or purpose."""
    return _sealer().open(bytes(sealed), purpose=purpose, owner=str(account.pk))


def _sealer() -> SecretSealer:
    return cast(SecretSealer, import_string(settings.SECRET_SEALER)())
