from __future__ import annotations

import json
from uuid import UUID

import pytest

from mailbox.models import Folder, Mailbox, Message, Placement
from mailbox.reading import folders, sorting
from mailbox.reading.sorting import Change
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_own, file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    """Two conversations: one of two letters and an own answer, one of a single letter."""
    box = cast.mailbox_of(cast.amina)
    file_raw(raw_letter("ก", name="1@x.example"), [box])
    file_raw(raw_letter("ข", name="2@x.example", answers="1@x.example"), [box], at=later(1))
    file_own(raw_letter("Re: ข", name="3@x.example", answers="2@x.example"), box, at=later(2))
    file_raw(raw_letter("ค", name="4@x.example"), [box], at=later(3))
    return box


@pytest.fixture
def inbox(amina: Mailbox) -> Folder:
    return folder_of(amina, "inbox")


@pytest.fixture
def long(inbox: Folder) -> UUID:
    return Placement.objects.get(folder=inbox, message_count=2).thread_id


BEFORE = {"inbox": (2, 2), "sent": (1, 0)}


def undone(box: Mailbox, change: Change) -> dict[str, tuple[int, int]]:
    """Undo a change that went through a form, and say what the folders hold then."""
    sorting.undo(box, Change.from_json(json.loads(json.dumps(change.to_json()))))
    return counts(box)


def test_reading_and_undoing_it(amina: Mailbox, inbox: Folder, long: UUID) -> None:
    assert counts(amina) == BEFORE
    change = sorting.mark_read(inbox, [long])
    assert change.messages == 2
    assert counts(amina) == {"inbox": (2, 1), "sent": (1, 0)}
    assert undone(amina, change) == BEFORE


def test_unread_marks_the_newest_only(amina: Mailbox, inbox: Folder, long: UUID) -> None:
    sorting.mark_read(inbox, [long])
    assert sorting.mark_read(inbox, [long], read=False).messages == 1
    newest = Message.objects.filter(folder=inbox, thread=long).latest("received_at")
    assert not newest.is_read
    assert counts(amina) == BEFORE


def test_a_star_shows_on_the_row(amina: Mailbox, inbox: Folder, long: UUID) -> None:
    change = sorting.star(inbox, [long])
    assert change.messages == 1
    assert Placement.objects.get(folder=inbox, thread=long).is_starred
    counts(amina)
    assert sorting.star(inbox, [long], starred=False).messages == 1
    assert not Placement.objects.get(folder=inbox, thread=long).is_starred


@pytest.mark.parametrize("verb", ["archive", "trash", "spam"])
def test_moving_leaves_own_letters_in_sent(
    amina: Mailbox, inbox: Folder, long: UUID, verb: str
) -> None:
    change = getattr(sorting, verb)(inbox, [long], now=MORNING)
    assert counts(amina) == {"inbox": (1, 1), "sent": (1, 0), verb: (1, 1)}
    assert undone(amina, change) == BEFORE
    assert not Message.objects.filter(trashed_at__isnull=False).exists()


def test_restoring_from_the_bin_finds_the_way_back(
    amina: Mailbox, inbox: Folder, long: UUID
) -> None:
    own_folder = folders.create(amina, "โครงการ")
    sorting.move(inbox, [long], to=own_folder, now=MORNING)
    sorting.trash(own_folder, [long], now=MORNING)
    sorting.trash(folder_of(amina, "sent"), [long], now=MORNING)
    trash = folder_of(amina, "trash")
    assert counts(amina) == {"inbox": (1, 1), "trash": (1, 1)}

    change = sorting.restore(trash, [long])
    assert counts(amina) == {"inbox": (1, 1), own_folder.slug: (1, 1), "sent": (1, 0)}
    assert undone(amina, change) == {"inbox": (1, 1), "trash": (1, 1)}


def test_restoring_from_spam_goes_to_the_inbox(amina: Mailbox, inbox: Folder, long: UUID) -> None:
    sorting.spam(inbox, [long], now=MORNING)
    sorting.restore(folder_of(amina, "spam"), [long])
    assert counts(amina) == BEFORE


def test_mail_does_not_move_into_another_mailbox(
    cast: Cast, amina: Mailbox, inbox: Folder, long: UUID
) -> None:
    chiara = cast.mailbox_of(cast.chiara)
    with pytest.raises(Folder.DoesNotExist):
        sorting.move(inbox, [long], to=folder_of(chiara, "inbox"), now=MORNING)
    with pytest.raises(Message.DoesNotExist):
        sorting.undo(chiara, sorting.mark_read(inbox, [long]))


def test_a_thread_of_another_mailbox_is_not_touched(cast: Cast, amina: Mailbox, long: UUID) -> None:
    chiara = cast.mailbox_of(cast.chiara)
    file_raw(raw_letter("ง"), [chiara])
    assert sorting.trash(folder_of(chiara, "inbox"), [long], now=MORNING).messages == 0
    assert counts(amina) == BEFORE


def test_undo_leaves_alone_what_lies_in_a_deleted_folder(
    amina: Mailbox, inbox: Folder, long: UUID
) -> None:
    own = folders.create(amina, "ชั่วคราว")
    sorting.move(inbox, [long], to=own, now=MORNING)
    change = sorting.archive(own, [long], now=MORNING)
    folders.delete(own, now=MORNING)
    assert sorting.undo(amina, change) == 0
    assert counts(amina)["archive"] == (1, 1)


def test_sorting_costs_the_same_for_one_and_for_many(
    amina: Mailbox, inbox: Folder, django_assert_max_num_queries: object
) -> None:
    threads = list(Placement.objects.filter(folder=inbox).values_list("thread_id", flat=True))
    with django_assert_max_num_queries(10):  # type: ignore[operator]  # a fixture
        sorting.trash(inbox, threads, now=MORNING)
    assert counts(amina) == {"sent": (1, 0), "trash": (2, 2)}
