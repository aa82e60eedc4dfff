"""What we write: its bytes, and that others and we read it back."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailbox.errors import AddressUnreadable, LineBreakInHeader
from mailbox.mime.build import Enclosure, Letter, build
from mailbox.mime.rendition import Address
from mailbox.mime.sanitise import sanitise
from tests.mailbox.mime.corpus import opened

LETTER = Letter(
    sender=Address("สำนักเลขาธิการคณะรัฐมนตรี", "soc@cabinet.example"),
    to=(Address("ผู้ว่าราชการจังหวัด, ประจำ", "governor@province.example"),),
    cc=(Address('Somchai "Lek" J.', "s@water.example"), Address("", "plain@water.example")),
    subject="การใช้จดหมายอิเล็กทรอนิกส์กลางเพื่อการสื่อสารในภาครัฐ " * 3,
    text="เรียน ท่าน\n\n.บรรทัดที่ขึ้นต้นด้วยจุด\nFrom here\n" + "ก" * 2_000,
    message_id="one@cabinet.example",
    in_reply_to="zero@cabinet.example",
    references=("a@cabinet.example", "zero@cabinet.example"),
    date=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    urgency=3,
)
THAI_FILE = "บัญชีรายชื่อผู้ใช้จดหมายอิเล็กทรอนิกส์ภาครัฐ ฉบับที่ ๑.pdf"


def assert_wire(raw: bytes) -> None:
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\x00" not in raw


def test_a_letter_is_read_back_as_it_was_written() -> None:
    raw = build(LETTER)
    assert_wire(raw)
    read = opened(raw).rendition
    assert read.sender == LETTER.sender
    assert (read.to, read.cc) == (LETTER.to, LETTER.cc)
    assert read.subject == LETTER.subject.strip()
    assert read.text.rstrip("\n") == LETTER.text
    assert read.date == "2026-11-22T10:00:00+07:00"
    assert (read.message_id, read.in_reply_to) == (LETTER.message_id, LETTER.in_reply_to)
    assert (read.references, read.urgency) == (LETTER.references, 3)


def test_the_same_letter_gives_the_same_bytes() -> None:
    letter = replace(
        LETTER, html=sanitise("<p>x</p>")[0], attachments=(Enclosure("a", "b/c", b"d"),)
    )
    assert build(letter) == build(letter)


def test_another_reader_agrees() -> None:
    html = sanitise("<p>สวัสดี</p>")[0]
    data = bytes(range(256)) * 30
    letter = replace(
        LETTER, html=html, attachments=(Enclosure(THAI_FILE, "application/pdf", data),)
    )
    raw = build(letter)
    assert_wire(raw)
    read: Any = email.message_from_bytes(raw, policy=email.policy.default)
    assert read["subject"].strip() == LETTER.subject.strip()
    # CPython keeps the blanks between the encoded words of a name, against RFC 2047 6.2.
    name = read["to"].addresses[0].display_name
    assert name.replace(" ", "") == LETTER.to[0].name.replace(" ", "")
    body = read.get_body(("html",)).get_content()
    assert "<p>สวัสดี</p>" in body
    assert read.get_body(("plain",)).get_content().splitlines() == LETTER.text.split("\n")
    (file,) = read.iter_attachments()
    assert file.get_filename() == THAI_FILE
    assert file.get_content() == data
    assert not read.defects


def test_our_reader_finds_files_by_range_with_their_thai_names() -> None:
    data = bytes(range(256)) * 1_000
    letter = opened(
        build(replace(LETTER, attachments=(Enclosure(THAI_FILE, "application/pdf", data),)))
    )
    (file,) = letter.rendition.attachments
    assert (file.name, file.type, file.encoding, file.line) == (
        THAI_FILE,
        "application/pdf",
        "base64",
        76,
    )
    assert letter.bytes_of(file) == data


@pytest.mark.parametrize("ending", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_message_goes_inside_another_byte_for_byte(ending: bytes) -> None:
    inner = build(LETTER).rstrip(b"\r\n") + ending
    enclosure = Enclosure("ส่งต่อ.eml", "message/rfc822", inner)
    letter = opened(build(replace(LETTER, attachments=(enclosure,))))
    (file,) = letter.rendition.attachments
    assert (file.type, letter.bytes_of(file)) == ("message/rfc822", inner)


def test_a_message_that_cannot_go_as_it_is_goes_as_a_file() -> None:
    inner = b"Subject: x\n\n" + b"y" * 2_000
    letter = opened(
        build(replace(LETTER, attachments=(Enclosure("a.eml", "message/rfc822", inner),)))
    )
    (file,) = letter.rendition.attachments
    assert (file.type, letter.bytes_of(file)) == ("application/octet-stream", inner)


BREAKS = [
    "\r",
    "\n",
    "\r\n",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00",
]


@pytest.mark.parametrize("line_end", BREAKS, ids=[repr(one) for one in BREAKS])
def test_no_line_end_of_any_kind_gets_into_a_header(line_end: str) -> None:
    poison = f"a{line_end}Bcc: evil@else.example"
    address = Address(poison, "a@b.example")
    hostile = [
        {"subject": poison},
        {"sender": address},
        {"to": (address,)},
        {"cc": (Address("", f"a@b.example{line_end}"),)},
        {"reply_to": (address,)},
        {"message_id": f"a{line_end}@b"},
        {"in_reply_to": f"a{line_end}@b"},
        {"references": (f"a{line_end}@b",)},
        {"attachments": (Enclosure(poison, "a/b", b""),)},
        {"attachments": (Enclosure("a", f"a/b{line_end}", b""),)},
    ]
    for change in hostile:
        with pytest.raises(LineBreakInHeader):
            build(replace(LETTER, **change))  # type: ignore[arg-type]  # one field at a time


def test_what_came_with_a_separator_in_its_subject_cannot_be_sent_on_as_a_header() -> None:
    came = opened(b"Subject: a\x1cBcc: evil@x.test\r\nFrom: a@b.example\r\n\r\nx").rendition
    raw = build(replace(LETTER, subject=f"Re: {came.subject}"))
    assert b"\nBcc" not in raw
    assert email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)["bcc"] is None


@pytest.mark.parametrize(
    "address",
    ["", "a", "a@b", "a b@c.example", "a@b.example, c@d.example", "<a@b.example>", "a@.example"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(AddressUnreadable):
        build(replace(LETTER, to=(Address("", address),)))


def test_thai_domains_go_out_in_ascii_and_thai_names_as_they_are() -> None:
    raw = build(replace(LETTER, to=(Address("", "สมชาย@กรม.example"),)))
    assert "To: สมชาย@xn--".encode() in raw


def test_what_only_looks_encoded_is_not_decoded() -> None:
    read = opened(build(replace(LETTER, subject="=?utf-8?q?x?= a  b "))).rendition
    assert read.subject == "=?utf-8?q?x?= a  b"


@pytest.mark.parametrize(
    "text", ["", "a\rb\r\nc\nd", "x" * 5_000, "é" * 300 + "x" * 5_000, "\x00\t", "=20"]
)
def test_any_text_survives(text: str) -> None:
    raw = build(replace(LETTER, text=text))
    assert_wire(raw)
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    assert opened(raw).rendition.text.rstrip("\n") == kept


def test_a_picture_in_the_text_travels_with_it_and_one_taken_out_does_not() -> None:
    dot = Enclosure("จุด.png", "image/png", b"\x89PNG dot", cid="p1@cabinet.example", picture=1)
    gone = Enclosure("gone.png", "image/png", b"\x89PNG gone", cid="p2@cabinet.example", picture=2)
    html = sanitise('<p>ดู <img src="attachment/1/"> &lt;img src="attachment/2/"&gt;</p>')[0]
    raw = build(replace(LETTER, html=html, attachments=(dot, gone)))
    read = opened(raw).rendition

    assert_wire(raw)
    assert b"Content-Type: multipart/related" in raw
    assert 'src="attachment/0/"' in read.html.for_frame()
    assert [one.name for one in read.attachments] == ["จุด.png"]
    assert email.message_from_bytes(raw).get_content_type() == "multipart/alternative"


def test_a_plain_letter_takes_its_pictures_along_as_files() -> None:
    dot = Enclosure("dot.png", "image/png", b"\x89PNG", cid="p1@cabinet.example", picture=1)
    read = opened(build(replace(LETTER, attachments=(dot,)))).rendition
    assert [one.name for one in read.attachments] == ["dot.png"]


def test_a_letter_may_ask_to_be_told_that_it_was_read() -> None:
    raw = build(replace(LETTER, receipt_to=LETTER.sender))
    assert_wire(raw)
    asked = email.message_from_bytes(raw, policy=email.policy.default)
    assert "<soc@cabinet.example>" in asked["Disposition-Notification-To"]


def test_no_content_id_breaks_out_of_its_header() -> None:
    html = sanitise('<img src="attachment/1/">')[0]
    bad = Enclosure("a.png", "image/png", b"x", cid="a@b>\r\nBcc: <x@y.example", picture=1)
    with pytest.raises(LineBreakInHeader):
        build(replace(LETTER, html=html, attachments=(bad,)))
