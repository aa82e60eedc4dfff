from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.errors import SealBroken
from mailbox.sealing.records import open_bytes, open_record, seal_bytes, seal_record

KEY = bytes(range(32))
DRAFT = uuid4()
BODY = {"subject": "เรื่อง การใช้จดหมายอิเล็กทรอนิกส์", "to": ["dara@agency.example"], "n": 1}
SEALED = seal_record(BODY, KEY, purpose="draft", binding=f"{DRAFT}:3")


def test_a_record_opens_as_it_was() -> None:
    assert open_record(SEALED, KEY, purpose="draft", binding=f"{DRAFT}:3") == BODY


@pytest.mark.parametrize(
    ("purpose", "binding"),
    [
        ("draft", f"{DRAFT}:4"),
        ("draft", f"{DRAFT}:2"),
        ("draft", f"{uuid4()}:3"),
        ("summary", f"{DRAFT}:3"),
        ("draft", ""),
    ],
    ids=["later", "earlier", "another", "another-purpose", "none"],
)
def test_an_older_version_or_another_row_s_record_is_refused(purpose: str, binding: str) -> None:
    with pytest.raises(SealBroken):
        open_record(SEALED, KEY, purpose=purpose, binding=binding)


def test_no_byte_can_be_flipped_and_none_left_out() -> None:
    for position in range(len(SEALED)):
        changed = bytearray(SEALED)
        changed[position] ^= 0x08
        for broken in (bytes(changed), SEALED[:position]):
            with pytest.raises(SealBroken):
                open_record(broken, KEY, purpose="draft", binding=f"{DRAFT}:3")


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        open_record(SEALED, bytes(32), purpose="draft", binding=f"{DRAFT}:3")


def test_a_hundred_thousand_nonces_do_not_repeat() -> None:
    nonces = {seal_bytes(b"", KEY, purpose="draft", binding="x")[1:13] for _ in range(100_000)}
    assert len(nonces) == 100_000


def test_a_record_that_is_not_an_object_is_refused() -> None:
    sealed = seal_bytes(b"[1,2]", KEY, purpose="draft", binding="x")
    with pytest.raises(SealBroken):
        open_record(sealed, KEY, purpose="draft", binding="x")


def test_text_with_a_lone_surrogate_survives() -> None:
    value = {"name": "\udcff.pdf"}
    sealed = seal_record(value, KEY, purpose="summary", binding="x")
    assert open_record(sealed, KEY, purpose="summary", binding="x") == value


@settings(max_examples=100, deadline=None)
@given(plain=st.binary(max_size=2000), binding=st.text(alphabet="abc:-/", max_size=20))
def test_any_bytes_open_as_they_were(plain: bytes, binding: str) -> None:
    sealed = seal_bytes(plain, KEY, purpose="reply", binding=binding)
    assert open_bytes(sealed, KEY, purpose="reply", binding=binding) == plain
    with pytest.raises(SealBroken):
        open_bytes(sealed, KEY, purpose="reply", binding=binding + "x")
