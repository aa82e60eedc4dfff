"""Ciphertexts of every format, with their keys: whatever the portal becomes, it opens these.

A format is never changed: a new one gets a new format byte, and new lines beside the old.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mailbox.sealing import hpke, key_files, keyring, lookup
from mailbox.sealing.content import open_content
from mailbox.sealing.records import open_record
from mailbox.sealing.secrets import AccountSecrets

KNOWN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "known-answers.json").read_text(encoding="utf-8")
)


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize("known", KNOWN["hpke"], ids=lambda known: known["name"])
def test_a_known_sealed_key_opens(known: dict[str, str]) -> None:
    private_key = raw(known["private_key"])
    opened = hpke.unseal(raw(known["sealed"]), private_key, info=known["info"].encode())
    assert opened == raw(known["plaintext"])
    assert hpke.public_key_of(private_key) == raw(known["public_key"])


@pytest.mark.parametrize("known", KNOWN["content"], ids=lambda known: known["name"])
def test_known_content_opens(known: dict[str, Any]) -> None:
    opened = open_content(raw(known["sealed"]), raw(known["key"]), UUID(known["content_id"]))
    assert opened == known["repeated"].encode() * known["times"]


@pytest.mark.parametrize("known", KNOWN["records"], ids=lambda known: known["purpose"])
def test_a_known_record_opens(known: dict[str, Any]) -> None:
    opened = open_record(
        raw(known["sealed"]), raw(known["key"]), purpose=known["purpose"], binding=known["binding"]
    )
    assert opened == known["value"]


@pytest.mark.parametrize("known", KNOWN["lookup"], ids=lambda known: known["kind"])
def test_a_known_digest_is_the_same(known: dict[str, Any]) -> None:
    mailbox_id = UUID(known["mailbox_id"])
    made = lookup.digest(raw(known["key"]), mailbox_id, known["kind"], known["value"])
    assert made == raw(known["digest"])


def test_known_keyrings_open_what_is_under_them() -> None:
    known = KNOWN["keyring"]
    held = key_files.joined(*(key_files.from_text(json.dumps(text)) for text in known["files"]))
    mailbox_id = UUID(known["mailbox_id"])
    wrapped, key_id = raw(known["wrapped_mailbox_key"]), known["storage_key_id"]
    assert held.unwrap_mailbox_key(wrapped, key_id, mailbox_id) == raw(known["mailbox_key"])
    with keyring.using(held):
        secret = AccountSecrets().open(raw(known["secret"]), purpose="totp", owner="7")
    assert secret == b"12345678901234567890"
    for name in ("ingest", "relay"):
        sealed = known[name]
        opened = held.unseal_from(name, sealed["key_id"], raw(sealed["sealed"]), b"known")
        assert opened == b"a key"
