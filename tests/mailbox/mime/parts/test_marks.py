"""What a header says of lists, machines and receipts."""

from __future__ import annotations

import pytest

from mailbox.mime.parse import parse
from mailbox.mime.rendition import Address, Rendition, from_json, to_json


def read(header: str) -> Rendition:
    return parse(header.encode() + b"\r\nFrom: a@b.example\r\n\r\ntext\r\n")[0]


@pytest.mark.parametrize(
    "header",
    ["List-Id: <x.y>", "List-Post: <mailto:a@b>", "Precedence: Bulk", "precedence: list"],
)
def test_list_mail_is_known_by_its_header(header: str) -> None:
    assert read(header).is_list
    assert not read("X-" + header).is_list


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated; owner-email=a@b", True),
        ("Auto-Submitted: no", False),
        ("Auto-Submitted: NO (a person)", False),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", True),
        ("X-Auto-Response-Suppress: None", False),
        ("Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--", True),
        ("Subject: x", False),
    ],
)
def test_a_machine_is_told_from_a_person(header: str, expected: bool) -> None:
    assert read(header).is_automatic is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"ก" <a@b.example>', Address("ก", "a@b.example")),
        ("a@b.example, c@d.example", None),
        ("a@b.example\r\nDisposition-Notification-To: c@d.example", None),
        ("nobody", None),
        ("<>", None),
    ],
)
def test_a_receipt_goes_to_exactly_one_address_or_to_nobody(
    value: str, expected: Address | None
) -> None:
    assert read(f"Disposition-Notification-To: {value}").receipt_to == expected


def test_a_rendition_of_yesterday_still_opens() -> None:
    old = to_json(read("Subject: x"))
    for name in ("is_list", "is_automatic", "receipt_to", "invitation"):
        del old[name]
    assert from_json({**old, "unknown": 1}).receipt_to is None
