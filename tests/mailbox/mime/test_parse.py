"""Hostile and odd messages, each named for what is wrong with it."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbox.mime.parse import parse
from mailbox.mime.rendition import Address
from tests.mailbox.mime.corpus import OWN, Letter, assert_invariants, opened


def message(*lines: str | bytes) -> Letter:
    raw = b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return opened(raw)


def nested(levels: int) -> bytes:
    heads = [
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'
        for level in range(levels)
    ]
    return ("Subject: deep\r\n" + "".join(heads) + "\r\ntext").encode()


HOSTILE = {
    "nested multiparts": nested(1_000),
    "nested messages": b"Content-Type: message/rfc822\r\n\r\n" * 5_000 + b"\r\nx",
    "nested parentheses": b"To: " + b"(" * 500 + b"x" + b")" * 500 + b" <a@b.example>\r\n\r\nx",
    "a hundred thousand To lines": b"To: a@b.example\r\n" * 100_000 + b"\r\nx",
    "one To with 9,000 people": b"To: "
    + (b"a@b.example, " * 10 + b"\r\n ") * 900
    + b"z@b.example\r\n\r\nx",
    "parameters": b"Content-Type: text/plain" + b"; a*0*=x" * 5_000 + b"\r\n\r\nx",
    "continued parameters": b"Content-Type: text/plain"
    + b"".join(b"; a*%d=x" % n for n in range(90))
    + b"\r\n\r\nx",
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50_000,
    "empty delimiters": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 100_000,
    "encoded words without an end": b"Subject: " + b"=?a?q?b" * 30_000 + b"\r\n\r\nx",
    "encoded words": b"Subject: " + b"=?utf-8?b?4LiB?= " * 12_000 + b"\r\n\r\nx",
    "quotes": b"To: " + b'"\\' * 100_000 + b"\r\n\r\nx",
    "angles": b"To: " + b"<" * 200_000 + b"\r\n\r\nx",
    "semicolons": b"Content-Type: " + b";" * 200_000 + b"\r\n\r\nx",
    "references": b"References: " + b"<a@b> " * 40_000 + b"\r\n\r\nx",
    "message ids without an end": b"References: " + b"<a" * 100_000 + b"\r\n\r\nx",
    "a long date": b"Date: " + b"1 " * 100_000 + b"\r\n\r\nx",
    "a date of comments": b"Date: " + b"(" * 100 + b"\r\n\r\nx",
    "one header without an end": b"Subject: " + b"x" * 3_000_000,
    "no header": b"x" * 3_000_000,
    "line ends alone": b"\r\n" * 500_000,
    "carriage returns": b"\r" * 500_000,
    "folds": b"Subject: x" + b"\r\n x" * 900 + b"\r\n\r\nx",
    "blank folds": b"Subject: x" + b"\r\n " * 80_000 + b"\r\n\r\nx",
    "flowed": b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"x \r\n" * 400_000,
    "base64 rubbish": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + b"=A" * 500_000,
    "a boundary of nothing": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx',
    "nul": bytes(5_000),
    "all bytes": bytes(range(256)) * 200,
    "nothing": b"",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_messages_are_read_within_bounds(raw: bytes) -> None:
    started = time.process_time()
    letter = opened(raw)
    assert time.process_time() - started < 5  # tenths in truth; CPython's parser needs 17 s or dies
    assert_invariants(letter)
    assert parse(raw) == parse(raw)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("nested multiparts", "too-deep"),
        ("parts", "too-many-parts"),
        ("a hundred thousand To lines", "header-too-large"),
        ("parameters", "too-many-parameters"),
    ],
)
def test_a_message_beyond_the_limits_is_an_attachment_of_itself(name: str, note: str) -> None:
    letter = opened(HOSTILE[name])
    assert note in letter.rendition.notes
    (whole,) = letter.rendition.attachments
    assert (whole.name, whole.type) == ("message.eml", "message/rfc822")
    assert letter.bytes_of(whole) == HOSTILE[name]


def test_fifty_levels_less_one_are_still_read() -> None:
    assert opened(nested(49)).rendition.text == "text"


def test_more_people_than_any_letter_has_are_cut_off_and_noted() -> None:
    rendition = opened(HOSTILE["one To with 9,000 people"]).rendition
    assert len(rendition.to) == 2_000
    assert rendition.notes == ("too-many-addresses",)
    assert rendition.text == "x"


def test_every_own_message_keeps_the_invariants() -> None:
    paths = sorted(OWN.glob("*.eml"))
    assert len(paths) >= 10
    for path in paths:
        raw = path.read_bytes()
        assert_invariants(opened(raw))
        assert parse(raw) == parse(raw), path.name


@pytest.mark.parametrize("charset", ["tis-620", "iso-8859-11", "windows-874", "TIS620", "cp874"])
def test_thai_charsets_are_read_in_subject_and_body(charset: str) -> None:
    thai = "หนังสือด่วน เรื่อง ก๊าซ"
    word = base64.b64encode(thai.encode("cp874")).decode()
    rendition = message(
        f"Subject: =?{charset}?B?{word}?=",
        f"Content-Type: text/plain; charset={charset}",
        "",
        thai.encode("cp874"),
    ).rendition
    assert (rendition.subject, rendition.text) == (thai, thai)


# "iso-8859-1" over cp874 is left out: every byte is a letter in both, nothing tells them apart.
@pytest.mark.parametrize(
    ("truth", "label"),
    [("utf-8", label) for label in ("us-ascii", "tis-620", "iso-8859-1", "utf-8", "x-nonsense", "")]
    + [("cp874", label) for label in ("us-ascii", "tis-620", "utf-8", "x-nonsense", "")],
)
def test_thai_is_read_whatever_the_label_says(truth: str, label: str) -> None:
    thai = "สวัสดีครับ"
    head = f"Content-Type: text/plain; charset={label}"
    rendition = message(head, "", thai.encode(truth)).rendition
    assert rendition.text == thai
    assert ("charset-unknown" in rendition.notes) == (label == "x-nonsense")


def test_a_thai_name_cut_between_two_encoded_words_is_whole() -> None:
    octets = "ผู้อำนวยการ".encode()
    words = " ".join(
        f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in (octets[:7], octets[7:])
    )
    assert message(f"From: {words} <a@b.example>", "", "").rendition.sender == Address(
        "ผู้อำนวยการ", "a@b.example"
    )


def test_an_encoded_name_smuggles_in_neither_address_nor_line() -> None:
    word = base64.b64encode(b"x\r\nBcc: e@vil.example, <y@vil.example>").decode()
    rendition = message(f"To: =?utf-8?b?{word}?= <a@b.example>", "", "").rendition
    assert rendition.to == (Address("x Bcc: e@vil.example, <y@vil.example>", "a@b.example"),)


def test_file_names_lose_paths_controls_and_direction_marks() -> None:
    names = {
        "../../etc/passwd": "passwd",
        "C:\\Windows\\a.exe": "a.exe",
        "cod\u202etxt.exe": "codtxt.exe",
        "a%0d%0ab\tc.txt": "a%0d%0ab c.txt",
        "..": "attachment-1.pdf",
        "": "attachment-1.pdf",
        "รายงาน.pdf": "รายงาน.pdf",
    }
    for given_name, kept in names.items():
        word = base64.b64encode(given_name.encode()).decode()
        head = f'Content-Disposition: attachment; filename="=?utf-8?b?{word}?="'
        letter = message("Content-Type: application/pdf", head, "", "x")
        assert letter.rendition.attachments[0].name == kept
    long = message(f"Content-Disposition: attachment; filename={'ก' * 4000}.pdf", "", "x")
    assert len(long.rendition.attachments[0].name.encode()) <= 255
    assert long.rendition.attachments[0].name.endswith(".pdf")


def test_rfc_2231_names_are_joined_and_decoded() -> None:
    letter = message(
        "Content-Disposition: attachment;",
        " filename*0*=tis-620''%C3%D2%C2;",
        " filename*1*=%A7%D2%B9;",
        ' filename*2=".pdf"',
        "",
        "x",
    )
    assert letter.rendition.attachments[0].name == "รายงาน.pdf"


def test_base64_in_even_lines_is_read_by_range_and_other_base64_from_a_section() -> None:
    data = bytes(range(256)) * 40
    even = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = ("Content-Type: application/pdf", "Content-Transfer-Encoding: base64", "")
    ragged = even[:50] + b"\r\n" + even[50:]
    for encoded, kind in (
        (even, "base64"),
        (ragged, "section"),
        (even.replace(b"\r", b""), "section"),
    ):
        letter = message(*head, encoded)
        (attachment,) = letter.rendition.attachments
        assert attachment.encoding == kind
        assert letter.bytes_of(attachment) == data
        assert_invariants(letter)


def test_alternatives_give_the_text_of_one_and_the_page_of_the_other() -> None:
    letter = message(
        "Content-Type: multipart/mixed; boundary=m",
        "",
        "--m",
        "Content-Type: multipart/alternative; boundary=a",
        "",
        "--a",
        "",
        "plain",
        "--a",
        "Content-Type: multipart/related; boundary=r",
        "",
        "--r",
        "Content-Type: text/html",
        "",
        "<p>rich</p><img src='cid:logo'>",
        "--r",
        "Content-Type: image/png",
        "Content-ID: <logo>",
        "",
        "PNG",
        "--r--",
        "--a",
        "Content-Type: text/calendar; method=REQUEST",
        "",
        "BEGIN:VCALENDAR",
        "--a--",
        "--m",
        "Content-Type: application/ms-tnef; name=winmail.dat",
        "",
        "tnef",
        "--m--",
    )
    rendition = letter.rendition
    assert rendition.text == "plain"
    assert rendition.html.for_frame() == '<p>rich</p><img src="attachment/0/">'
    assert [(one.name, one.inline) for one in rendition.attachments] == [
        ("attachment-1.png", True),
        ("invite.ics", False),
        ("winmail.dat", False),
    ]


def test_a_calendar_alone_is_an_invitation_in_words_and_kept_as_a_file() -> None:
    letter = opened((OWN / "calendar-with-markup.eml").read_bytes())
    assert letter.rendition.invitation is not None
    assert letter.rendition.invitation.summary == "<img src=x onerror=alert(1)>"
    assert not letter.rendition.html
    assert [one.name for one in letter.rendition.attachments] == ["invite.ics"]


def test_a_page_alone_gives_its_words_as_text() -> None:
    rendition = message("Content-Type: text/html", "", "<p>a<p>b<script>c</script>").rendition
    assert rendition.text.split() == ["a", "b"]


def test_flowed_text_is_joined_again() -> None:
    rendition = message(
        "Content-Type: text/plain; format=flowed", "", "one ", "two", "> q ", "> r", "-- ", "me"
    ).rendition
    assert rendition.text == "one two\n> q r\n-- \nme"


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("Sun, 22 Nov 2026 10:00:00 +0700", "2026-11-22T10:00:00+07:00"),
        ("22 Nov 2026 10:00 -0000 (comment)", "2026-11-22T10:00:00+00:00"),
        ("yesterday", None),
        ("99 Xyz 2026 99:99", None),
        ("", None),
    ],
)
def test_dates_are_read_strictly(date: str, read: str | None) -> None:
    assert message(f"Date: {date}", "", "").rendition.date == read


@pytest.mark.parametrize(
    ("header", "urgency"),
    [
        ("X-GovMail-Urgency: 3", 3),
        ("X-Priority: 1 (Highest)", 1),
        ("Importance: High", 1),
        ("Priority: ด่วนที่สุด", 3),
        ("X-Priority: 3", 0),
        ("X-GovMail-Urgency: 9", 0),
    ],
)
def test_urgency_is_read_from_our_mark_and_from_others(header: str, urgency: int) -> None:
    assert message(header, "", "").rendition.urgency == urgency


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"\r\n",
                b"\n",
                b"--b",
                b"--b--",
                b"Content-Type: multipart/mixed; boundary=b",
                b"x",
                b": ",
            ]
            + [
                b"Content-Type: text/html; charset=",
                b"utf-7",
                b"Subject: =?utf-16?b?/9g=?=",
                b" ",
                b"\0",
            ]
            + [
                b"Content-Transfer-Encoding: base64",
                b'To: "<(@',
                b"Date: 1 Jan 0000",
                b"\xff\xfe",
                b";",
            ]
            + [b"Content-Disposition: attachment; filename*=utf-8''%00%ED%A0%80", b"\x1c", b"\r"]
        ),
        max_size=20,
    )
)
def test_no_heap_of_pieces_breaks_the_reader(pieces: list[bytes]) -> None:
    assert_invariants(opened(b"".join(pieces)))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert_invariants(opened(raw))
    assert_invariants(opened(b"Content-Type: text/html; charset=utf-7\r\nSubject: " + raw))
