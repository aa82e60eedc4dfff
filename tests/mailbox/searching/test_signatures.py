from __future__ import annotations

import random

import numpy as np
import pytest
import zstandard

from mailbox.searching.searchable import FileWords, Searchable, inflated
from mailbox.searching.signatures import MOST_TERMS, columns, pack, unpack
from mailbox.searching.terms import REACH, asked
from mailbox.searching.words import find, normalise


def prose(length: int) -> str:
    dice = random.Random(7)  # noqa: S311  # no secret
    return normalise("".join(chr(dice.randrange(0x0E01, 0x0E2E)) for _ in range(length)))


def has(searchable: Searchable, word: str, field: str = "") -> bool:
    wanted = set(asked(normalise(word), field))
    return any(wanted <= set(column.tolist()) for column in columns(searchable))


def test_a_short_message_has_one_column() -> None:
    made = columns(Searchable(text=normalise("ขอเชิญประชุม " * 300)))
    assert len(made) == 1
    assert made[0].dtype == np.uint16
    assert np.all(np.diff(made[0].astype(int)) > 0)


def test_an_empty_message_has_one_column() -> None:
    assert [len(column) for column in columns(Searchable())] == [0]


def test_every_column_of_a_long_message_still_tells() -> None:
    assert all(len(column) <= 3 * MOST_TERMS for column in columns(Searchable(text=prose(20_000))))


def test_no_word_is_divided_between_two_columns() -> None:
    text = prose(12_000)
    made = [set(column.tolist()) for column in columns(Searchable(text=text))]
    assert len(made) > 5
    for start in range(0, len(text) - REACH, 97):
        word = text[start : start + REACH]
        if find(text, word) >= 0:
            wanted = set(asked(word))
            assert any(wanted <= column for column in made)


def test_every_part_of_a_message_is_found() -> None:
    letter = Searchable(
        subject="งบประมาณ",
        text="งบประมาณ ขอเชิญประชุม",
        senders=("สมชาย ใจดี", "somchai@interior.example"),
        to=("bruno@transport.example",),
        cc=("กองแผน",),
        bcc=("amina@health.example",),
        reply_to=("archive@records.example",),
        files=(FileWords("scheme.pdf", "pdf", "กระเจียวบาน"),),
    )
    for word in ("ประชุม", "ใจดี", "bruno", "กองแผน", "amina", "records", "scheme", "กระเจียว"):
        assert has(letter, word), word
    for field, word in [
        ("subject", "งบ"),
        ("from", "สมชาย"),
        ("to", "bruno"),
        ("to", "กองแผน"),
        ("to", "amina"),
        ("cc", "กองแผน"),
        ("filename", "scheme"),
        ("has", "pdf"),
        ("has", "attachment"),
    ]:
        assert has(letter, word, field), (field, word)
    for field, word in [
        ("subject", "ประชุม"),
        ("from", "bruno"),
        ("to", "สมชาย"),
        ("cc", "bruno"),
        ("has", "image"),
    ]:
        assert not has(letter, word, field), (field, word)


def test_a_picture_within_the_text_is_no_attachment() -> None:
    letter = Searchable(files=(FileWords("logo.png", "image", is_inline=True),))
    assert not has(letter, "image", "has")
    assert not has(letter, "attachment", "has")


@pytest.mark.parametrize("length", [0, 10, 3_000, 9_000])
def test_columns_come_out_of_their_packing_as_they_went_in(length: int) -> None:
    made = columns(Searchable(text=prose(length)))
    again = unpack(pack(made))
    assert [column.tolist() for column in again] == [column.tolist() for column in made]


@pytest.mark.parametrize("packed", [b"", b"nonsense", pack([])[:-1]])
def test_what_is_no_signature_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not a (signature|frame)"):
        unpack(packed)


@pytest.mark.parametrize("says", [True, False])
def test_a_frame_that_holds_more_than_any_of_ours_is_refused(says: bool) -> None:
    packer = zstandard.ZstdCompressor(write_content_size=says)
    if says:
        frame = packer.compress(bytes(1001))
    else:
        one = packer.compressobj()
        frame = one.compress(bytes(1001)) + one.flush()

    assert inflated(frame, 1001) == bytes(1001)
    with pytest.raises(ValueError, match="frame"):
        inflated(frame, 1000)
