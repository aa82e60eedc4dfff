"""Answering invitations: what the organiser gets, and when nobody gets anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import NothingToAnswer
from mailbox.mime.parts.calendar import read_invitation
from mailbox.mime.parts.invitation import Guest
from mailbox.mime.rendition import read_raw
from mailbox.mime.trust import asking
from mailbox.models import InvitationAnswer, Message, Submission
from mailbox.outbound.answers import invitations
from mailbox.outbound.outbox import deliveries_of
from tests.cast import Cast
from tests.mailbox.mime.parts.test_calendar import calendar
from tests.mailbox.web.post import deliver, letter


def invited(
    cast: Cast, *lines: str, sender: str = "", method: str = "REQUEST", portal: bool = True
) -> Message:
    made = letter("Meeting", sender=sender or f"Bruno <{cast.bruno.address}>")
    return _delivered(cast, made, lines, method, portal)


def _delivered(
    cast: Cast, made: EmailMessage, lines: tuple[str, ...], method: str, portal: bool
) -> Message:
    text = calendar(
        "DTSTART:20080110T023000Z",
        "SUMMARY:ประชุม\\, ครั้งที่ 4",
        f"ORGANIZER;CN=Bruno:mailto:{cast.bruno.address}",
        "SEQUENCE:3",
        *lines,
        method=method,
    ).decode()
    made.add_alternative(text, subtype="calendar", params={"method": method})
    message = deliver(made, cast.amina)[0]
    if portal:
        Message.objects.filter(pk=message.pk).update(origin=Message.Origin.PORTAL)
        message.refresh_from_db()
    return message


def answer(cast: Cast, message: Message, said: str, now: datetime) -> Submission:
    key = opening.mailbox_key(message.mailbox)
    return invitations.answer(message, said, by=cast.amina, private_key=key, now=now)


def sent_by(submission: Submission) -> EmailMessage:
    copy = submission.sent_copy
    assert copy is not None
    key = opening.mailbox_key(copy.mailbox)
    reader = opening.reader(copy, key)
    raw = read_raw(reader.read, opening.open_rendition(copy, key))
    return message_from_bytes(raw, policy=policy.default)


def test_the_organiser_gets_the_answer_and_sent_keeps_it(cast: Cast, now: datetime) -> None:
    message = invited(cast)
    submission = answer(cast, message, "accepted", now)
    mail = sent_by(submission)
    part = next(one for one in mail.walk() if one.get_content_type() == "text/calendar")
    reply = read_invitation(part.get_content().encode())

    assert part.get_param("method") == "REPLY"
    assert reply is not None
    assert (reply.method, reply.uid, reply.sequence) == ("reply", "one@a.example", 3)
    assert reply.guests == (Guest("Amina Saengthong", cast.amina.address, "accepted"),)
    assert reply.organiser == Guest("Bruno", cast.bruno.address)
    assert mail["Subject"] == "Accepted: ประชุม, ครั้งที่ 4"
    assert [one.address for one in deliveries_of(submission, cast.amina)] == [cast.bruno.address]
    assert InvitationAnswer.objects.get(message=message).answer == "accepted"


def test_an_answer_can_be_changed(cast: Cast, now: datetime) -> None:
    message = invited(cast)
    answer(cast, message, "accepted", now)
    answer(cast, message, "declined", now)

    assert InvitationAnswer.objects.get(message=message).answer == "declined"
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("lines", "changes"),
    [
        ((), {"sender": "Mallory <mallory@else.example>"}),
        ((), {"portal": False}),
        ((), {"method": "CANCEL"}),
        ((), {"method": "PUBLISH"}),
        (("STATUS:CANCELLED",), {}),
    ],
)
def test_nobody_is_told_what_they_did_not_ask_as_themselves(
    cast: Cast, now: datetime, lines: tuple[str, ...], changes: dict[str, object]
) -> None:
    message = invited(cast, *lines, **changes)  # type: ignore[arg-type]  # of several kinds

    with pytest.raises(NothingToAnswer):
        answer(cast, message, "accepted", now)
    assert not Submission.objects.exists()
    assert not InvitationAnswer.objects.exists()


def test_a_proven_outsider_is_answered(cast: Cast) -> None:
    message = invited(cast, portal=False)
    rendition = opening.open_rendition(message, opening.mailbox_key(message.mailbox))
    proven = replace(
        rendition, authentication=replace(rendition.authentication, aligned="transport.example")
    )

    def against(found: object) -> str:
        return asking.against_answering(
            found,  # type: ignore[arg-type]
            from_portal=False,
            reader=cast.amina.address,
        )

    assert against(rendition) == asking.UNPROVEN
    assert against(proven) == ""


def test_only_an_answer_is_an_answer_and_only_the_invited_gives_it(
    cast: Cast, now: datetime
) -> None:
    message = invited(cast)

    with pytest.raises(NothingToAnswer):
        answer(cast, message, "needs-action\r\nX:y", now)
    with pytest.raises(NotYours):
        key = opening.mailbox_key(message.mailbox)
        invitations.answer(message, "accepted", by=cast.chiara, private_key=key, now=now)
