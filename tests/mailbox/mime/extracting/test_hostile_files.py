"""Files that attack what reads them: said to be unread, and the next one is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbox.mime.extracting.limits import MOST_CHARACTERS
from mailbox.mime.extracting.process import ExtractingProcess
from tests.mailbox.mime.extracting.files import (
    THAI,
    docx,
    letter,
    odt,
    pdf,
    pdf_page,
    pdf_that_swells,
    raw_pdf,
    stream,
    swelling,
    zipped,
)

# What is left for a file while another waits for its turn.
MOST = 380_000
LITTLE = 160 * 1024 * 1024
GOOD = ("good.txt", "text/plain", b"here I am")
WELL = ("here I am", True)
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


@pytest.fixture(scope="module")
def small() -> Iterator[ExtractingProcess]:
    """A child that bombs burst soon."""
    process = ExtractingProcess(seconds=20, memory=LITTLE)
    yield process
    process.close()


def read(extractor: ExtractingProcess, data: bytes) -> tuple[str, bool]:
    """What is read of a file; and then the next one is, all of it."""
    bad, good = extractor.texts(*letter(("a", "application/octet-stream", data), GOOD))
    assert good == WELL
    assert len(bad[0]) <= MOST
    return bad


def page_tree_that_loops() -> bytes:
    return raw_pdf(
        {
            1: CATALOG,
            2: b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 1000000>>",
            3: b"<</Type/Pages/Kids[2 0 R]/Parent 2 0 R/Count 9>>",
        }
    )


def table_of_places_that_loops() -> bytes:
    whole = pdf_page(stream(b"", b""))
    at = whole.rindex(b"xref\n0 1")
    return whole.replace(b"trailer\n<<", b"trailer\n<</Prev %d " % at)


def object_stream_that_holds_itself() -> bytes:
    inside = stream(b"/Type/ObjStm/N 1/First 4/Extends 2 0 R", b"2 0 <</Type/Pages>>")
    return raw_pdf({1: CATALOG, 2: inside})


def form_that_draws_itself() -> bytes:
    again = b"/Resources<</XObject<</A 5 0 R>>>>"
    form = stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + again, b"/A Do " * 10)
    return pdf_page(stream(b"", b"/A Do"), again, o5=form)


@pytest.mark.parametrize(
    "made",
    [
        page_tree_that_loops,
        table_of_places_that_loops,
        object_stream_that_holds_itself,
        form_that_draws_itself,
    ],
)
def test_a_pdf_that_loops(small: ExtractingProcess, made: object) -> None:
    assert callable(made)
    assert read(small, made())[0].strip() == ""


def test_a_pdf_that_swells_costs_the_child_and_not_the_next_file(small: ExtractingProcess) -> None:
    read(small, b"%PDF-")
    assert small._child.process is not None
    first = small._child.process.pid
    assert read(small, pdf_that_swells()) == ("", False)
    assert small._child.process is not None
    assert small._child.process.pid != first


def test_a_pdf_that_swells_twice_over(small: ExtractingProcess) -> None:
    bomb = zlib.compress(swelling(bytes(1 << 20), 400), 1)
    read(small, pdf_page(stream(b"/Filter[/FlateDecode/FlateDecode]", bomb)))


def test_a_pdf_that_is_encrypted(extractor: ExtractingProcess, tmp_path: Path) -> None:
    assert read(extractor, pdf(THAI, tmp_path, password="x")) == ("", False)


def test_a_pdf_whose_end_is_missing(extractor: ExtractingProcess, tmp_path: Path) -> None:
    whole = pdf(THAI, tmp_path)
    for length in (len(whole) - 700, len(whole) - 7, 2_000, 10):
        assert read(extractor, whole[:length])[1] is False


def test_a_docx_that_swells(extractor: ExtractingProcess) -> None:
    data = zipped([("word/document.xml", b"<w:t>" + b"a" * 40_000_000)])
    assert read(extractor, data) == ("a" * MOST, False)


def test_a_docx_that_swells_without_a_word(extractor: ExtractingProcess) -> None:
    data = zipped([("word/document.xml", b"<w>" + b"<x/>" * 1_000_000 + b"</w>")])
    assert read(extractor, data) == ("", False)


def test_a_docx_whose_entry_is_larger_than_it_says(extractor: ExtractingProcess) -> None:
    data = docx("<w:p><w:r><w:t>เรื่อง</w:t></w:r></w:p>" + " " * 70_000)
    short = data.replace((70_000).to_bytes(4, "little"), (7).to_bytes(4, "little"))
    assert read(extractor, short[: len(short) // 2])[1] is False


def test_a_docx_whose_entities_multiply(extractor: ExtractingProcess) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><w:t>&e9;</w:t>'
    assert read(extractor, zipped([("word/document.xml", document.encode())])) == ("", False)


def test_a_docx_that_names_a_file_of_ours(extractor: ExtractingProcess) -> None:
    document = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:t>&e;</w:t>'
    assert read(extractor, zipped([("word/document.xml", document)])) == ("", False)


def test_an_odt_nested_very_deep(extractor: ExtractingProcess) -> None:
    nested = "<text:span>" * 20_000 + "</text:span>" * 20_000
    text, is_whole = read(extractor, odt("<text:p>เรื่อง</text:p>" + nested))
    assert text.strip() == "เรื่อง" and not is_whole


def test_an_xlsx_with_an_enormous_sheet(extractor: ExtractingProcess) -> None:
    row = "<row>" + "".join(f"<c><v>{number}</v></c>" for number in range(100)) + "</row>"
    sheet = f"<sheetData>{row * 3_000}"
    entries = [("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", sheet.encode())]
    text, is_whole = read(extractor, zipped(entries))
    assert len(text) == MOST and not is_whole


def test_a_zip_of_very_many_entries(extractor: ExtractingProcess) -> None:
    many = ((f"{number:0200}", b"") for number in range(9_000))
    data = zipped([("word/document.xml", b"<t>word</t>"), *many])
    assert read(extractor, data) == ("", False)


def test_markup_and_rich_text_opened_and_never_closed(extractor: ExtractingProcess) -> None:
    for unit in (b"<div>", b"<a '", b"<!--"):
        read(extractor, b"<html>" + unit * 200_000)
    read(extractor, rb"{\rtf1" + b"{" * 2_000_000)


def test_letters_in_letters_in_letters(extractor: ExtractingProcess) -> None:
    raw = b"Subject: innermost\r\n\r\n"
    for depth in range(8):
        head = f"Subject: s{depth}\r\nContent-Type: multipart/mixed; boundary=b{depth}\r\n\r\n"
        part = f"--b{depth}\r\nContent-Type: message/rfc822\r\n\r\n".encode()
        raw = head.encode() + part + raw + f"\r\n--b{depth}--\r\n".encode()
    [(text, is_whole)] = extractor.texts(*letter(("a.eml", "application/octet-stream", raw)))
    assert "s7" in text and "s5" in text and "innermost" not in text and not is_whole


def test_text_of_one_word_without_end_is_cut(extractor: ExtractingProcess) -> None:
    # Only its first 4 MiB go to the child, however large it is: there is no other path at 100 MB.
    word = ("a.txt", "text/plain", "ก".encode() * 2_000_000)
    assert extractor.texts(*letter(word, GOOD)) == [("ก" * MOST, False), WELL]


def test_text_longer_than_the_index_keeps_is_said_to_be(extractor: ExtractingProcess) -> None:
    for length, is_whole in ((MOST_CHARACTERS, True), (MOST_CHARACTERS + 1, False)):
        sent = letter(("a.txt", "text/plain", b"a" * length))
        assert extractor.texts(*sent) == [("a" * MOST_CHARACTERS, is_whole)]


def test_octets_that_are_nothing_in_particular(extractor: ExtractingProcess) -> None:
    for head in (b"%PDF-1.7", b"PK\x03\x04", b"{\\rtf1", b"<html>", b"\xff\xfe", b""):
        read(extractor, head + bytes(range(256)) * 40)
