"""Compressed rich text: the examples of [MS-OXRTFCP] 4, and bounds."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime.parts.rtf import MAX_RTF, unpacked_rtf

HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c0900"
    "20627705b06c647d0a800fa0"
)
AGAIN = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HELLO, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (AGAIN, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (struct.pack("<IIII", 17, 5, 0x414C454D, 0) + b"{\\rtf}", b"{\\rtf"),
        (b"", b""),
        (b"\x00" * 16, b""),
    ],
)
def test_rich_text_is_unpacked_as_the_examples_are(data: bytes, text: bytes) -> None:
    assert unpacked_rtf(data) == text


def test_a_size_that_lies_costs_no_more_than_the_bound() -> None:
    begun = time.process_time()
    runs = b"\xff" + b"\x00\x0f" * 8  # long repetitions from the start of the window
    made = unpacked_rtf(struct.pack("<IIII", 0, 0xFFFFFFFF, 0x75465A4C, 0) + runs * 200_000)

    assert len(made) <= MAX_RTF
    assert time.process_time() - begun < 5


@given(st.binary(max_size=500), st.integers(0, 2**32 - 1))
def test_no_octets_break_it(data: bytes, size: int) -> None:
    made = unpacked_rtf(struct.pack("<IIII", 0, size, 0x75465A4C, 0) + data)

    assert len(made) <= min(size, MAX_RTF)
