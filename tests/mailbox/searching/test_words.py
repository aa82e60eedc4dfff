from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.searching.words import Piece, around, holds, marked, normalise
from tests.services import needs_shared

SAME = [
    ("น้ํา", "น้ำ"),
    ("นํ้า", "น้ำ"),
    ("นำ้", "น้ำ"),
    ("เเผน", "แผน"),
    ("ทำเนียบ\u200bรัฐบาล", "ทำเนียบรัฐบาล"),
    ("ต่าง ๆ", "ต่างๆ"),
    ("นร ๐๕๐๖/ว ๕", "นร 0506/ว 5"),
    ("BUDGET\u00a0\n 2026", "budget 2026"),
    ("e\u0301", "é"),
]
PIECES = ["กา", "กำ", "น้ำ", "น้ํา", "นำ้", "นํ้า", "เเผน", "แ", "ต่าง ๆ", " ", "๑", "2", "a", "A"]
PIECES += ["İ", "ß", "e\u0301", "\u200b", "\n", "-", "\u00a0", "ๆ"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@pytest.mark.parametrize(("written", "compared"), SAME)
def test_what_looks_the_same_compares_the_same(written: str, compared: str) -> None:
    assert normalise(written) == compared


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TEXTS, st.text(alphabet="กานำ้ๆ1a", min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_marking_never_changes_a_text(text: str, word: str) -> None:
    assert "".join(piece.text for piece in marked(text, [normalise(word)])) == text


def test_words_are_marked_as_they_were_written() -> None:
    assert marked("เรื่อง น้ํา ต่าง ๆ ปี ๒๕๖๙", ["น้ำ", "ต่างๆ", "2569"]) == [
        Piece("เรื่อง "),
        Piece("น้ํา", True),
        Piece(" "),
        Piece("ต่าง ๆ", True),
        Piece(" ปี "),
        Piece("๒๕๖๙", True),
    ]


@pytest.mark.parametrize(
    ("text", "word"), [("อาจารย์", "อาจ"), ("ดูแล้ว", "ดูแล"), ("เมือง", "มือง"), ("ปี 2569", "56")]
)
def test_what_cuts_a_letter_or_a_number_is_no_hit(text: str, word: str) -> None:
    assert word in normalise(text)
    assert not holds(normalise(text), word)


def test_a_snippet_shows_the_word_wherever_it_stands() -> None:
    text = "บทนำ " * 3000 + "กระเจียวบาน " + "ท้าย " * 3000
    shown = around(text, ["กระเจียวบาน"], 140)

    assert "กระเจียวบาน" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 150


@pytest.mark.shared
def test_every_query_of_the_benchmark_finds_what_a_reader_would() -> None:
    shared = needs_shared("search")
    articles = {}
    for part in sorted((shared.parent / "corpus" / "thaigov").glob("part-*.jsonl.gz")):
        for line in gzip.decompress(part.read_bytes()).decode().splitlines():
            article: dict[str, Any] = json.loads(line)
            articles[article["id"]] = normalise(f"{article['title']}\n{article['body']}")
    wrong, asked = [], 0
    for line in (shared / "queries.jsonl").read_text("utf-8").splitlines():
        query: dict[str, Any] = json.loads(line)
        parts = [normalise(part) for part in query["parts"]]
        found = {one for one, text in articles.items() if all(holds(text, part) for part in parts)}
        asked += 1
        if not set(query["ids"]) - set(query["cut_ids"]) <= found <= set(query["ids"]):
            wrong.append(query["q"])

    assert asked > 300
    assert wrong == []
