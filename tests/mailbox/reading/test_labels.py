from __future__ import annotations

import json

import pytest

from mailbox.models import Label, Labelling, Mailbox, Thread
from mailbox.opening import mailbox_key
from mailbox.reading import labels, sorting
from mailbox.reading.deeds.changes import Change, undo
from tests.cast import Cast
from tests.mailbox.post import MORNING, file_raw, folder_of, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    box = cast.mailbox_of(cast.amina)
    for number in range(2):
        file_raw(raw_letter(f"เรื่อง {number}", name=f"{number}@x.example"), [box])
    return box


def make(box: Mailbox, name: str, **choices: int) -> Label:
    return labels.create(box, name, mailbox_key(box), **choices)


def names(box: Mailbox) -> list[str]:
    return [one.name for one in labels.labels_of(box, mailbox_key(box))]


def threads(box: Mailbox) -> list[Thread]:
    return list(Thread.objects.filter(mailbox=box))


def test_labels_stand_by_name_each_with_a_colour_of_its_own(amina: Mailbox) -> None:
    make(amina, "  ประชุม กอง ")
    make(amina, "งบประมาณ")
    shown = labels.labels_of(amina, mailbox_key(amina))
    assert [(one.name, one.colour) for one in shown] == [("งบประมาณ", 1), ("ประชุม กอง", 0)]


def test_a_name_is_not_readable_at_rest(amina: Mailbox) -> None:
    make(amina, "งบประมาณ")
    sealed = bytes(Label.objects.get().sealed_name)
    assert "งบประมาณ".encode() not in sealed


@pytest.mark.parametrize("name", ["", "   ", "ก" * 61, "a\x00b"])
def test_an_unusable_name_is_refused(amina: Mailbox, name: str) -> None:
    with pytest.raises(labels.LabelNameUnusable):
        make(amina, name)


def test_two_labels_have_not_one_name(amina: Mailbox) -> None:
    first = make(amina, "Budget")
    with pytest.raises(labels.LabelNameTaken):
        make(amina, "budget")
    labels.rename(first, "BUDGET", mailbox_key(amina), colour=5)
    assert names(amina) == ["BUDGET"]
    first.refresh_from_db()
    assert first.colour == 5


def test_putting_on_and_taking_off_are_undone(amina: Mailbox) -> None:
    label, both = make(amina, "Budget"), [one.pk for one in threads(amina)]
    put = labels.put(amina, both[:1], label)
    assert labels.put(amina, both, label).labels == {(label.pk, both[1]): False}
    assert Labelling.objects.count() == 2

    off = labels.take_off(amina, both, label)
    assert not Labelling.objects.exists()
    undo(amina, Change.from_json(json.loads(json.dumps(off.to_json()))))
    assert Labelling.objects.count() == 2
    undo(amina, put)
    assert labels.on(amina, both) == {both[1]: [label.pk]}


def test_undo_does_not_make_a_deleted_label_again(amina: Mailbox) -> None:
    label = make(amina, "Budget")
    labels.put(amina, [threads(amina)[0].pk], label)
    off = labels.take_off(amina, [threads(amina)[0].pk], label)
    labels.delete(label)
    undo(amina, off)
    assert not Label.objects.exists()


def test_labels_and_conversations_of_others_are_not_touched(cast: Cast, amina: Mailbox) -> None:
    chiara = cast.mailbox_of(cast.chiara)
    label = make(amina, "Budget")
    with pytest.raises(Label.DoesNotExist):
        labels.put(chiara, [threads(amina)[0].pk], label)
    file_raw(raw_letter("ง"), [chiara])
    assert not labels.put(amina, [threads(chiara)[0].pk], label)
    assert not Labelling.objects.exists()


def test_there_are_not_too_many_labels(amina: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "MOST_LABELS", 1)
    make(amina, "one")
    with pytest.raises(labels.TooManyLabels):
        make(amina, "two")


def test_a_label_stays_on_what_is_archived(amina: Mailbox) -> None:
    label, thread = make(amina, "Budget"), threads(amina)[0]
    labels.put(amina, [thread.pk], label)
    sorting.archive(folder_of(amina, "inbox"), [thread.pk], now=MORNING)
    assert labels.on(amina, [thread.pk]) == {thread.pk: [label.pk]}
