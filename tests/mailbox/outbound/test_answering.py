"""Answers and letters passed on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.utils import translation
from pytest_django import Settings

from mailbox import opening
from mailbox.errors import AttachmentTooLarge
from mailbox.filing.contents import store_content
from mailbox.filing.messages import file_copies
from mailbox.mime.parse import parse
from mailbox.mime.rendition import Address, pack, read_raw, unpack_head
from mailbox.models import Draft, Message
from mailbox.outbound import drafting
from mailbox.outbound.answering import forward, reply, reply_all
from mailbox.outbound.body import Body
from mailbox.outbound.enclosures import attach, enclosures, opened
from mailbox.outbound.submission import send
from mailbox.sealing.content import new_key
from tests.cast import Cast

Receive = Callable[..., Message]

LETTER = """\
From: Emil <emil@else.example>
To: Amina <amina@transport.example>, Dara <dara@else.example>
Cc: Bruno <bruno@transport.example>
Date: Tue, 08 Jan 2008 09:12:00 +0700
Subject: Re: Water
Message-ID: <two@else.example>
In-Reply-To: <one@else.example>
References: <zero@else.example> <one@else.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

The water has come.
> It will come.
"""


@pytest.fixture
def receive(cast: Cast, now: datetime) -> Receive:
    """File a message for Amina, as an arrival is filed."""

    def make(raw: bytes = LETTER.replace("\n", "\r\n").encode()) -> Message:
        rendition, sections = parse(raw)
        packed = pack(rendition, raw, sections)
        key = new_key()
        file_copies(
            store_content(packed, key, uuid.uuid4()),
            key,
            unpack_head(lambda start, stop: packed[start:stop]),
            mailbox_ids=[cast.mailbox_of(cast.amina).pk],
            received_at=now,
            duplicate_of=None,
        )
        return Message.objects.filter(mailbox__account=cast.amina).latest("received_at")

    return make


def body_of(draft: Draft) -> Body:
    return drafting.open_draft(Draft.objects.get(pk=draft.pk))


def sent(draft: Draft, cast: Cast, now: datetime) -> EmailMessage:
    """The letter as it leaves."""
    submission = send(draft, by=cast.amina, now=now)
    assert submission.sent_copy is not None
    private_key = opening.mailbox_key(cast.mailbox_of(cast.amina))
    reader = opening.reader(submission.sent_copy, private_key)
    raw = read_raw(reader.read, opening.open_rendition(submission.sent_copy, private_key))
    return message_from_bytes(raw, policy=policy.default)


def addresses(people: object) -> list[str]:
    assert isinstance(people, tuple)
    return [who.address for who in people if isinstance(who, Address)]


def test_an_answer_goes_to_the_writer_and_quotes_the_letter(
    cast: Cast, receive: Receive, now: datetime
) -> None:
    draft = reply(receive(), by=cast.amina, now=now)
    body = body_of(draft)

    assert (addresses(body.to), body.cc, body.subject) == (["emil@else.example"], (), "Re: Water")
    drafting.save(draft, {"text": "Thank you."}, version=1, now=now)
    letter = sent(draft, cast, now)
    assert letter.get_content().replace("\r\n", "\n") == (
        "Thank you.\n\nOn 8 Jan 2008 09:12 Emil <emil@else.example> wrote:\n"
        "> The water has come.\n>> It will come.\n"
    )
    assert letter["In-Reply-To"] == "<two@else.example>"
    assert letter["References"].split() == [
        "<zero@else.example>",
        "<one@else.example>",
        "<two@else.example>",
    ]


def test_an_answer_joins_the_conversation_it_answers(
    cast: Cast, receive: Receive, now: datetime
) -> None:
    message = receive()
    submission = send(reply(message, by=cast.amina, now=now), by=cast.amina, now=now)
    assert submission.sent_copy is not None
    assert submission.sent_copy.thread_id == message.thread_id


def test_answering_all_leaves_oneself_out(cast: Cast, receive: Receive, now: datetime) -> None:
    body = body_of(reply_all(receive(), by=cast.amina, now=now))
    assert addresses(body.to) == ["emil@else.example", "dara@else.example"]
    assert addresses(body.cc) == ["bruno@transport.example"]


def test_a_reply_to_is_obeyed(cast: Cast, receive: Receive, now: datetime) -> None:
    raw = ("Reply-To: office@else.example\n" + LETTER).replace("\n", "\r\n").encode()
    body = body_of(reply(receive(raw), by=cast.amina, now=now))
    assert addresses(body.to) == ["office@else.example"]


def test_answering_ones_own_letter_writes_to_its_recipients(
    cast: Cast, receive: Receive, now: datetime
) -> None:
    raw = LETTER.replace("Emil <emil@else.example>", "Amina@transport.example")
    body = body_of(reply(receive(raw.replace("\n", "\r\n").encode()), by=cast.amina, now=now))
    assert addresses(body.to) == ["dara@else.example"]


def test_the_quote_can_be_taken_out(cast: Cast, receive: Receive, now: datetime) -> None:
    draft = reply(receive(), by=cast.amina, now=now)
    drafting.save(draft, {"text": "Thank you.", "keep_quote": False}, version=1, now=now)
    assert sent(draft, cast, now).get_content().strip() == "Thank you."


def test_the_attribution_is_in_the_writers_language(
    cast: Cast, receive: Receive, now: datetime
) -> None:
    with translation.override("th"):
        body = body_of(reply(receive(), by=cast.amina, now=now))
    assert body.quote is not None and "8 ม.ค. 2551 09:12 น." in body.quote.attribution


HOSTILE = b"""\
From: "<img src=x onerror=alert(1)>" <evil@else.example>
To: amina@transport.example
Subject: <script>alert(1)</script>
Message-ID: <a\xff b@x y>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p onclick="alert(1)">text<script>alert(1)</script><img src="https://track.example/x.png">
<svg onload=alert(1)></svg><a href="javascript:alert(1)">a</a></p>
""".replace(b"\n", b"\r\n")


@pytest.mark.parametrize("deed", [reply, reply_all, forward])
def test_a_hostile_original_is_quoted_inert_and_can_be_answered(
    cast: Cast, receive: Receive, now: datetime, deed: Callable[..., Draft]
) -> None:
    draft = deed(receive(HOSTILE), by=cast.amina, now=now)
    changes = {"to": ["emil@else.example"], "html": "<p>See below</p>"}
    drafting.save(draft, changes, version=1, now=now)
    rich = sent(draft, cast, now).get_body(("html",))
    assert rich is not None
    markup = rich.get_content()

    assert "See below" in markup and "text" in markup
    for bad in ("<script", "onclick", "<svg", "javascript:", "<img", "track.example", "onload"):
        assert bad not in markup


DOUBTFUL = b"""\
From: emil@else.example
To: amina@transport.example
Subject: Link
Message-ID: <link@else.example>
Content-Type: text/html

