from __future__ import annotations

from datetime import date

import pytest

from mailbox.searching.matching import Opened, truth
from mailbox.searching.query import parse
from mailbox.searching.searchable import Searchable
from mailbox.searching.spellings import others, with_spellings
from mailbox.searching.words import normalise

TODAY = date(2026, 11, 23)
FOUND = [
    ("นร0506/ว5", "ที่ นร ๐๕๐๖/ว ๕ ลงวันที่"),
    ("นร ๐๕๐๖/ว ๕", "ที่ นร0506/ว5 ลงวันที่"),
    ("นร 0506 / ว 5", "ที่ นร ๐๕๐๖/ว ๕"),
    ('"นร 0506/ว 5"', "ที่ นร ๐๕๐๖/ว๕"),
    ("กค(กวจ)0405.2/ว466", "กค (กวจ) 0405.2/ว 466"),
    ("subject:นร0506/ว5", "นร ๐๕๐๖/ว ๕"),
    ("7 มกราคม 2551", "วันที่ 7 มกราคม ค.ศ. 2008"),
    ("7 ม.ค. 2008", "เมื่อ ๗ ม.ค. ๒๕๕๑"),
    ("January 7, 2008", "of january 7, 2551"),
    ("7/1/2551", "on 7/1/2008 at"),
    ("พ.ศ. 2567", "ใน ค.ศ. 2024"),
    ("ปี 2567", "งบปี 2024"),
    ("ปี2024", "งบปี 2567"),
    ("มีนาคม 2569", "ถึงมีนาคม 2026"),
]
NOT_FOUND = [
    ("2567", "in 2024"),
    ("2024", "พ.ศ. 2567"),
    ("ปี 2567", "ห้อง 2024"),
    ("7 มกราคม 2551", "8 มกราคม 2008 เวลา 7"),
    ("นร0506/ว5", "นร ๐๕๐๖/ว ๔"),
    ("-ปี2567", "ปี 2024"),
]


def is_found(query: str, text: str) -> bool | None:
    words = Searchable(subject=normalise(text), text=normalise(text))
    return truth(with_spellings(parse(query, today=TODAY).root), Opened(None, {}, words))


@pytest.mark.parametrize(("query", "text"), FOUND)
def test_another_spelling_of_a_number_or_a_year_is_found(query: str, text: str) -> None:
    assert is_found(query, text)


@pytest.mark.parametrize(("query", "text"), NOT_FOUND)
def test_what_only_looks_alike_is_not_found(query: str, text: str) -> None:
    assert not is_found(query, text)


@pytest.mark.parametrize("text", ["2567", "แผน 2567", "3/5", "กค 0416.4", "x", "", "ปี", "ปี 999"])
def test_what_is_no_date_and_no_number_has_one_spelling(text: str) -> None:
    assert others(normalise(text)) == []


def test_spellings_are_few() -> None:
    assert len(others("กค (กวจ) 0405.2/ว 466")) < 32
