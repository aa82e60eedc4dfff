"""What is read in each kind of file that people attach, in Thai."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from mailbox.mime.extracting.process import ExtractingProcess
from mailbox.searching.words import holds, normalise
from tests.mailbox.mime.extracting.files import (
    THAI,
    docx_of,
    letter,
    odt,
    pdf,
    xlsx,
    zipped,
)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read(extractor: ExtractingProcess, name: str, kind: str, data: bytes) -> tuple[str, bool]:
    return extractor.texts(*letter((name, kind, data)))[0]


def assert_thai(words: tuple[str, bool]) -> None:
    text, is_whole = words
    assert is_whole
    found = normalise(text)
    assert [word for word in normalise(THAI).split() if not holds(found, word)] == []


def test_a_pdf(extractor: ExtractingProcess, tmp_path: Path) -> None:
    assert_thai(read(extractor, "a.pdf", "application/pdf", pdf(THAI, tmp_path, pages=3)))


def test_a_docx_with_its_header_and_a_word_cut_into_runs(extractor: ExtractingProcess) -> None:
    words = read(extractor, "a.docx", WORD, docx_of(THAI))
    assert_thai(words)
    assert "บันทึกข้อความ" in words[0]


def test_an_xlsx_its_texts_figures_and_the_name_of_the_sheet(extractor: ExtractingProcess) -> None:
    data = xlsx([[THAI, 2567], ["รวม", 1_250_000.5], [True, None]])
    words = read(extractor, "a.xlsx", "application/octet-stream", data)
    assert_thai(words)
    assert all(word in words[0].split() for word in ("งบประมาณ", "รวม", "2567", "1250000.5"))


def test_an_odt(extractor: ExtractingProcess) -> None:
    body = f"<text:h>เรื่อง</text:h><text:p>{THAI[:20]}<text:span>{THAI[20:]}</text:span></text:p>"
    words = read(extractor, "a.odt", "application/vnd.oasis.opendocument.text", odt(body))
    assert_thai(words)
    assert words[0].startswith("เรื่อง\n")


def test_an_ods(extractor: ExtractingProcess) -> None:
    row = f"<table:table-row><table:table-cell><text:p>{THAI}</text:p></table:table-cell>"
    assert_thai(read(extractor, "a.ods", "x/y", odt(f"{row}</table:table-row>")))


def test_a_pptx(extractor: ExtractingProcess) -> None:
    slide = f"<p:sld xmlns:p='p' xmlns:a='a'><a:p><a:r><a:t>{THAI}</a:t></a:r></a:p></p:sld>"
    data = zipped([("ppt/slides/slide1.xml", slide.encode())])
    assert_thai(read(extractor, "a.pptx", "application/octet-stream", data))


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "tis-620", "cp874", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_plain_text_in_the_charsets_that_occur(extractor: ExtractingProcess, charset: str) -> None:
    assert_thai(read(extractor, "a.txt", "text/plain", THAI.encode(charset)))


def test_values_in_a_csv(extractor: ExtractingProcess) -> None:
    data = f"ลำดับ,เรื่อง\r\n1,{THAI}\r\n".encode("cp874")
    assert_thai(read(extractor, "a.csv", "application/vnd.ms-excel", data))


def test_html_without_its_scripts(extractor: ExtractingProcess) -> None:
    page = f"<html><script>evil()</script><style>x</style><p>{THAI[:15]}<b>{THAI[15:]}</b></html>"
    for charset in ("utf-8", "cp874"):
        words = read(extractor, "a.html", "text/html", page.encode(charset))
        assert_thai(words)
        assert "evil" not in words[0]


def test_rich_text(extractor: ExtractingProcess) -> None:
    body = "".join(f"\\'{octet:02x}" for octet in THAI.encode("cp874"))
    unicode = "".join(f"\\u{ord(sign)}?" for sign in "งบกลาง")
    data = rf"{{\rtf1\ansi\ansicpg874{{\fonttbl secret}}{{\*\x hidden}}{body}\par {unicode}}}"
    words = read(extractor, "a.rtf", "application/rtf", data.encode("ascii"))
    assert_thai(words)
    assert words[0].endswith("\nงบกลาง")
    assert "secret" not in words[0] and "hidden" not in words[0]


def test_an_attached_letter_and_the_document_attached_to_it(extractor: ExtractingProcess) -> None:
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "ด่วนที่สุด", "malee@moph.example"
    inner.set_content("ขอส่งรายงาน\n")
    inner.add_attachment(docx_of(THAI), maintype="x", subtype="y", filename="รายงาน.docx")
    words = read(extractor, "a.eml", "application/octet-stream", inner.as_bytes())
    assert_thai(words)
    for word in ("ด่วนที่สุด", "malee@moph.example", "ขอส่งรายงาน", "รายงาน.docx"):
        assert word in words[0]


def test_what_a_file_is_told_by_its_octets_when_its_name_and_type_lie(
    extractor: ExtractingProcess, tmp_path: Path
) -> None:
    assert_thai(read(extractor, "a.jpg", "image/jpeg", pdf(THAI, tmp_path)))
    assert_thai(read(extractor, "a.pdf", "application/pdf", docx_of(THAI)))
    assert read(extractor, "a.pdf", "application/pdf", b"\x89PNG\r\n\x1a\n\x00") == ("", True)
    assert_thai(read(extractor, "a", "application/octet-stream", THAI.encode()))


def test_a_letter_of_pictures_needs_no_child_and_no_file_lacks_its_place() -> None:
    process = ExtractingProcess(seconds=5, memory=1)
    files = [("a.png", "image/png", b"\x89PNG\r\n\x1a\n"), ("b.svg", "image/svg+xml", b"<svg/>")]
    assert process.texts(*letter(*files)) == [("", True), ("", True)]
    assert process.texts(*letter()) == []
    assert process._child.process is None


def test_what_holds_words_that_cannot_be_read_is_said_to_be_unread(
    extractor: ExtractingProcess,
) -> None:
    old_word = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert read(extractor, "a.doc", "application/msword", old_word) == ("", False)
    archive = zipped([("word.docx", docx_of(THAI))])
    assert read(extractor, "a.zip", "application/zip", archive) == ("", False)
