from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailbox import opening
from mailbox.filing.deleting import delete_messages
from mailbox.models import Mailbox, Message, SearchBlock, SearchIndex, UnfoldedSignature
from mailbox.searching.segments import folding, keeping, merging, rebuilding
from mailbox.searching.segments.folding import fold
from mailbox.searching.segments.keeping import Keeper
from tests.cast import Cast
from tests.mailbox.post import MORNING
from tests.mailbox.searching.segments.mailroom import counted, found, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def bruno(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.bruno)


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three unfolded messages are worth a segment, of at most four; two are merged."""
    for room in (folding, keeping):
        monkeypatch.setattr(room, "WORTH", 3)
    monkeypatch.setattr(folding, "MOST", 4)
    monkeypatch.setattr(keeping, "WORTH_THEN", 2)
    monkeypatch.setattr(merging, "FANOUT", 2)


def index_of(box: Mailbox) -> SearchIndex:
    return SearchIndex.objects.get(mailbox=box, state="in-use")


def keep(*, now: datetime = MORNING) -> int:
    return Keeper(lambda: False).turn(now=now, stop=lambda: False)


def test_what_is_worth_it_is_folded_and_merged_and_the_rest_waits(
    amina: Mailbox, bruno: Mailbox, early: None
) -> None:
    for number in range(10):
        post(amina, number)
    for number in range(2):
        post(bruno, number)
    keep()

    assert UnfoldedSignature.objects.filter(mailbox=amina).count() == 2
    assert index_of(amina).segments.count() == 1
    assert not SearchIndex.objects.filter(mailbox=bruno).exists()

    keep(now=MORNING + timedelta(days=2))
    assert not UnfoldedSignature.objects.exists()


@pytest.mark.parametrize("fault", ["damaged", "older", "block", "directory", "key"])
def test_an_index_that_cannot_be_read_is_built_anew(amina: Mailbox, fault: str) -> None:
    letters = [post(amina, number, word="zeppelin") for number in range(3)]
    fold(amina, opening.mailbox_key(amina))
    index, blocks = index_of(amina), SearchBlock.objects.filter(mailbox=amina)
    match fault:
        case "damaged":
            SearchIndex.objects.update(damaged_at=MORNING)
        case "older":
            SearchIndex.objects.update(scheme=0)
        case "key":
            SearchIndex.objects.update(sealed_key=bytes(60), damaged_at=MORNING)
        case _:
            # It is noticed by whoever comes to read it: here to close holes.
            blocks.filter(number=0 if fault == "block" else -1).delete()
            delete_messages([letters.pop().pk], [amina.pk])
    keep()
    keep()

    assert index_of(amina).pk != index.pk and index_of(amina).damaged_at is None
    assert found(amina, "zeppelin") == [one.pk for one in reversed(letters)]
    assert SearchIndex.objects.count() == 1


def test_an_index_full_of_holes_is_written_anew(amina: Mailbox) -> None:
    letters = [post(amina, number, word="zeppelin") for number in range(4)]
    fold(amina, opening.mailbox_key(amina))
    delete_messages([letters[1].pk], [amina.pk])
    keep()

    assert counted(index_of(amina)) == {"messages": 3, "columns": 3, "holes": 0}
    gone = str(letters[1].pk)
    assert gone not in map(str, found(amina, "zeppelin"))


def test_what_was_built_and_cannot_be_read_is_begun_anew_and_the_one_in_use_stays(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [post(amina, number, word="zeppelin") for number in range(4)]
    key = opening.mailbox_key(amina)
    fold(amina, key)
    monkeypatch.setattr(merging, "FANOUT", 2)
    begun = rebuilding.rebuild(amina, key, batch=1)
    next(begun), next(begun)
    begun.close()
    index = index_of(amina)
    SearchBlock.objects.exclude(segment__index=index).delete()
    keep()
    index.refresh_from_db()
    assert (index.damaged_at, SearchIndex.objects.count()) == (None, 1)

    for _figure in rebuilding.rebuild(amina, key, batch=1):
        pass
    assert found(amina, "zeppelin") == [one.pk for one in reversed(letters)]


def test_holes_that_are_in_no_segment_are_looked_for_once(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [post(amina, number, word="zeppelin") for number in range(4)]
    fold(amina, opening.mailbox_key(amina))
    delete_messages([letters[1].pk], [amina.pk])
    # As of letters that were deleted before the index being built had come to them.
    SearchIndex.objects.update(holes=3)
    keep()
    assert counted(index_of(amina)) == {"messages": 3, "columns": 3, "holes": 0}

    monkeypatch.delattr(merging, "directory_of")
    keep()


def test_a_mailbox_that_is_broken_in_any_way_waits_and_holds_up_no_other(
    amina: Mailbox, bruno: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 1)
    for box in (amina, bruno):
        post(box, 1)
        fold(box, opening.mailbox_key(box))
    worse, other = sorted((amina, bruno), key=lambda box: index_of(box).pk)
    SearchIndex.objects.update(scheme=0)
    rebuild, tried = rebuilding.rebuild, list[Mailbox]()

    def fails(box: Mailbox, *given: Any, **more: Any) -> Any:
        tried.append(box)
        if box == worse:
            raise ZeroDivisionError
        return rebuild(box, *given, **more)

    monkeypatch.setattr(rebuilding, "rebuild", fails)
    keeper = Keeper(lambda: False)
    for minutes in (0, 1, 11):
        keeper.turn(now=MORNING + timedelta(minutes=minutes), stop=lambda: False)

    assert tried == [worse, other, worse]
    assert index_of(other).scheme != 0


def test_a_mailbox_that_does_not_open_holds_up_no_other(
    amina: Mailbox, bruno: Mailbox, early: None
) -> None:
    for box in (amina, bruno):
        for number in range(4):
            post(box, number)
    Mailbox.objects.filter(pk=amina.pk).update(sealed_private_key=bytes(60))
    keep()

    assert index_of(bruno).messages == 4
    assert UnfoldedSignature.objects.filter(mailbox=amina).count() == 4


def test_it_stops_after_the_piece_of_work_it_is_at(amina: Mailbox, early: None) -> None:
    for number in range(9):
        post(amina, number)
    assert Keeper(lambda: False).turn(now=MORNING, stop=lambda: True) == 1
    assert UnfoldedSignature.objects.count() == 5

    assert Keeper(lambda: True).turn(now=MORNING, stop=lambda: False) == 1


def test_the_command_does_it_beside_the_spare_mailboxes(
    amina: Mailbox, early: None, settings: Any
) -> None:
    settings.SPARE_MAILBOXES = 1
    for number in range(3):
        post(amina, number)
    call_command("keyholder", once=True)

    assert index_of(amina).messages == 3 and Mailbox.objects.spare().count() == 1


def test_two_rounds_see_every_mailbox(
    amina: Mailbox, bruno: Mailbox, early: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WINDOW", 1)
    for box in (amina, bruno):
        for number in range(3):
            post(box, number)
    keeper = Keeper(lambda: False)
    for _turn in range(Mailbox.objects.count() + 1):
        keeper.turn(now=timezone.now(), stop=lambda: False)

    assert not UnfoldedSignature.objects.exists()
    assert Message.objects.count() == 6
