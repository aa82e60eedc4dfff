from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox.models import Mailbox, Message, Snooze, Thread
from mailbox.reading import sorting
from mailbox.reading.deeds import snoozing
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_own, file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter(name="1@x.example"), [box])
    return box


def answer(box: Mailbox) -> None:
    file_raw(raw_letter(name="2@x.example", answers="1@x.example"), [box], at=later(9))


def thread() -> Thread:
    return Thread.objects.get()


def test_what_follows_in_a_muted_conversation_goes_past_the_inbox(amina: Mailbox) -> None:
    change = sorting.mute(folder_of(amina, "inbox"), [thread().pk], now=MORNING)
    assert counts(amina) == {"archive": (1, 1)}
    answer(amina)
    assert counts(amina) == {"archive": (1, 1)}
    assert Message.objects.filter(folder__kind="archive").count() == 2

    sorting.undo(amina, change)
    assert not thread().is_muted
    file_raw(raw_letter(name="3@x.example", answers="2@x.example"), [amina], at=later(10))
    assert Message.objects.get(received_at=later(10)).folder.kind == "inbox"


def test_an_arrival_wakes_a_snoozed_conversation(amina: Mailbox) -> None:
    inbox = folder_of(amina, "inbox")
    until = MORNING + timedelta(days=3)
    snoozing.snooze(inbox, [thread().pk], until=until, now=MORNING)
    assert counts(amina) == {"snoozed": (1, 1)}
    answer(amina)
    assert counts(amina) == {"inbox": (1, 1)}
    assert not Snooze.objects.exists()


def test_an_own_letter_and_spam_wake_nothing(amina: Mailbox) -> None:
    inbox = folder_of(amina, "inbox")
    snoozing.snooze(inbox, [thread().pk], until=later(900), now=MORNING)
    file_own(raw_letter(name="2@x.example", answers="1@x.example"), amina, at=later(2))
    spam = raw_letter(name="3@x.example", answers="1@x.example")
    file_raw(spam, [amina], at=later(3), folder_kind="spam")
    assert Snooze.objects.count() == 1
    assert Message.objects.filter(folder__kind="snoozed").count() == 1


def test_one_mailbox_s_mute_is_not_another_s(cast: Cast, amina: Mailbox) -> None:
    bruno = cast.mailbox_of(cast.bruno)
    file_raw(raw_letter(name="b@x.example"), [amina, bruno], at=later(1))
    hers = Message.objects.get(mailbox=amina, received_at=later(1)).thread_id
    sorting.mute(folder_of(amina, "inbox"), [hers], now=MORNING)
    both = raw_letter(name="c@x.example", answers="b@x.example")
    file_raw(both, [amina, bruno], at=later(2))
    kinds = {
        one.mailbox_id: one.folder.kind for one in Message.objects.filter(received_at=later(2))
    }
    assert kinds == {amina.pk: "archive", bruno.pk: "inbox"}


def test_who_mutes_nothing_pays_one_statement(amina: Mailbox) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer(amina)
    asked = [one["sql"] for one in captured if "is_muted" in one["sql"]]
    assert len(asked) == 1
