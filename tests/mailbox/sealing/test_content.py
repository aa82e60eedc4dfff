from __future__ import annotations

import os
from hashlib import shake_256
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.errors import SealBroken
from mailbox.sealing.content import (
    CHUNK,
    ContentReader,
    _compressed,
    new_key,
    open_content,
    reading,
    seal_content,
)

ID = UUID("5f5a3f0e-6d2b-4a1e-9d1c-2f6a7c1b0d11")
KEY = bytes(range(32))
# Five chunks: two that do not compress, one that does, one mixed, a short last one.
PLAIN = shake_256(b"noise").digest(2 * CHUNK) + b"a" * CHUNK + "สวัสดี ".encode() * 3640 + b"end"
SEALED = seal_content(PLAIN, KEY, ID)


class Counted:
    """Sealed bytes that remember which ranges were read."""

    def __init__(self, sealed: bytes) -> None:
        self.sealed = sealed
        self.ranges: list[tuple[int, int]] = []

    def __call__(self, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        return self.sealed[offset : offset + length]


def borders(sealed: bytes = SEALED) -> list[int]:
    """Where the chunks begin, and the end."""
    return ContentReader(reading(sealed), KEY, ID)._offsets


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17])
def test_what_was_sealed_opens_whole(size: int) -> None:
    plain = os.urandom(size)
    assert open_content(seal_content(plain, KEY, ID), KEY, ID) == plain


def test_text_becomes_smaller_and_noise_hardly_larger() -> None:
    assert len(seal_content("ตามที่ ".encode() * 40_000, KEY, ID)) < 5_000
    assert len(seal_content(os.urandom(10 * CHUNK), KEY, ID)) < 10 * CHUNK + 400


def test_the_same_content_sealed_twice_looks_different() -> None:
    assert seal_content(PLAIN, KEY, ID) != SEALED


def test_no_region_can_be_flipped() -> None:
    header = range(borders()[0])
    edges = {edge + step for edge in borders() for step in range(-17, 17)}
    anywhere = range(0, len(SEALED), 331)
    positions = {*header, *anywhere, *(at for at in edges if 0 <= at < len(SEALED))}
    for position in sorted(positions):
        changed = bytearray(SEALED)
        changed[position] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            open_content(bytes(changed), KEY, ID)


def test_a_content_of_one_chunk_withstands_a_flip_of_every_byte() -> None:
    sealed = seal_content(b"short and secret", KEY, ID)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 0x01
        with pytest.raises(SealBroken):
            open_content(bytes(changed), KEY, ID)


def test_it_cannot_be_cut_at_any_border_or_inside_a_chunk() -> None:
    for border in borders():
        for length in {max(0, border - 1), border, min(border + 1, len(SEALED) - 1)} - {
            len(SEALED)
        }:
            with pytest.raises(SealBroken):
                open_content(SEALED[:length], KEY, ID)


def test_nothing_can_be_added() -> None:
    with pytest.raises(SealBroken):
        open_content(SEALED + b"\0", KEY, ID)


def test_chunks_cannot_change_places() -> None:
    # Two chunks of noise have the same sealed length, so only the tags can tell.
    at = borders()
    assert at[1] - at[0] == at[2] - at[1]
    swapped = SEALED[: at[0]] + SEALED[at[1] : at[2]] + SEALED[at[0] : at[1]] + SEALED[at[2] :]
    with pytest.raises(SealBroken):
        open_content(swapped, KEY, ID)


def test_a_middle_chunk_cannot_stand_as_the_last() -> None:
    plain = os.urandom(2 * CHUNK)
    sealed = seal_content(plain, KEY, ID)
    at = ContentReader(reading(sealed), KEY, ID)._offsets
    with pytest.raises(SealBroken):
        open_content(sealed[: at[1]] + sealed[at[0] : at[1]], KEY, ID)


def test_chunks_of_another_content_under_the_same_key_are_refused() -> None:
    plain = os.urandom(3 * CHUNK)
    one, other = seal_content(plain, KEY, ID), seal_content(plain, KEY, ID)
    at = ContentReader(reading(one), KEY, ID)._offsets
    mixed = one[: at[1]] + other[at[1] : at[2]] + one[at[2] :]
    with pytest.raises(SealBroken):
        open_content(mixed, KEY, ID)


