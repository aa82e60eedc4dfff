"""Read receipts: sent once, by choice, to the sender alone."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from govmail_portal.dates import Manner
from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import NothingToAnswer
from mailbox.mime.parse import parse
from mailbox.mime.parts.report import Report
from mailbox.mime.rendition import read_raw, unpack_head
from mailbox.models import Message, Submission
from mailbox.outbound import envelope
from mailbox.outbound.answers import receipts
from mailbox.outbound.outbox import deliveries_of
from tests.cast import Cast
from tests.mailbox.web.post import OUTSIDER, deliver, letter

PIYA = "piya@university.test"


def asking(cast: Cast, to: str = OUTSIDER) -> Message:
    made = letter("Signed copy")
    made["Disposition-Notification-To"] = to
    return deliver(made, cast.amina)[0]


def send(cast: Cast, message: Message, now: datetime) -> Submission:
    key = opening.mailbox_key(message.mailbox)
    receipts.send(message, by=cast.amina, private_key=key, manner=Manner("en"), now=now)
    return Submission.objects.get()


def raw_of(submission: Submission) -> bytes:
    key = envelope.key_for_owner(submission, opening.mailbox_key(submission.mailbox))
    content_key = envelope.open_envelope(submission, key).content_key
    reader = opening.content_reader(submission.content, content_key)
    return read_raw(reader.read, unpack_head(reader.read))


def test_a_receipt_says_for_people_and_machines_that_it_was_shown(
    cast: Cast, now: datetime
) -> None:
    message = asking(cast)
    submission = send(cast, message, now)
    raw = raw_of(submission)
    mail = message_from_bytes(raw, policy=policy.default)
    original = opening.open_rendition(message, opening.mailbox_key(message.mailbox)).message_id
    key = envelope.key_for_owner(submission, opening.mailbox_key(message.mailbox))

    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "disposition-notification"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert "Disposition-Notification-To" not in mail
    assert isinstance(mail, EmailMessage)
    assert b"Disposition: manual-action/MDN-sent-manually; displayed\r\n" in raw
    assert parse(raw)[0].report == Report("displayed", cast.amina.address, original)
    assert parse(raw)[0].is_automatic
    assert [one.address for one in deliveries_of(submission, cast.amina)] == [PIYA]
    assert envelope.open_envelope(submission, key).sender == ""  # RFC 8098 3: no return path
    assert submission.sent_copy is None
    message.refresh_from_db()
    assert message.receipt == Message.Receipt.SENT


def test_a_receipt_is_sent_once(cast: Cast, now: datetime) -> None:
    message = asking(cast)
    send(cast, message, now)

    with pytest.raises(NothingToAnswer):
        send(cast, message, now)
    assert Submission.objects.count() == 1


def test_what_was_declined_stays_declined(cast: Cast, now: datetime) -> None:
    message = asking(cast)
    receipts.decline(message, by=cast.amina)

    with pytest.raises(NothingToAnswer):
        send(cast, message, now)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("to", ["spy@else.example", f"{OUTSIDER}, spy@else.example"])
def test_no_receipt_goes_to_another_than_the_sender(cast: Cast, now: datetime, to: str) -> None:
    message = asking(cast, to)

    with pytest.raises(NothingToAnswer):
        send(cast, message, now)
    message.refresh_from_db()
    assert (message.receipt, Submission.objects.count()) == ("", 0)


def test_a_receipt_is_the_readers_to_give(cast: Cast) -> None:
    with pytest.raises(NotYours):
        receipts.decline(asking(cast), by=cast.chiara)
