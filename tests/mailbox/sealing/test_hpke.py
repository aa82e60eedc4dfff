from __future__ import annotations

from uuid import uuid4

import pytest

from mailbox.errors import SealBroken
from mailbox.sealing import hpke, infos

MAILBOX, CONTENT = uuid4(), uuid4()
INFO = infos.for_content(MAILBOX, CONTENT)
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def private_key() -> bytes:
    return hpke.new_private_key()


@pytest.fixture(scope="module")
def sealed(private_key: bytes) -> bytes:
    return hpke.seal(KEY, hpke.public_key_of(private_key), info=INFO)


def test_the_private_half_opens_what_the_public_half_sealed(
    private_key: bytes, sealed: bytes
) -> None:
    assert hpke.unseal(sealed, private_key, info=INFO) == KEY
    assert len(private_key) == hpke.PRIVATE_KEY_BYTES
    assert len(hpke.public_key_of(private_key)) == hpke.PUBLIC_KEY_BYTES
    assert len(sealed) == len(KEY) + 1137


def test_another_private_key_does_not_open_it(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        hpke.unseal(sealed, hpke.new_private_key(), info=INFO)


@pytest.mark.parametrize(
    "info",
    [
        infos.for_content(uuid4(), CONTENT),
        infos.for_content(MAILBOX, uuid4()),
        infos.for_draft(MAILBOX, CONTENT),
        infos.for_submission(MAILBOX, CONTENT),
        infos.for_arrival(CONTENT),
        infos.for_relay(CONTENT),
        infos.for_gateway(1),
        b"",
    ],
    ids=["mailbox", "content", "draft", "submission", "arrival", "relay", "gateway", "none"],
)
def test_a_key_does_not_open_in_the_place_of_another(
    private_key: bytes, sealed: bytes, info: bytes
) -> None:
    with pytest.raises(SealBroken):
        hpke.unseal(sealed, private_key, info=info)


def test_no_byte_can_be_flipped(private_key: bytes, sealed: bytes) -> None:
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 0x40
        with pytest.raises(SealBroken):
            hpke.unseal(bytes(changed), private_key, info=INFO)


@pytest.mark.parametrize("length", [0, 1, 32, 1088, 1120, 1121, 1137, 1168])
def test_a_shortened_one_does_not_open(private_key: bytes, sealed: bytes, length: int) -> None:
    with pytest.raises(SealBroken):
        hpke.unseal(sealed[:length], private_key, info=INFO)


def test_the_same_secret_sealed_twice_looks_different(private_key: bytes) -> None:
    public_key = hpke.public_key_of(private_key)
    assert hpke.seal(KEY, public_key, info=INFO) != hpke.seal(KEY, public_key, info=INFO)
