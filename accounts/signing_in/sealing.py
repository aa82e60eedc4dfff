"""The seal of an account's secrets, reached through settings: accounts never imports the mail."""

from __future__ import annotations

from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import Account

TOTP = "totp"


class SecretSealer(Protocol):
    """What settings.SECRET_SEALER names: seals bytes to a purpose and an owner."""

    def seal(self, plaintext: bytes, *, purpose: str, owner: str) -> bytes: ...

    def open(self, sealed: bytes, *, purpose: str, owner: str) -> bytes: ...


def seal_secret(secret: bytes, account: Account) -> bytes:
    """Seal an authenticator app's secret to its account."""
    return _sealer().seal(secret, purpose=TOTP, owner=str(account.pk))


def open_secret(sealed: bytes | memoryview, account: Account) -> bytes:
    """Open what `seal_secret` closed; fails for any other account."""
    return _sealer().open(bytes(sealed), purpose=TOTP, owner=str(account.pk))


def _sealer() -> SecretSealer:
    return cast(SecretSealer, import_string(settings.SECRET_SEALER)())
