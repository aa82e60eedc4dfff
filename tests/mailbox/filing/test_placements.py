from __future__ import annotations

from datetime import timedelta

import pytest

from mailbox.filing.deleting import delete_messages
from mailbox.filing.placements import place
from mailbox.models import Folder, Label, Labelling, Mailbox, Message, Placement, Snooze, Thread
from tests.cast import Cast
from tests.mailbox.post import file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def thread(mailbox: Mailbox) -> Thread:
    file_raw(raw_letter(name="1@x.example"), [mailbox])
    file_raw(raw_letter(name="2@x.example", answers="1@x.example"), [mailbox], at=later(1))
    return Thread.objects.get()


def now_of(thread: Thread) -> Thread:
    place([thread.pk], [thread.mailbox_id])
    thread.refresh_from_db()
    return thread


def label(mailbox: Mailbox) -> Label:
    return Label.objects.create(mailbox=mailbox, sealed_name=b"sealed")


def test_a_star_on_a_letter_is_one_on_its_conversation(thread: Thread) -> None:
    assert not now_of(thread).is_starred
    thread.messages.filter(received_at=later(0)).update(is_starred=True)
    assert now_of(thread).is_starred
    thread.messages.update(is_starred=False)
    assert not now_of(thread).is_starred


@pytest.mark.parametrize("kind", ["trash", "spam"])
def test_what_lies_in_the_bin_or_in_spam_stands_on_no_other_list(
    mailbox: Mailbox, thread: Thread, kind: str
) -> None:
    newest = thread.messages.filter(received_at=later(1))
    newest.update(is_starred=True, folder=folder_of(mailbox, kind))
    found = now_of(thread)
    assert (found.is_starred, found.is_listed, found.latest_at) == (False, True, later(0))
    thread.messages.update(folder=folder_of(mailbox, kind))
    assert not now_of(thread).is_listed
    thread.messages.update(folder=folder_of(mailbox, "inbox"))
    assert now_of(thread).is_listed


def test_a_label_follows_its_conversation_up_the_list(mailbox: Mailbox, thread: Thread) -> None:
    labelling = Labelling.objects.create(
        mailbox=mailbox, label=label(mailbox), thread=thread, latest_at=later(1)
    )
    file_raw(raw_letter(name="3@x.example", answers="2@x.example"), [mailbox], at=later(9))
    labelling.refresh_from_db()
    assert labelling.latest_at == later(9)


def test_what_came_back_from_a_snooze_stands_where_it_came_back(
    mailbox: Mailbox, thread: Thread
) -> None:
    thread.messages.filter(received_at=later(0)).update(listed_at=later(60))
    assert now_of(thread).latest_at == later(60)
    row = Placement.objects.get()
    assert row.latest_at == later(60)
    assert row.latest.received_at == later(1)
    thread.messages.update(listed_at=later(0) - timedelta(days=1))
    assert now_of(thread).latest_at == later(1)


def test_joined_conversations_keep_labels_snooze_and_mute(mailbox: Mailbox) -> None:
    file_raw(raw_letter("ก", name="1@x.example"), [mailbox])
    file_raw(raw_letter("ก", name="1b@x.example", answers="1@x.example"), [mailbox], at=later(1))
    winner = Thread.objects.get()
    file_raw(raw_letter("ข", name="2@x.example"), [mailbox], at=later(2))
    loser = Thread.objects.exclude(pk=winner.pk).get()
    both, one = label(mailbox), label(mailbox)
    Labelling.objects.create(mailbox=mailbox, label=both, thread=winner, latest_at=later(1))
    for each in (both, one):
        Labelling.objects.create(mailbox=mailbox, label=each, thread=loser, latest_at=later(2))
    until = later(500)
    Snooze.objects.create(mailbox=mailbox, thread=loser, until=until, returns_to=None)
    Thread.objects.filter(pk=loser.pk).update(is_muted=True)
    names = "1@x.example 2@x.example"
    file_raw(raw_letter("ค", name="3@x.example", references=names), [mailbox], at=later(3))
    thread = Thread.objects.get()
    assert thread.pk == winner.pk
    assert set(thread.labellings.values_list("label", flat=True)) == {both.pk, one.pk}
    assert thread.is_muted


def test_an_emptied_conversation_takes_its_labels_and_its_snooze_along(
    mailbox: Mailbox, thread: Thread
) -> None:
    Labelling.objects.create(
        mailbox=mailbox, label=label(mailbox), thread=thread, latest_at=later(1)
    )
    Snooze.objects.create(mailbox=mailbox, thread=thread, until=later(500))
    pks = list(Message.objects.values_list("pk", flat=True))
    assert delete_messages(pks, [mailbox.pk]) == 2
    assert not Thread.objects.exists()
    assert not Labelling.objects.exists()
    assert not Snooze.objects.exists()
    assert Folder.objects.filter(conversation_count__gt=0).count() == 0
