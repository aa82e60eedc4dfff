"""What a letter asks, in words for its page."""

from __future__ import annotations

import pytest
from django.utils import translation

from govmail_portal.dates import Manner
from mailbox.mime.parse import parse
from mailbox.mime.parts.invitation import Invitation
from mailbox.models import Message
from mailbox.reading.asked.asks import Asked, asked_of
from mailbox.reading.asked.invitations import when
from tests.mailbox.mime.parts.test_calendar import calendar


@pytest.mark.parametrize(
    ("starts", "ends", "thai", "english"),
    [
        (
            "2008-01-10T02:30:00+00:00",
            "2008-01-10T05:00:00+00:00",
            "พฤ. 10 ม.ค. 2551 09:30–12:00 น.",
            "Thu 10 Jan 2008 09:30–12:00",
        ),
        ("2008-01-09T18:00:00+00:00", "", "พฤ. 10 ม.ค. 2551 01:00 น.", "Thu 10 Jan 2008 01:00"),
        (
            "2008-01-10",
            "2008-01-11",
            "พฤ. 10 ม.ค. 2551 – ศ. 11 ม.ค. 2551",
            "Thu 10 Jan 2008 – Fri 11 Jan 2008",
        ),
        ("2008-01-10", "", "พฤ. 10 ม.ค. 2551", "Thu 10 Jan 2008"),
        ("", "", "", ""),
    ],
)
def test_times_are_those_of_thailand_in_the_readers_era(
    starts: str, ends: str, thai: str, english: str
) -> None:
    found = Invitation(starts=starts, ends=ends)

    assert when(found, Manner("th")) == thai
    assert when(found, Manner("en", christian_era=True)) == english


def asked(raw: bytes, **message: object) -> Asked:
    with translation.override("en"):
        made = Message(**message)  # type: ignore[misc]  # a row that is not saved
        manner = Manner("en", christian_era=True)
        return asked_of(made, parse(raw)[0], manner, reader="me@b.example", said={})


def mail(*lines: str, method: str = "REQUEST") -> bytes:
    made = calendar("ORGANIZER:mailto:a@b.example", *lines, method=method)
    return b"From: a@b.example\r\nContent-Type: text/calendar\r\n\r\n" + made


def test_an_invitation_that_proves_nothing_has_a_sentence_in_place_of_buttons() -> None:
    card = asked(mail("SUMMARY:x")).invitation

    assert card is not None
    assert not card.can_answer
    assert card.against.startswith("It is not proven")
    proven = asked(mail("SUMMARY:x"), origin=Message.Origin.PORTAL).invitation
    assert proven is not None and proven.can_answer and not proven.against


@pytest.mark.parametrize(
    ("lines", "method", "tone", "kind"),
    [
        ((), "REQUEST", "invitation", "Invitation"),
        (("SEQUENCE:1",), "REQUEST", "invitation", "Invitation, changed"),
        ((), "CANCEL", "cancelled", "Cancelled"),
        (("STATUS:CANCELLED",), "REQUEST", "cancelled", "Cancelled"),
        ((), "REPLY", "answer", "An answer to an invitation"),
        ((), "PUBLISH", "invitation", "Event"),
    ],
)
def test_the_card_says_what_kind_it_is(
    lines: tuple[str, ...], method: str, tone: str, kind: str
) -> None:
    card = asked(mail(*lines, method=method), origin=Message.Origin.PORTAL).invitation

    assert card is not None
    assert (card.tone, card.kind) == (tone, kind)
    assert card.can_answer is (tone == "invitation" and method == "REQUEST")


@pytest.mark.parametrize(
    ("to", "message", "expected"),
    [
        ("a@b.example", {}, "ask"),
        ("other@b.example", {}, "doubtful"),
        ("a@b.example", {"is_own": True}, ""),
        ("a@b.example", {"receipt": "sent"}, "sent"),
        ("a@b.example", {"receipt": "declined"}, ""),
    ],
)
def test_a_receipt_is_offered_to_the_sender_only(
    to: str, message: dict[str, object], expected: str
) -> None:
    raw = f"From: a@b.example\r\nMessage-ID: <x@y>\r\nDisposition-Notification-To: {to}\r\n\r\nx"

    assert asked(raw.encode(), **message).receipt == expected


def test_a_receipt_that_came_back_is_said_in_words() -> None:
    raw = (
        b"From: a@b.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
        b"--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        b"Final-Recipient: rfc822; ka@else.example\r\nOriginal-Message-ID: <x@y>\r\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
    )

    assert asked(raw).report == "ka@else.example has opened your letter."
    assert asked(raw.replace(b"displayed", b"<script>")).report == ""
