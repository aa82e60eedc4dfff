from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailbox.searching.terms import FIELDS, MOST_ASKED, REACH, WIDTH, asked, bits_of
from mailbox.searching.words import find, normalise

THAI = "กขคงชนมรอ" + "ะัาำิีุู์่้็ๅ" + "เแโใไ" + "ๆฯ฿" + "."
LATIN = "abIT" + "0123456789" + " ./-_@"
ODD = "²٣é\u0301\u200b😀中文ກ๕กเa."
LETTERS = st.one_of(*[st.sampled_from(some) for some in (THAI, THAI, LATIN, ODD)])
TEXTS = st.one_of(
    st.text(LETTERS, max_size=60),
    st.text(st.sampled_from(THAI), max_size=40),
    st.text(st.sampled_from("กขเา่. 5"), max_size=12),
    st.text(max_size=30),
)


@given(TEXTS, st.integers(0, 60), st.integers(1, 30))
@example("ก.่า", 0, 1)
@example("เ.ก", 2, 1)
@example("covid19", 2, 4)
@example("ว 57", 0, 3)
@example("5²", 0, 1)
@settings(max_examples=600, deadline=None)
def test_whatever_is_found_in_a_text_has_no_term_that_the_text_lacks(
    text: str, start: int, length: int
) -> None:
    whole = normalise(text)
    word = normalise(whole[start : start + length])
    if word and find(whole, word) >= 0:
        has = bits_of(whole)
        assert set(asked(word)) <= has
        for field in FIELDS:
            assert set(asked(word, field)) <= bits_of(whole, field)


@given(st.text(st.sampled_from("กขเา่.a5 "), min_size=200, max_size=400), st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_a_long_word_is_asked_for_by_its_beginning_alone(text: str, start: int) -> None:
    word = normalise(text[start : start + 3 * REACH])
    whole = normalise(text)
    if (at := find(whole, word)) >= 0:
        assert set(asked(word)) <= bits_of(whole[at : at + REACH])


SHARED = [
    ("ก.พ.ร.", "กพร"),
    ("เลขาธิการ ก.พ.ร. แจ้ง", "ก.พ.ร"),
    ("เลขาธิการ กพร แจ้ง", "ก.พ.ร."),
    ("ผู้ว่าราชการจังหวัด", "จังหวัด"),
    ("digital", "it"),
    ("COVID-19", "covid-19"),
    ("นร ๐๕๐๖/ว ๕", "นร 0506/ว 5"),
    ("วันที่ 5 มกราคม 2569", "5"),
]


@pytest.mark.parametrize(("text", "word"), SHARED)
def test_a_text_shares_every_term_of(text: str, word: str) -> None:
    bits = asked(normalise(word))
    assert bits and set(bits) <= bits_of(normalise(text))


NARROWED = [
    ("อาจารย์", "อาจ"),
    ("วันที่ 15 มกราคม 2565", "5"),
    ("นาย", "นายก"),
    ("digital", "dg"),
    ("somchai@moph.go.th", "somsak"),
]


@pytest.mark.parametrize(("text", "word"), NARROWED)
def test_a_text_lacks_a_term_of(text: str, word: str) -> None:
    assert not set(asked(normalise(word))) <= bits_of(normalise(text))


@pytest.mark.parametrize("word", ["", " ", "😀", "่", "เ", "a", "²", "...", "่" * 300])
def test_narrows_nothing(word: str) -> None:
    assert asked(word) == []


def test_of_a_long_word_no_more_is_read_than_tells() -> None:
    assert len(asked(normalise("สำนักงานคณะกรรมการพัฒนาการเศรษฐกิจและสังคมแห่งชาติ"))) <= 24
    assert len(asked("information")) == 8
    assert len(asked("น้ำ")) == 1


def test_the_words_of_a_field_are_none_of_the_text() -> None:
    assert not set(asked("สมชาย", "from")) <= bits_of("สมชาย", "to") | bits_of("สมชาย")


def test_a_kind_of_file_is_told_by_bits_of_its_own() -> None:
    assert len(asked("pdf", "has")) == 3
    assert bits_of("pdf", "has") == set(asked("pdf", "has"))
    assert asked("pdf", "has") != asked("image", "has")


def test_the_bits_of_scheme_1_never_change() -> None:
    assert WIDTH == 8_192
    assert sorted(bits_of("กขค it 5")) == [1202, 1660, 2625, 3962, 4957, 7319, 7569, 7874]
    assert sorted(asked("สมชาย", "from")) == [1877, 6140, 7795]


def test_a_long_word_is_asked_for_by_few_bits_that_stand_all_over_it() -> None:
    word = "สำนักงานคณะกรรมการพัฒนาระบบราชการกระทรวงมหาดไทย"
    bits = asked(word)
    assert len(bits) == MOST_ASKED
    for part in (word[:16], word[-16:]):
        assert set(bits) & bits_of(part), part
