"""The search that promise P4 rests on must itself be able to find."""

from __future__ import annotations

import base64
import quopri
import zlib
from pathlib import Path

import pytest

from tests.smoke import canary

WORDS = ["กระเจียวบานฤดูฝน", "quokkalanternfish"]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("lead", ["", "a", "ab", "abc"])
def test_a_word_is_found_in_base64_at_every_alignment(word: str, lead: str) -> None:
    assert canary.search_bytes(base64.b64encode(f"{lead}{word} and more".encode()), WORDS) == {word}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_found_in_quoted_printable_and_escapes(word: str) -> None:
    for written in (quopri.encodestring(word.encode()).replace(b"=\n", b""), ascii(word).encode()):
        assert canary.search_bytes(b"x" + written + b"y", WORDS) == {word}


def test_a_thai_word_is_found_in_the_old_charset() -> None:
    assert canary.search_bytes(f"x {WORDS[0]} y".encode("cp874"), WORDS) == {WORDS[0]}


def test_a_word_across_two_blocks_and_in_a_zlib_stream_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packed").write_bytes(zlib.compress(f"x {WORDS[0]}".encode()))
    assert canary.search_tree(tmp_path, WORDS) == {str(tmp_path / "packed"): {WORDS[0]}}
    monkeypatch.setattr(canary, "CHUNK", 10)
    (tmp_path / "packed").write_bytes(b"12345" + WORDS[1].encode() + b"67890")
    assert canary.search_tree(tmp_path, WORDS) == {str(tmp_path / "packed"): {WORDS[1]}}


def test_other_words_are_not_found() -> None:
    assert canary.search_bytes("ทั้งหมดเป็นอย่างอื่น something else".encode() * 10, WORDS) == set()