<p>Mine</p><blockquote type="cite"><a href="https://evil.example/x">https://mot.example</a>
<img src="https://track.example/x.png"></blockquote>
""".replace(b"\n", b"\r\n")


@pytest.mark.parametrize("deed", [reply, forward])
def test_a_link_that_is_asked_about_here_is_quoted_with_its_true_target(
    cast: Cast, receive: Receive, now: datetime, deed: Callable[..., Draft]
) -> None:
    draft = deed(receive(DOUBTFUL), by=cast.amina, now=now)
    drafting.save(draft, {"to": ["emil@else.example"], "html": "<p>x</p>"}, version=1, now=now)
    rich = sent(draft, cast, now).get_body(("html",))
    assert rich is not None
    markup = rich.get_content()

    assert 'href="https://evil.example/x"' in markup
    assert "link/0/" not in markup and "class=" not in markup and "track.example" not in markup


MIXED = EmailMessage()
MIXED["From"] = "emil@else.example"
MIXED["To"] = "amina@transport.example"
MIXED["Subject"] = "แผนที่"
MIXED["Message-ID"] = "<map@else.example>"
MIXED.set_content("See the map")
MIXED.add_attachment(b"%PDF map", maintype="application", subtype="pdf", filename="แผนที่.pdf")


def test_passing_on_carries_the_files_over(cast: Cast, receive: Receive, now: datetime) -> None:
    draft = forward(receive(MIXED.as_bytes(policy=policy.SMTP)), by=cast.amina, now=now)
    drafting.save(draft, {"to": ["dara@else.example"], "text": "For you"}, version=1, now=now)
    letter = sent(draft, cast, now)

    assert letter["Subject"] == "Fwd: แผนที่" and "In-Reply-To" not in letter
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("แผนที่.pdf", b"%PDF map")
    text = letter.get_body(("plain",))
    assert text is not None and "> See the map" in text.get_content()
    assert "From: emil@else.example" in text.get_content()


def test_passing_on_as_a_file_encloses_the_letter_as_it_came(
    cast: Cast, receive: Receive, now: datetime
) -> None:
    raw = MIXED.as_bytes(policy=policy.SMTP)
    draft = forward(receive(raw), by=cast.amina, now=now, as_attachment=True)
    ((file, data),) = opened(draft, drafting.draft_key(draft))
    assert (file.name, file.type, data) == ("แผนที่.eml", "message/rfc822", raw)

    drafting.save(draft, {"to": ["dara@else.example"]}, version=1, now=now)
    (part,) = sent(draft, cast, now).iter_attachments()
    assert part.get_content_type() == "message/rfc822"
    assert part.get_content()["Message-ID"] == "<map@else.example>"


def test_what_cannot_be_carried_over_is_said_and_leaves_no_draft(
    cast: Cast, receive: Receive, now: datetime, settings: Settings
) -> None:
    message = receive(MIXED.as_bytes(policy=policy.SMTP))
    settings.ATTACHMENT_LIMIT = 3
    with pytest.raises(AttachmentTooLarge):
        forward(message, by=cast.amina, now=now)
    assert not Draft.objects.exists()


def test_a_file_can_be_added_to_what_is_passed_on(
    cast: Cast, receive: Receive, now: datetime
) -> None:
    draft = forward(receive(MIXED.as_bytes(policy=policy.SMTP)), by=cast.amina, now=now)
    attach(draft, name="more.txt", type="text/plain", data=b"more")
    assert [one.name for one in enclosures(draft)] == ["แผนที่.pdf", "more.txt"]
