from __future__ import annotations

from datetime import timedelta

import pytest

from mailbox.filing import threads
from mailbox.models import Mailbox, Message, MessageReference, Thread
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_raw, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def conversations(mailbox: Mailbox) -> list[int]:
    """How many messages each conversation has, largest first."""
    counts(mailbox)
    sizes = [thread.messages.count() for thread in Thread.objects.filter(mailbox=mailbox)]
    return sorted(sizes, reverse=True)


def test_an_answer_joins_what_it_answers(amina: Mailbox) -> None:
    file_raw(raw_letter("ก", name="1@x.example"), [amina])
    file_raw(raw_letter("ข", name="2@x.example", answers="1@x.example"), [amina], at=later(1))
    file_raw(raw_letter("ค", references="0@x.example 2@x.example"), [amina], at=later(2))
    assert conversations(amina) == [3]


def test_an_answer_that_arrives_first_is_joined_by_its_letter(amina: Mailbox) -> None:
    file_raw(raw_letter("Re: ก", name="2@x.example", answers="1@x.example"), [amina])
    file_raw(raw_letter("ก", name="1@x.example"), [amina], at=later(1))
    assert conversations(amina) == [2]


def test_a_message_that_names_two_conversations_joins_them(amina: Mailbox) -> None:
    file_raw(raw_letter("ก", name="1@x.example"), [amina])
    file_raw(raw_letter("ข", name="2@x.example"), [amina], at=later(1))
    assert conversations(amina) == [1, 1]
    file_raw(raw_letter("ค", references="1@x.example 2@x.example"), [amina], at=later(2))

    assert conversations(amina) == [3]
    assert counts(amina) == {"inbox": (1, 1)}
    assert set(MessageReference.objects.values_list("thread", flat=True)) == {
        Thread.objects.get().pk
    }


def test_mailboxes_do_not_share_conversations(amina: Mailbox, cast: Cast) -> None:
    chiara = cast.mailbox_of(cast.chiara)
    file_raw(raw_letter("ก", name="1@x.example"), [amina, chiara])
    file_raw(raw_letter("ข", answers="1@x.example"), [chiara], at=later(1))
    assert (conversations(amina), conversations(chiara)) == ([1], [2])


@pytest.mark.parametrize("prefix", ["Re: ", "RE: re: ", "ตอบ: "])
def test_the_subject_decides_for_an_answer_that_names_nothing(amina: Mailbox, prefix: str) -> None:
    file_raw(raw_letter("ประชุมวันศุกร์"), [amina])
    file_raw(raw_letter(prefix + "ประชุมวันศุกร์"), [amina], at=later(1))
    assert conversations(amina) == [2]


def test_equal_subjects_alone_do_not_join(amina: Mailbox) -> None:
    file_raw(raw_letter("รายงานประจำวัน"), [amina])
    file_raw(raw_letter("รายงานประจำวัน"), [amina], at=later(1))
    file_raw(raw_letter("Re: "), [amina], at=later(2))
    file_raw(raw_letter("Re: "), [amina], at=later(3))
    assert conversations(amina) == [1, 1, 1, 1]


def test_a_subject_is_forgotten_after_ninety_days(amina: Mailbox) -> None:
    file_raw(raw_letter("งบประมาณ"), [amina])
    file_raw(raw_letter("Re: งบประมาณ"), [amina], at=MORNING + timedelta(days=91))
    assert conversations(amina) == [1, 1]


def test_a_full_conversation_is_followed_by_one_new_one(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MOST_MESSAGES", 3)
    file_raw(raw_letter("ก", name="1@x.example"), [amina])
    for number in range(4):
        file_raw(raw_letter("Re: ก", answers="1@x.example"), [amina], at=later(number))
    assert conversations(amina) == [3, 2]


def test_two_conversations_too_large_together_stay_two(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MOST_MESSAGES", 3)
    for name in ("1@x.example", "2@x.example"):
        file_raw(raw_letter("ก", name=name), [amina])
        file_raw(raw_letter("ข", answers=name), [amina], at=later(1))
    file_raw(raw_letter("ค", references="1@x.example 2@x.example"), [amina], at=later(2))
    assert conversations(amina) == [3, 2]


def test_an_endless_list_of_names_is_cut(amina: Mailbox) -> None:
    names = " ".join(f"{number}@x.example" for number in range(1, 900))
    file_raw(raw_letter("ก", references=names), [amina])
    file_raw(raw_letter("ข", name="899@x.example"), [amina], at=later(1))
    assert MessageReference.objects.count() <= threads.MOST_NAMES + 1
    assert conversations(amina) == [2]


def test_no_message_id_or_subject_is_in_the_tables(amina: Mailbox) -> None:
    file_raw(raw_letter("canary-subject", name="canary-id@x.example"), [amina])
    reference = MessageReference.objects.get()
    thread, message = Thread.objects.get(), Message.objects.get()
    stored = (reference.digest, thread.subject_digest, message.sealed_summary)
    assert not any(b"canary" in bytes(value or b"") for value in stored)
    assert len(bytes(reference.digest)) == 16
