from __future__ import annotations

import pytest

from mailbox.errors import KeyMissing, SealBroken
from mailbox.sealing.keyring import StoredKeyring
from mailbox.sealing.secrets import AccountSecrets

SECRET = b"12345678901234567890"


def test_the_web_tier_opens_what_it_sealed(web_keyring: StoredKeyring) -> None:
    sealed = AccountSecrets().seal(SECRET, purpose="totp", owner="7")
    assert AccountSecrets().open(sealed, purpose="totp", owner="7") == SECRET
    assert SECRET not in sealed
    assert AccountSecrets().key_id(sealed) == web_keyring.active_id("storage")


@pytest.mark.parametrize(("purpose", "owner"), [("totp", "8"), ("other", "7"), ("totp/7", "")])
def test_another_owner_s_secret_is_refused(
    web_keyring: StoredKeyring, purpose: str, owner: str
) -> None:
    sealed = AccountSecrets().seal(SECRET, purpose="totp", owner="7")
    with pytest.raises(SealBroken):
        AccountSecrets().open(sealed, purpose=purpose, owner=owner)


def test_no_byte_can_be_flipped_and_none_left_out(web_keyring: StoredKeyring) -> None:
    sealed = AccountSecrets().seal(SECRET, purpose="totp", owner="7")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 0x10
        for broken in (bytes(changed), sealed[:position]):
            with pytest.raises((SealBroken, KeyMissing)):
                AccountSecrets().open(broken, purpose="totp", owner="7")


def test_a_worker_can_neither_seal_nor_open_one(worker_keyring: StoredKeyring) -> None:
    with pytest.raises(KeyMissing):
        AccountSecrets().seal(SECRET, purpose="totp", owner="7")
