"""The packed form, opened by range, and the list row."""

from __future__ import annotations

import json

import pytest

from mailbox.mime.parse import parse
from mailbox.mime.rendition import (
    NOTES,
    Address,
    Summary,
    from_json,
    pack,
    read_attachment,
    summary_of,
    to_json,
    unpack_head,
)
from tests.mailbox.mime.corpus import OWN, opened


def test_a_rendition_survives_json() -> None:
    for path in sorted(OWN.glob("*.eml")):
        rendition, _ = parse(path.read_bytes())
        assert from_json(json.loads(json.dumps(to_json(rendition)))) == rendition
        assert set(rendition.notes) <= set(NOTES)


def test_the_head_is_opened_without_the_rest_and_a_range_without_its_neighbours() -> None:
    data = bytes(range(256)) * 400
    body = b"\r\n".join(data.hex().encode()[at : at + 76] for at in range(0, len(data) * 2, 76))
    letter = opened(b"Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body)
    asked: list[int] = []

    def read(start: int, stop: int) -> bytes:
        asked.append(stop - start)
        return letter.packed[start:stop]

    (attachment,) = unpack_head(read).attachments
    assert sum(asked) < 1_500
    asked.clear()
    whole = letter.bytes_of(attachment)
    assert read_attachment(read, attachment, 5_000, 5_100) == whole[5_000:5_100]
    assert sum(asked) < 400
    assert read_attachment(read, attachment, attachment.size, None) == b""
    assert read_attachment(read, attachment, -5, 10**9) == whole


def test_what_is_not_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="packed"):
        unpack_head(lambda start, stop: b"GMR0\0\0\0\0"[start:stop])


def test_the_list_row_says_who_what_and_how_it_begins() -> None:
    raw = (
        "From: สมชาย <a@b.example>\r\nTo: ก <c@d.example>, e@f.example\r\nSubject: เรื่อง\r\n"
        "X-GovMail-Urgency: 2\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\n\r\nเรียน ท่าน\r\n--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--"
    ).encode()
    summary = summary_of(parse(raw)[0])
    assert summary == Summary(
        "เรื่อง", "สมชาย", "a@b.example", "ก, e@f.example", "เรียน ท่าน", has_attachment=True, urgency=2
    )
    assert Summary.from_json({**summary.to_json(), "later": 1}) == summary


@pytest.mark.parametrize(
    ("fields", "written_by"),
    [
        ("From: A <a@x.example>\r\nSender: B <b@x.example>", Address("B", "b@x.example")),
        ("From: A <a@x.example>", None),
        ("From: A <a@x.example>\r\nSender: A again <A@x.example>", None),
        ("Sender: B <b@x.example>", None),
        ("From: A <a@x.example>\r\nSender: B <b@x.example>, C <c@x.example>", None),
        ("From: A <a@x.example>\r\nSender: b@x.example\r\nSender: c@x.example", None),
        ("From: A <a@x.example>, D <d@x.example>\r\nSender: b@x.example", None),
    ],
)
def test_who_says_they_wrote_for_another_is_kept_where_it_is_one(
    fields: str, written_by: Address | None
) -> None:
    rendition, _sections = parse(f"{fields}\r\n\r\nx".encode())

    assert rendition.written_by == written_by
    assert from_json(json.loads(json.dumps(to_json(rendition)))) == rendition
    assert summary_of(rendition).written_by == (written_by.name if written_by else "")


def test_a_rendition_of_before_names_nobody_else() -> None:
    old = to_json(parse(b"From: a@x.example\r\nSender: b@x.example\r\n\r\nx")[0])
    del old["written_by"]

    assert from_json(old).written_by is None


def test_packing_is_the_same_each_time() -> None:
    raw = b"Subject: x\r\n\r\ny"
    rendition, sections = parse(raw)
    assert pack(rendition, raw, sections) == pack(rendition, raw, sections)
