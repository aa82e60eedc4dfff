from __future__ import annotations

from uuid import uuid4

import pytest

from mailbox.errors import KeyMissing, SealBroken
from mailbox.sealing import hpke, key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import NAMES, SealTo, StoredKeyring, current, use_source, using

MAILBOX = uuid4()


def test_a_mailbox_key_opens_for_its_own_mailbox_only(keyring: StoredKeyring) -> None:
    private_key = hpke.new_private_key()
    key_id, wrapped = keyring.wrap_mailbox_key(private_key, MAILBOX)
    assert keyring.unwrap_mailbox_key(wrapped, key_id, MAILBOX) == private_key
    with pytest.raises(SealBroken):
        keyring.unwrap_mailbox_key(wrapped, key_id, uuid4())


def test_a_wrapped_key_withstands_flips_and_cuts(keyring: StoredKeyring) -> None:
    key_id, wrapped = keyring.wrap_mailbox_key(hpke.new_private_key(), MAILBOX)
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        for broken in (bytes(changed), wrapped[:position]):
            with pytest.raises(SealBroken):
                keyring.unwrap_mailbox_key(broken, key_id, MAILBOX)


def test_a_wrapped_key_is_not_a_secret_of_an_account(keyring: StoredKeyring) -> None:
    key_id, wrapped = keyring.wrap_mailbox_key(hpke.new_private_key(), MAILBOX)
    with pytest.raises(SealBroken):
        keyring.open_secret(wrapped, key_id, MAILBOX.bytes)


@pytest.mark.parametrize("name", ["ingest", "relay"])
def test_the_web_tier_seals_to_workers_and_only_they_open(
    key_set: dict[Role, StoredKeyring], name: SealTo
) -> None:
    key_id, sealed = key_set["web"].seal_to(name, b"key", b"info")
    assert key_set["worker"].unseal_from(name, key_id, sealed, b"info") == b"key"
    with pytest.raises(KeyMissing):
        key_set["web"].unseal_from(name, key_id, sealed, b"info")
    with pytest.raises(SealBroken):
        key_set["worker"].unseal_from(name, key_id, sealed, b"elsewhere")


def test_each_role_has_what_it_needs_and_nothing_else(key_set: dict[Role, StoredKeyring]) -> None:
    opens = {
        role: {name for name in NAMES if keyring.opens(name)} for role, keyring in key_set.items()
    }
    assert opens == {
        "web": {"storage", "lookup"},
        "worker": {"ingest", "relay", "lookup", "returns"},
        "lmtp": {"returns"},
    }
    assert set(key_set["lmtp"].active) == {"ingest", "returns"}


@pytest.mark.parametrize("role", ["worker", "lmtp"])
def test_without_the_storage_key_no_mailbox_opens(
    key_set: dict[Role, StoredKeyring], role: Role
) -> None:
    key_id, wrapped = key_set["web"].wrap_mailbox_key(hpke.new_private_key(), MAILBOX)
    with pytest.raises(KeyMissing):
        key_set[role].unwrap_mailbox_key(wrapped, key_id, MAILBOX)
    with pytest.raises(KeyMissing):
        key_set[role].wrap_mailbox_key(hpke.new_private_key(), MAILBOX)


def test_the_door_has_no_key_for_digests(lmtp_keyring: StoredKeyring) -> None:
    with pytest.raises(KeyMissing):
        current().lookup_key  # noqa: B018  # the property is what is tested


def test_what_a_worker_stamped_the_door_knows_and_nothing_else(
    key_set: dict[Role, StoredKeyring],
) -> None:
    stamp = key_set["worker"].stamp(b"this")
    assert key_set["lmtp"].knows_stamp(b"this", stamp)
    assert not key_set["lmtp"].knows_stamp(b"that", stamp)
    assert not key_files.new_set()["lmtp"].knows_stamp(b"this", stamp)
    with pytest.raises(KeyMissing):
        key_set["web"].stamp(b"this")
    with pytest.raises(KeyMissing):
        key_set["web"].knows_stamp(b"this", stamp)


def test_a_key_never_shows_in_a_printed_keyring(keyring: StoredKeyring) -> None:
    printed = repr(keyring) + repr(keyring.ingest)
    assert keyring.lookup_key.hex() not in printed and repr(keyring.lookup_key) not in printed
    private = keyring.ingest[keyring.active_id("ingest")].private
    assert private is not None and repr(private) not in printed


def test_using_another_keyring_ends_with_its_block(keyring: StoredKeyring) -> None:
    with using(StoredKeyring(active={})), pytest.raises(KeyMissing):
        current().wrap_mailbox_key(b"", MAILBOX)
    assert current() is keyring


def test_the_source_is_asked_at_every_use(keyring: StoredKeyring) -> None:
    with using(keyring):
        rings = iter([keyring, StoredKeyring(active={})])
        use_source(lambda: next(rings))
        assert current() is keyring
        assert current() is not keyring
