"""Thai comes out of a PDF as it was written, however its glyphs stand."""

from __future__ import annotations

import pytest

from mailbox.mime.extracting.process import ExtractingProcess
from mailbox.mime.extracting.thai import repaired
from mailbox.searching.words import normalise
from tests.mailbox.mime.extracting.files import letter, marked_pdf

# ครั้งที่ น้ำท่วม: marks over the next letter, sara am of two glyphs, spaces drawn.
AS_CHROMIUM_DRAWS = [
    ("ค", "", 0),
    ("รxy", "รั้", 6),
    ("ง", "", -1),
    ("ทz", "ที่", 6),
    (" ", "", 6),
    ("นwา", "น้ำ", 6),
    ("ทv", "ท่", 6),
    ("ว", "", 6),
    ("ม", "", 6),
    (" ", "", 6),
    ("ก", "", 6),
]


def of_pdf(extractor: ExtractingProcess, data: bytes) -> str:
    return extractor.texts(*letter(("a.pdf", "application/pdf", data)))[0][0].strip()


def test_clusters_come_once_and_sara_am_makes_no_space(extractor: ExtractingProcess) -> None:
    assert of_pdf(extractor, marked_pdf(AS_CHROMIUM_DRAWS)) == "ครั้งที่ น้ำท่วม ก"


def test_cells_of_a_table_stay_apart(extractor: ExtractingProcess) -> None:
    cells = [*AS_CHROMIUM_DRAWS, ("ข", "", 60), ("ค", "", 60)]
    assert of_pdf(extractor, marked_pdf(cells)) == "ครั้งที่ น้ำท่วม ก ข ค"


def test_a_word_said_twice_stays_twice(extractor: ExtractingProcess) -> None:
    twice = [("รxy", "รั้", 0), ("ง", "", 6), ("รxy", "รั้", 6), ("ง", "", 6)]
    twice += [(" ", "", 6), ("ก", "", 6)]
    assert of_pdf(extractor, marked_pdf(twice)) == "รั้งรั้ง ก"


@pytest.mark.parametrize(
    ("drawn", "written"),
    [
        ("ก ่อน", "ก่อน"),
        ("เ ก้าอี ้", "เก้าอี้"),
        ("ท\r\nี่", "ที่"),
        ("ก่ี", "กี่"),
        ("ป\uf701\uf70dโต", "ปิ๋โต"),
        ("ที\uf70a ฟ\uf714า", "ที่ ฟ้า"),
        ("วันที่ ๕", "วันที่ ๕"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_clusters_are_made_whole(drawn: str, written: str) -> None:
    assert repaired(drawn) == written


def test_nikhahit_and_sara_aa_are_found_as_sara_am() -> None:
    assert normalise(repaired("น ้ําท่วม ทํา")) == "น้ำท่วม ทำ"


def test_the_lines_of_a_paragraph_are_joined_and_those_of_a_table_are_not() -> None:
    line = "ผู้ว่าราชการจังหวัดเชียงใหม่ต้อง"
    assert repaired(f"เรื่อง\r\n{line}\r\nรับผิดชอบ\r\nชื่อ\r\nสกุล") == (f"เรื่อง\n{line}รับผิดชอบ\nชื่อ\nสกุล")
    assert repaired(f"{line}\r\n๒๕๖๗") == f"{line}\n๒๕๖๗"
