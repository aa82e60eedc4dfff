from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox import opening
from mailbox.filing.mailboxes import open_mailbox
from mailbox.filing.shredding import shred
from mailbox.models import Content, Folder, Mailbox, Message
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_own, file_raw, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def bruno(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.bruno)


def test_two_mailboxes_share_one_content_and_each_opens_it(amina: Mailbox, bruno: Mailbox) -> None:
    assert file_raw(raw_letter("ด่วน"), [amina, bruno]) == 2

    assert Content.objects.count() == 1
    for box in (amina, bruno):
        message = Message.objects.get(mailbox=box)
        private_key = opening.mailbox_key(box)
        assert opening.open_summary(message, private_key).subject == "ด่วน"
        assert "เรียน" in opening.open_rendition(message, private_key).text
        assert message.received_at == MORNING
        assert counts(box) == {"inbox": (1, 1)}


def test_the_same_message_is_filed_once(amina: Mailbox, bruno: Mailbox) -> None:
    raw = raw_letter(name="a@elsewhere.example")
    again = b"Received: from another.example; Tue, 8 Jan 2008 09:30:00 +0700\r\n" + raw
    assert file_raw(raw, [amina]) == 1
    assert file_raw(again, [amina, bruno]) == 1

    assert counts(amina) == counts(bruno) == {"inbox": (1, 1)}


def test_the_same_id_with_another_body_is_another_message(amina: Mailbox) -> None:
    name = "a@elsewhere.example"
    assert file_raw(raw_letter(name=name), [amina]) == 1
    assert file_raw(raw_letter(name=name, body="อื่น"), [amina]) == 1


def test_what_a_mailbox_uses_grows_by_the_size_as_it_came(amina: Mailbox) -> None:
    raw = raw_letter()
    file_raw(raw, [amina])

    amina.refresh_from_db()
    assert amina.used_bytes == len(raw) == Message.objects.get().size


def test_a_mailbox_that_is_gone_is_passed_over(amina: Mailbox, bruno: Mailbox) -> None:
    shred(bruno)
    assert file_raw(raw_letter(), [uuid4(), bruno, amina]) == 1
    assert counts(amina) == {"inbox": (1, 1)}


def test_a_folder_that_is_missing_is_made(amina: Mailbox) -> None:
    Folder.objects.filter(mailbox=amina, kind=Folder.Kind.SPAM).delete()
    assert file_raw(raw_letter(), [amina], folder_kind=Folder.Kind.SPAM) == 1
    assert counts(amina) == {"spam": (1, 1)}


def test_an_own_copy_is_read_and_lies_in_sent(amina: Mailbox) -> None:
    message = file_own(raw_letter(), amina)
    assert (message.is_own, message.is_read, message.duplicate_digest) == (True, True, None)
    assert counts(amina) == {"sent": (1, 0)}


def test_an_own_copy_and_the_answer_are_one_conversation(amina: Mailbox) -> None:
    file_own(raw_letter(name="mine@transport.example"), amina)
    file_raw(raw_letter("Re: x", answers="mine@transport.example"), [amina], at=later(1))

    assert Message.objects.values("thread").distinct().count() == 1
    assert counts(amina) == {"sent": (1, 0), "inbox": (1, 1)}


def test_many_mailboxes_cost_a_handful_of_statements(keyring: object) -> None:
    boxes = [open_mailbox(None, [f"n{number}@transport.example"]) for number in range(30)]
    with CaptureQueriesContext(connection) as few:
        file_raw(raw_letter(), boxes[:2])
    with CaptureQueriesContext(connection) as many:
        assert file_raw(raw_letter(), boxes) == 30
    assert len(many) == len(few)


def test_open_pages_hear_of_it_when_it_is_committed(amina: Mailbox) -> None:
    with CaptureQueriesContext(connection) as queries:
        file_raw(raw_letter(), [amina])
    assert sum("pg_notify('mailbox'" in query["sql"] for query in queries) == 1
