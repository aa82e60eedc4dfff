"""When two arrivals are one message: never where the second could be shown otherwise."""

from __future__ import annotations

import pytest

from mailbox.filing import identity_of
from mailbox.mime.parse import parse

HEAD = (
    b"From: Dara <dara@elsewhere.example>\r\nTo: amina@transport.example\r\n"
    b"Subject: one\r\nDate: Tue, 8 Jan 2008 09:12:00 +0700\r\nMessage-ID: <one@x.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n"
)
BODY = (
    b"--a\r\nContent-Type: text/plain\r\n\r\nthe one\r\n--a--\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nthe other\r\n--b--\r\n"
)
LETTER = HEAD + b"\r\n" + BODY


def identity(raw: bytes) -> bytes:
    return identity_of(parse(raw)[0], raw)


@pytest.mark.parametrize(
    "same",
    [
        b"Received: from a by b; later\r\nReturn-Path: <r@x.example>\r\n" + LETTER,
        b"DKIM-Signature: v=1; d=x.example\r\nX-Virus-Scanned: yes\r\n" + LETTER,
        b"List-Id: <all.x.example>\r\nARC-Seal: i=1\r\n" + LETTER,
        LETTER.replace(b"multipart/mixed; b", b"multipart/mixed;\r\n\tb"),
    ],
    ids=["trace", "signed", "list", "folded"],
)
def test_the_same_letter_by_another_way_is_the_same(same: bytes) -> None:
    assert identity(same) == identity(LETTER)


@pytest.mark.parametrize(
    "other",
    [
        LETTER.replace(b"boundary=a", b"boundary=b"),
        LETTER.replace(b"MIME-V", b"Content-Transfer-Encoding: base64\r\nMIME-V"),
        LETTER.replace(b"MIME-V", b"Reply-To: evil@elsewhere.example\r\nMIME-V"),
        LETTER.replace(b"To: amina", b"Cc: bruno@transport.example\r\nTo: amina"),
        LETTER.replace(b"Dara <", b"Minister <"),
        # What stands before the first empty line of all, behind another that is blank.
        HEAD + b" \r\nanother paragraph\r\n\r\n" + BODY,
        HEAD.replace(b"\r\n", b"\n") + b"\nno CRLF at all\n",
        HEAD.replace(b"\r\n", b"\n") + b"\nnor here, but other words\n",
    ],
    ids=["boundary", "encoding", "reply-to", "cc", "name", "blank-line", "lf-one", "lf-two"],
)
def test_what_would_be_shown_otherwise_is_another(other: bytes) -> None:
    known = [LETTER, HEAD.replace(b"\r\n", b"\n") + b"\nthird words\n"]
    assert identity(other) not in [identity(raw) for raw in known]


def test_a_copy_nobody_vouches_for_is_another() -> None:
    rendition, _sections = parse(LETTER)
    standings = ["", "unproven", "spam"]
    assert len({identity_of(rendition, LETTER, standing=each) for each in standings}) == 3