def test_a_content_does_not_open_in_the_place_of_another() -> None:
    with pytest.raises(SealBroken):
        open_content(SEALED, KEY, uuid4())
    with pytest.raises(SealBroken):
        open_content(SEALED, new_key(), ID)


def test_a_broken_seal_says_nothing_of_the_content() -> None:
    sealed = bytearray(seal_content("ลับที่สุด canary".encode(), KEY, ID))
    sealed[-1] ^= 1
    with pytest.raises(SealBroken) as caught:
        open_content(bytes(sealed), KEY, ID)
    assert "canary" not in repr(caught.value) and caught.value.__cause__ is None


def test_a_range_reads_the_header_and_the_chunks_it_touches() -> None:
    counted = Counted(SEALED)
    reader = ContentReader(counted, KEY, ID)
    assert len(counted.ranges) == 1 and reader.size == len(PLAIN)

    assert reader.read(CHUNK + 5, CHUNK + 25) == PLAIN[CHUNK + 5 : CHUNK + 25]
    at = reader._offsets
    assert counted.ranges[1:] == [(at[1], at[2] - at[1])]

    assert reader.read(2 * CHUNK - 1, 3 * CHUNK + 1) == PLAIN[2 * CHUNK - 1 : 3 * CHUNK + 1]
    assert counted.ranges[2:] == [(at[1], at[4] - at[1])]


def test_reading_on_in_the_same_chunk_reads_nothing_again() -> None:
    counted = Counted(SEALED)
    reader = ContentReader(counted, KEY, ID)
    for start in range(0, 4096, 64):
        reader.read(start, start + 64)
    assert len(counted.ranges) == 2


def test_a_broken_chunk_does_not_stop_the_others_from_opening() -> None:
    at = borders()
    changed = bytearray(SEALED)
    changed[at[2] + 3] ^= 1
    reader = ContentReader(reading(bytes(changed)), KEY, ID)
    assert reader.read(0, 2 * CHUNK) == PLAIN[: 2 * CHUNK]
    with pytest.raises(SealBroken):
        reader.read(2 * CHUNK, 2 * CHUNK + 1)


def test_a_chunk_that_claims_to_hold_more_than_any_does_is_refused_unopened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = b"\1" + zstandard.ZstdCompressor(level=3).compress(bytes(100 * CHUNK))
    assert _compressed(bytes(CHUNK))[:1] == bomb[:1]
    monkeypatch.setattr("mailbox.sealing.content._compressed", lambda piece: bomb)
    sealed = seal_content(bytes(CHUNK), KEY, ID)
    monkeypatch.setattr("mailbox.sealing.content._local", SimpleNamespace(decompressor=None))
    with pytest.raises(SealBroken):
        open_content(sealed, KEY, ID)


def test_a_header_longer_than_the_first_read_is_read_whole() -> None:
    plain = b"\0" * (1100 * CHUNK)
    reader = ContentReader(reading(seal_content(plain, KEY, ID)), KEY, ID)
    assert reader.size == len(plain)
    assert reader.read(len(plain) - 10, len(plain) + 10) == b"\0" * 10


@settings(max_examples=150, deadline=None)
@given(start=st.integers(-10, len(PLAIN) + 10), stop=st.integers(-10, len(PLAIN) + 70_000))
def test_any_range_is_the_same_as_of_the_plain_bytes(start: int, stop: int) -> None:
    reader = ContentReader(reading(SEALED), KEY, ID)
    assert reader.read(start, stop) == PLAIN[max(0, start) : max(0, stop)]


@settings(max_examples=60, deadline=None)
@given(plain=st.binary(max_size=3 * CHUNK), key=st.binary(min_size=32, max_size=32))
def test_anything_opens_as_it_was_sealed(plain: bytes, key: bytes) -> None:
    assert open_content(seal_content(plain, key, ID), key, ID) == plain


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=300))
def test_noise_is_a_broken_seal_and_no_other_error(noise: bytes) -> None:
    with pytest.raises(SealBroken):
        open_content(noise, KEY, ID)
    with pytest.raises(SealBroken):
        open_content(SEALED[:1] + noise, KEY, ID)
