from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mailbox.models import Folder, Mailbox, Message, Placement, Snooze
from mailbox.reading import sorting
from mailbox.reading.deeds import snoozing
from mailbox.reading.deeds.changes import Change, undo
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.tasks import wake_due_conversations
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db

TOMORROW = MORNING + timedelta(days=1)


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter("ก", name="1@x.example"), [box])
    file_raw(raw_letter("ข", name="2@x.example"), [box], at=later(5))
    return box


def first(box: Mailbox) -> Message:
    return Message.objects.get(mailbox=box, received_at=MORNING)


def snooze(box: Mailbox, until: datetime = TOMORROW) -> Change:
    inbox = folder_of(box, "inbox")
    return snoozing.snooze(inbox, [first(box).thread_id], until=until, now=MORNING)


def test_a_snoozed_conversation_lies_aside_and_undo_brings_it_back(amina: Mailbox) -> None:
    change = snooze(amina)
    assert counts(amina) == {"inbox": (1, 1), "snoozed": (1, 1)}
    assert Snooze.objects.get().until == TOMORROW
    undo(amina, Change.from_json(json.loads(json.dumps(change.to_json()))))
    assert counts(amina) == {"inbox": (2, 2)}
    assert not Snooze.objects.exists()


def test_it_comes_back_on_top_and_unread_when_its_moment_has_come(
    amina: Mailbox, key_set: dict[str, StoredKeyring]
) -> None:
    sorting.mark_read(folder_of(amina, "inbox"), [first(amina).thread_id])
    snooze(amina)
    with using(key_set["worker"]):
        assert snoozing.wake_due(TOMORROW - timedelta(minutes=1)) == 0
        assert snoozing.wake_due(TOMORROW) == 1
        assert snoozing.wake_due(TOMORROW) == 0
    top = Placement.objects.filter(folder=folder_of(amina, "inbox")).latest("latest_at")
    assert (top.latest, top.unread_count, top.latest_at) == (first(amina), 1, TOMORROW)
    assert not Snooze.objects.exists()


def test_the_clock_s_task_wakes_what_is_due(amina: Mailbox) -> None:
    snooze(amina, MORNING + timedelta(minutes=1))
    wake_due_conversations()
    assert first(amina).folder.kind == "inbox"


def test_it_returns_to_the_own_folder_it_came_from(amina: Mailbox) -> None:
    own = Folder.objects.create(mailbox=amina, name="โครงการ")
    thread = first(amina).thread_id
    sorting.move(folder_of(amina, "inbox"), [thread], to=own, now=MORNING)
    snoozing.snooze(own, [thread], until=TOMORROW, now=MORNING)
    snoozing.wake_due(TOMORROW)
    assert first(amina).folder == own


def test_it_returns_to_the_inbox_when_its_folder_is_gone(amina: Mailbox) -> None:
    own = Folder.objects.create(mailbox=amina, name="โครงการ")
    thread = first(amina).thread_id
    sorting.move(folder_of(amina, "inbox"), [thread], to=own, now=MORNING)
    snoozing.snooze(own, [thread], until=TOMORROW, now=MORNING)
    own.delete()
    snoozing.wake_due(TOMORROW)
    assert first(amina).folder.kind == "inbox"


def test_waking_now_can_be_undone(amina: Mailbox) -> None:
    snooze(amina)
    change = snoozing.wake(amina, [first(amina).thread_id], now=later(60))
    assert first(amina).folder.kind == "inbox"
    undo(amina, Change.from_json(json.loads(json.dumps(change.to_json()))))
    assert first(amina).folder.kind == "snoozed"
    assert first(amina).listed_at is None
    assert Snooze.objects.get().until == TOMORROW


def test_a_snoozed_conversation_that_is_deleted_stays_asleep_no_longer(amina: Mailbox) -> None:
    snooze(amina)
    asleep = folder_of(amina, "snoozed")
    change = sorting.trash(asleep, [first(amina).thread_id], now=MORNING)
    assert not Snooze.objects.exists()
    assert snoozing.wake_due(TOMORROW) == 0
    undo(amina, change)
    assert snoozing.wake_due(TOMORROW) == 1


def test_what_is_restored_after_a_snooze_goes_to_the_inbox(amina: Mailbox) -> None:
    snooze(amina)
    thread = first(amina).thread_id
    sorting.trash(folder_of(amina, "snoozed"), [thread], now=MORNING)
    sorting.restore(folder_of(amina, "trash"), [thread])
    assert first(amina).folder.kind == "inbox"


def test_a_second_snooze_keeps_the_folder_of_the_first(amina: Mailbox) -> None:
    snooze(amina)
    asleep, thread = folder_of(amina, "snoozed"), first(amina).thread_id
    later_still = TOMORROW + timedelta(days=1)
    snoozing.snooze(asleep, [thread], until=later_still, now=MORNING)
    assert Snooze.objects.get().until == later_still
    snoozing.wake_due(later_still)
    assert first(amina).folder.kind == "inbox"


TUESDAY_NOON = datetime(2008, 1, 8, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("later", "2008-01-08T15:00:00+07:00"),
        ("tomorrow", "2008-01-09T08:30:00+07:00"),
        ("monday", "2008-01-14T08:30:00+07:00"),
        ("week", "2008-01-15T08:30:00+07:00"),
        ("2008-01-10T13:45", "2008-01-10T13:45:00+07:00"),
        ("2551-01-10T13:45", "2008-01-10T13:45:00+07:00"),
    ],
)
def test_moments_are_those_of_thailand(name: str, local: str) -> None:
    assert snoozing.until_of(name, TUESDAY_NOON) == datetime.fromisoformat(local)


@pytest.mark.parametrize(
    "text", ["", "soon", "2008-01-08T11:00", "2010-01-08T11:00", "2568-02-29T09:00"]
)
def test_a_moment_past_too_far_or_unreadable_is_refused(text: str) -> None:
    with pytest.raises(snoozing.SnoozeTimeUnusable):
        snoozing.until_of(text, TUESDAY_NOON)


def test_on_sunday_tomorrow_and_monday_are_offered_once() -> None:
    sunday_evening = datetime(2008, 1, 13, 12, 0, tzinfo=UTC)
    assert list(snoozing.moments(sunday_evening)) == ["tomorrow", "week"]


def test_what_was_laid_aside_anew_meanwhile_sleeps_on(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    snooze(amina)
    look = snoozing._due

    def then_again(now: datetime) -> list[tuple[UUID, list[UUID]]]:
        found = list(look(now))
        Snooze.objects.update(until=TOMORROW + timedelta(days=7))
        return found

    monkeypatch.setattr(snoozing, "_due", then_again)
    assert snoozing.wake_due(TOMORROW) == 0
    assert counts(amina) == {"inbox": (1, 1), "snoozed": (1, 1)}
