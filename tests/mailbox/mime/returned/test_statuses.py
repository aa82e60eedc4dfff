from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailbox.errors import LineBreakInHeader
from mailbox.mime.returned.reports import Action, read
from mailbox.mime.returned.statuses import Status, delivery_status, is_sendable

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HEAD = (
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
)


def written(*statuses: Status) -> bytes:
    return delivery_status(statuses, reported_by="transport.example", arrived_at=AT, at=AT)


def test_a_status_is_written_as_the_standard_has_it() -> None:
    status = Status("emil@else.example", Action.DELAYED, "4.7.1", 451, "Please wait", AT)
    assert written(status).decode() == (
        "Reporting-MTA: dns; transport.example\r\n"
        "Arrival-Date: Mon, 23 Nov 2026 15:00:00 +0700\r\n"
        "\r\n"
        "Final-Recipient: rfc822; emil@else.example\r\n"
        "Action: delayed\r\n"
        "Status: 4.7.1\r\n"
        "Diagnostic-Code: smtp; 451 4.7.1 Please wait\r\n"
        "Last-Attempt-Date: Mon, 23 Nov 2026 15:00:00 +0700\r\n"
        "Will-Retry-Until: Mon, 23 Nov 2026 15:00:00 +0700\r\n"
    )


def test_an_address_in_thai_letters_is_escaped_and_read_again() -> None:
    body = written(Status("สมชาย@else.example", Action.FAILED, "5.1.1", 550, "ไม่มี " * 60))
    assert body.isascii() and b"Final-Recipient: utf-8; \\x{E2A}" in body
    report = read(HEAD + body + b"\r\n--b--\r\n")
    assert report is not None and report.outcomes[0].recipient == "สมชาย@else.example"


def test_no_word_of_a_server_begins_a_field() -> None:
    words = "no\r\nFinal-Recipient: rfc822; other@else.example\r\n\r\n" + "long " * 300
    body = written(Status("emil@else.example", Action.FAILED, "5.1.1", 550, words))
    report = read(HEAD + body + b"\r\n--b--\r\n")
    assert report is not None and [one.recipient for one in report.outcomes] == [
        "emil@else.example"
    ]
    assert max(map(len, body.split(b"\r\n"))) <= 80


def test_a_server_that_answers_in_thai_writes_no_line_too_long_for_mail() -> None:
    body = written(Status("emil@else.example", Action.FAILED, "5.1.1", 550, "ไม่มีผู้รับรายนี้" * 30))
    assert body.isascii() and max(map(len, body.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "address", ["", "emil", "a b@else.example", "a@b\r\nx.example", "a@" + "b" * 70]
)
def test_what_is_no_address_is_not_written(address: str) -> None:
    assert not is_sendable(address)


def test_the_reporters_name_is_one_line() -> None:
    with pytest.raises(LineBreakInHeader):
        delivery_status([], reported_by="x\r\ny", arrived_at=AT, at=AT)
