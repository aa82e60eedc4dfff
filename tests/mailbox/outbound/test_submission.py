"""Sending and calling back."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from django.conf import settings as configured
from pytest_django import DjangoAssertNumQueries, Settings

from govmail_portal.errors import NotYours, PortalError
from mailbox import opening
from mailbox.errors import (
    AddressUnreadable,
    AttachmentTooLarge,
    DraftAlreadySent,
    LineBreakInHeader,
    NobodyToSendTo,
    TooLateToUndo,
    TooManyShown,
)
from mailbox.mime.rendition import read_raw
from mailbox.models import Content, Delivery, Draft, Folder, Message, Placement, Submission
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach
from mailbox.outbound.outbox import deliveries_of, submission_of
from mailbox.outbound.submission import forget_cancelled, send, undo
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Write


def raw_of(message: Message) -> bytes:
    private_key = opening.mailbox_key(message.mailbox)
    reader = opening.reader(message, private_key)
    return read_raw(reader.read, opening.open_rendition(message, private_key))


def sent_folder(cast: Cast) -> Folder:
    return Folder.objects.get(mailbox__account=cast.amina, kind=Folder.Kind.SENT)


def test_sending_writes_down_who_is_owed_what(cast: Cast, write: Write, now: datetime) -> None:
    people = {
        "to": ["Bruno <Bruno@Transport.example>", "emil@else.example"],
        "cc": ["chiara@interior.example", "EMIL@else.example"],
        "bcc": ["finn@else.example"],
    }
    submission = send(write(**people), by=cast.amina, now=now)
    deliveries = list(submission.deliveries.all())

    assert [(one.field, one.mailbox) for one in deliveries] == [
        ("to", cast.mailbox_of(cast.bruno)),
        ("to", None),
        ("cc", cast.mailbox_of(cast.chiara)),
        ("bcc", None),
    ]
    assert {one.state for one in deliveries} == {Delivery.State.QUEUED}
    assert submission.due_at == now + timedelta(seconds=configured.UNDO_SECONDS)
    assert [view.address for view in deliveries_of(submission, cast.amina)] == [
        "Bruno@Transport.example",
        "emil@else.example",
        "chiara@interior.example",
        "finn@else.example",
    ]


def test_the_copy_in_sent_is_the_letter_and_leads_to_its_submission(
    cast: Cast, write: Write, now: datetime
) -> None:
    draft = write(to=["emil@else.example"], urgency=3, subject="ด่วนที่สุด น้ำท่วม")
    attach(draft, name="แผนที่.pdf", type="application/pdf", data=b"%PDF-1.7 map")
    submission = send(draft, by=cast.amina, now=now)
    copy = Message.objects.get(mailbox__account=cast.amina)
    letter = message_from_bytes(raw_of(copy), policy=policy.default)

    assert submission_of(copy) == submission
    assert (copy.folder, copy.is_own, copy.is_read, copy.urgency) == (
        sent_folder(cast),
        True,
        True,
        3,
    )
    assert letter["Subject"] == "ด่วนที่สุด น้ำท่วม"
    assert letter["From"].addresses[0].addr_spec == "amina@transport.example"
    assert letter["Message-ID"].endswith("@transport.example>")
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("แผนที่.pdf", b"%PDF-1.7 map")


def test_bcc_is_nowhere_in_the_content(cast: Cast, write: Write, now: datetime) -> None:
    draft = write(to=["emil@else.example"], bcc=["finn@else.example", "bruno@transport.example"])
    submission = send(draft, by=cast.amina, now=now)
    assert submission.sent_copy is not None
    raw = raw_of(submission.sent_copy).lower()

    assert b"emil@" in raw
    assert b"bcc" not in raw and b"finn" not in raw and b"bruno" not in raw


def test_a_rich_letter_has_a_plain_side_too(cast: Cast, write: Write, now: datetime) -> None:
    draft = write(to=["emil@else.example"], html="<p>Water <b>has come</b></p>", text="old")
    submission = send(draft, by=cast.amina, now=now)
    assert submission.sent_copy is not None
    letter = message_from_bytes(raw_of(submission.sent_copy), policy=policy.default)
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))

    assert plain is not None and plain.get_content().strip() == "Water has come"
    assert rich is not None and "<b>has come</b>" in rich.get_content()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({}, NobodyToSendTo),
        ({"to": ["emil@else.example", "nonsense"]}, AddressUnreadable),
        ({"to": ["emil@nodots"]}, AddressUnreadable),
        ({"to": [{"name": "", "address": "ดารา@else.example"}]}, AddressUnreadable),
        ({"to": [{"name": "a\r\nBcc: x@y.test", "address": "a@b.test"}]}, LineBreakInHeader),
        ({"to": [{"name": "", "address": "a@b.test>\r\nRCPT TO:<x@y.test"}]}, LineBreakInHeader),
        ({"to": ["a@b.test"], "subject": "hello\r\nBcc: x@y.test"}, LineBreakInHeader),
        ({"to": ["a@b.test"], "subject": "hello\nBcc: x@y.test"}, LineBreakInHeader),
        ({"to": [f"a{n}@b.test" for n in range(3000)]}, TooManyShown),
    ],
)
def test_what_cannot_be_sent_is_said_and_the_draft_stays(
    cast: Cast, write: Write, now: datetime, values: dict[str, object], error: type[PortalError]
) -> None:
    draft = write(**values)
    with pytest.raises(error):
        send(draft, by=cast.amina, now=now)

    assert Draft.objects.unsent().get() == draft
    assert not Submission.objects.exists() and not Message.objects.exists()


def test_a_letter_beyond_the_limit_of_the_portal_stays_a_draft(
    cast: Cast, write: Write, now: datetime, settings: Settings
) -> None:
    settings.MESSAGE_SIZE_LIMIT = 100_000
    draft = write(to=["emil@else.example"])
    attach(draft, name="a", type="", data=b"x" * 80_000)
    with pytest.raises(AttachmentTooLarge):
        send(draft, by=cast.amina, now=now)


def test_nobody_sends_somebody_elses_draft(cast: Cast, write: Write, now: datetime) -> None:
    draft = write(to=["emil@else.example"])
    with pytest.raises(NotYours):
        send(draft, by=cast.chiara, now=now)
    assert send(draft, by=cast.amina, now=now)


def test_a_draft_is_sent_once(cast: Cast, write: Write, now: datetime) -> None:
    draft = write(to=["emil@else.example"])
    other_window = Draft.objects.get(pk=draft.pk)
    send(draft, by=cast.amina, now=now)
    with pytest.raises(DraftAlreadySent):
        send(other_window, by=cast.amina, now=now)
    assert Submission.objects.count() == Message.objects.count() == Content.objects.count() == 1


def test_finding_who_is_inside_costs_the_same_for_one_and_for_many(
    cast: Cast, write: Write, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few = write(bcc=["emil@else.example"])
    many = write(bcc=[f"person{n}@else.example" for n in range(900)])
    with django_assert_max_num_queries(40) as cost_of_few:
        send(few, by=cast.amina, now=now)
    with django_assert_max_num_queries(len(cost_of_few)):
        send(many, by=cast.amina, now=now)


# --- Calling back ---------------------------------------------------------


def test_undo_gives_the_draft_back_and_sent_forgets_it(
    cast: Cast, write: Write, now: datetime
) -> None:
    draft = write(to=["emil@else.example"], text="wait")
    submission = send(draft, by=cast.amina, now=now)
    assert sent_folder(cast).conversation_count == 1
    back = undo(submission, by=cast.amina, now=now + timedelta(seconds=5))

    assert back == draft and Draft.objects.unsent().get() == draft
    assert drafting.open_draft(back).text == "wait"
    assert sent_folder(cast).conversation_count == 0
    assert not Message.objects.exists() and not Placement.objects.exists()
    assert cast.mailbox_of(cast.amina).used_bytes == 0
    submission.refresh_from_db()
    assert (submission.due_at, submission.sealed_key_for_relay) == (None, None)
    assert submission.deliveries.get().state == Delivery.State.CANCELLED
    assert send(back, by=cast.amina, now=now)


def test_undo_comes_too_late_after_the_window_or_after_a_worker(
    cast: Cast, write: Write, now: datetime
) -> None:
    after_window = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    with pytest.raises(TooLateToUndo):
        undo(after_window, by=cast.amina, now=after_window.undo_until)
    claimed = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    Submission.objects.filter(pk=claimed.pk).update(due_at=now)
    assert Submission.objects.get(pk=claimed.pk).claim(now, now + timedelta(minutes=30))
    with pytest.raises(TooLateToUndo):
        undo(claimed, by=cast.amina, now=now)
    assert Message.objects.count() == 2


def test_nobody_calls_back_somebody_elses_message(cast: Cast, write: Write, now: datetime) -> None:
    submission = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    with pytest.raises(NotYours):
        undo(submission, by=cast.chiara, now=now)
    assert undo(submission, by=cast.amina, now=now)


def test_what_was_called_back_is_forgotten_after_a_day(
    cast: Cast, write: Write, now: datetime
) -> None:
    submission = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    undo(submission, by=cast.amina, now=now)
    kept = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    forget_cancelled(now + timedelta(hours=23))
    assert Submission.objects.count() == 2
    forget_cancelled(now + timedelta(hours=25))
    assert Submission.objects.get() == kept
