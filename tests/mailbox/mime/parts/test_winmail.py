"""winmail.dat among the attachments of a message: its files stand in place of it."""

from __future__ import annotations

import base64

import pytest

from mailbox.mime.reading_process import ReadingProcess
from tests.mailbox.mime.corpus import Letter, assert_invariants, opened
from tests.mailbox.mime.parts import test_tnef
from tests.mailbox.mime.parts.winmail import attribute, file, prop, properties, unicode, winmail


def mail(data: bytes, text: bytes = b"--b\r\n\r\nthe text\r\n") -> bytes:
    return (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        + text
        + b'--b\r\nContent-Type: application/ms-tnef; name="winmail.dat"\r\n'
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(data)
        + b"--b--\r\n"
    )


def names(letter: Letter) -> list[str]:
    return [one.name for one in letter.rendition.attachments]


def test_wrapped_files_are_ordinary_attachments() -> None:
    letter = opened(mail(test_tnef.HONEST))

    assert names(letter) == ["สำเนาหนังสือ ที่ นร ๐๕๐๖.pdf", "second.txt"]
    assert [letter.bytes_of(one) for one in letter.rendition.attachments] == [b"%PDF-1.4", b"two"]
    assert [one.type for one in letter.rendition.attachments] == ["application/pdf", "text/plain"]
    assert letter.rendition.notes == ("tnef-unpacked",)
    assert letter.rendition.text.strip() == "the text"
    assert_invariants(letter)


def test_a_message_that_is_all_in_it_shows_its_text() -> None:
    assert "เรียน ท่าน" in opened(mail(test_tnef.HONEST, b"")).rendition.text


def test_html_in_it_is_read_for_its_words() -> None:
    html = prop(0x1013, 0x102, "<p>ข้อความ<script>alert(1)</script></p>".encode())
    letter = opened(mail(winmail(attribute(1, 0x00069003, properties(html))), b""))

    assert letter.rendition.text.strip() == "ข้อความ"


def test_one_that_is_cut_off_stays_among_the_files() -> None:
    letter = opened(mail(test_tnef.HONEST[:-30]))

    assert names(letter)[0].startswith("สำเนาหนังสือ")
    assert "winmail.dat" in names(letter)
    assert letter.rendition.notes == ("tnef-partly",)


def test_what_only_says_it_is_one_is_an_attachment_like_others() -> None:
    letter = opened(mail(b"not TNEF at all"))

    assert (names(letter), letter.rendition.notes) == (["winmail.dat"], ())


def test_paths_and_reversals_are_taken_out_of_names() -> None:
    spoilt = winmail(
        file("..\\..\\Windows\\evil.exe", b"x"),
        file("/etc/passwd", b"x"),
        file("gpj\u202egpj.exe\x00", b"x"),
        file("", b"x", unicode(0x3704, ""), title=b"\x00"),
    )

    assert names(opened(mail(spoilt))) == ["evil.exe", "passwd", "gpjgpj.exe", "attachment-4.bin"]


@pytest.mark.parametrize("name", test_tnef.HOSTILE)
def test_a_hostile_one_costs_its_message_nothing(name: str) -> None:
    process = ReadingProcess()
    try:
        _, rendition = process.read(mail(test_tnef.HOSTILE[name]))
    finally:
        process.close()

    assert rendition.text.strip() == "the text"
