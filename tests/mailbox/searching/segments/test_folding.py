from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mailbox import opening
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.deleting import delete_messages
from mailbox.models import (
    Content,
    Mailbox,
    Message,
    SearchBlock,
    SearchIndex,
    SearchText,
    UnfoldedSignature,
)
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.searching.query import Words
from mailbox.searching.segments import folding, merging, reading, rebuilding
from mailbox.searching.segments.folding import fold
from mailbox.searching.segments.sealing import open_index_key
from tests.cast import Cast
from tests.mailbox.searching.segments.mailroom import NAMES, counted, found, post, truth

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """The process ended here."""


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def bruno(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.bruno)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of four columns, two of which make a larger one."""
    monkeypatch.setattr(folding, "MOST", 4)
    monkeypatch.setattr(merging, "FANOUT", 2)
    monkeypatch.setattr(rebuilding, "BATCH", 4)


def index_of(box: Mailbox) -> SearchIndex:
    return SearchIndex.objects.get(mailbox=box, state="in-use")


def fold_all(box: Mailbox) -> int:
    return sum(iter(lambda: fold(box, opening.mailbox_key(box)), 0))


def merge_all(box: Mailbox) -> None:
    index = index_of(box)
    key = open_index_key(index, opening.mailbox_key(box))
    while due := merging.due(index):
        merging.merge(index, key, due)


def rebuild(box: Mailbox) -> list[rebuilding.Progress]:
    return list(rebuilding.rebuild(box, opening.mailbox_key(box), batch=4))


def test_what_was_filed_is_found_before_and_after_it_is_folded(amina: Mailbox) -> None:
    sent = {post(amina, number).pk: NAMES[number % 4] for number in range(6)}
    before = {name: found(amina, name) for name in NAMES}
    assert before == {name: truth(amina, name, sent) for name in NAMES}

    assert fold_all(amina) == 6
    assert not UnfoldedSignature.objects.exists()
    assert {name: found(amina, name) for name in NAMES} == before
    assert counted(index_of(amina)) == {"messages": 6, "columns": 6, "holes": 0}


def test_whatever_happens_in_whatever_order_every_message_is_found_once(
    amina: Mailbox, small: None
) -> None:
    dice = random.Random(20)  # noqa: S311  # a fixed one: the same on every run
    sent: dict[UUID, str] = {}

    def send() -> None:
        # Not always the newest: a scheduled letter has the date it was to leave at.
        number = dice.randrange(10_000)
        sent[post(amina, number).pk] = NAMES[number % 4]

    def delete() -> None:
        gone = dice.choice(sorted(sent))
        delete_messages([gone], [amina.pk])
        del sent[gone]

    deeds = [send, send, send, send, delete, lambda: fold_all(amina), lambda: rebuild(amina)]
    deeds += [lambda: fold(amina, opening.mailbox_key(amina)), lambda: merge_all(amina)] * 2
    send()
    fold_all(amina)
    for turn in range(60):
        send() if len(sent) < 2 else dice.choice(deeds)()
        name = NAMES[turn % 4]
        there = [pk for pk in found(amina, name) if pk in sent]
        assert there == truth(amina, name, sent), turn
    fold_all(amina)
    rebuild(amina)
    for name in NAMES:
        assert found(amina, name) == truth(amina, name, sent)
    assert counted(index_of(amina)) == {"messages": len(sent), "columns": len(sent), "holes": 0}


def test_a_long_message_has_several_columns_and_is_found_by_any(amina: Mailbox) -> None:
    dice = random.Random(7)  # noqa: S311  # the same on every run
    letters = [chr(code) for code in range(0x0E01, 0x0E2E)]
    noise = " ".join("".join(dice.choices(letters, k=7)) for _number in range(3_000))
    long = post(amina, 1, word=f"ครุภัณฑ์ {noise} zeppelin")
    post(amina, 0, word="งบประมาณ")
    fold_all(amina)

    figures = counted(index_of(amina))
    assert figures["messages"] == 2 and figures["columns"] > 3
    assert found(amina, "ครุภัณฑ์")[:1] == found(amina, "zeppelin") == [long.pk]

    rebuild(amina)
    assert found(amina, "zeppelin") == [long.pk]
    assert counted(index_of(amina)) == figures


def test_merging_leaves_out_what_is_gone_and_fills_the_holes(amina: Mailbox, small: None) -> None:
    messages = [post(amina, number, word="zeppelin") for number in range(8)]
    fold_all(amina)
    delete_messages([messages[0].pk, messages[5].pk], [amina.pk])
    assert counted(index_of(amina)) == {"messages": 8, "columns": 8, "holes": 2}

    merge_all(amina)
    assert counted(index_of(amina)) == {"messages": 6, "columns": 6, "holes": 0}
    assert found(amina, "zeppelin") == truth(
        amina, "zeppelin", dict.fromkeys((one.pk for one in messages), "zeppelin")
    )


def test_a_segment_whose_messages_are_all_gone_goes(amina: Mailbox) -> None:
    messages = [post(amina, number) for number in range(2)]
    fold_all(amina)
    delete_messages([one.pk for one in messages], [amina.pk])
    index = index_of(amina)
    key = open_index_key(index, opening.mailbox_key(amina))

    assert merging.merge(index, key, list(index.segments.all())) == 2
    assert counted(index) == {"messages": 0, "columns": 0, "holes": 0}
    assert not SearchBlock.objects.exists()


def test_two_who_merge_the_same_segments_merge_them_once(amina: Mailbox, small: None) -> None:
    for number in range(8):
        post(amina, number)
    fold_all(amina)
    index = index_of(amina)
    key = open_index_key(index, opening.mailbox_key(amina))
    segments = list(index.segments.all())
    merging.merge(index, key, segments)

    with pytest.raises(merging.Overtaken):
        merging.merge(index, key, segments)
    assert counted(index)["messages"] == 8


def test_while_one_folds_another_neither_waits_nor_folds(amina: Mailbox) -> None:
    post(amina, 1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            name = f"search-index/{amina.pk}"
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
            assert fold(amina, opening.mailbox_key(amina)) == 0
            # Given back here: a server notices a closed connection some time later.
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
    finally:
        other.close()

    assert fold(amina, opening.mailbox_key(amina)) == 1


def test_a_worker_cannot_fold(amina: Mailbox, key_set: dict[Role, StoredKeyring]) -> None:
    post(amina, 1)
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        fold(amina, opening.mailbox_key(amina))


def test_another_mailboxes_key_folds_nothing_and_changes_nothing(
    amina: Mailbox, bruno: Mailbox
) -> None:
    post(amina, 1)
    fold_all(amina)
    post(amina, 2)

    with pytest.raises(SealBroken):
        open_index_key(index_of(amina), opening.mailbox_key(bruno))
    assert counted(index_of(amina))["messages"] == 1


def test_while_an_index_is_built_beside_it_folding_rests(amina: Mailbox) -> None:
    post(amina, 1)
    fold_all(amina)
    rebuilding.begin(amina, opening.mailbox_key(amina))
    post(amina, 2)

    assert fold_all(amina) == 0
    assert UnfoldedSignature.objects.count() == 1


def test_a_letter_that_is_deleted_while_its_words_are_made_is_left_out(amina: Mailbox) -> None:
    letters = [post(amina, number, word="zeppelin") for number in range(3)]
    UnfoldedSignature.objects.all().delete()  # mail from before
    SearchText.objects.all().delete()
    gone = letters[1]

    def is_over() -> bool:
        delete_messages([gone.pk], [amina.pk])
        Content.objects.filter(pk=gone.content_id).delete()
        return False

    steps = rebuilding.rebuild(amina, opening.mailbox_key(amina), is_over=is_over)
    assert list(steps)[-1].partial == 0
    assert found(amina, "zeppelin") == [letters[2].pk, letters[0].pk]


def test_columns_of_an_older_scheme_are_made_anew_from_the_words(amina: Mailbox) -> None:
    message = post(amina, 1, word="zeppelin")
    UnfoldedSignature.objects.update(scheme=0, sealed=b"\x01" + bytes(40))

    assert fold_all(amina) == 1
    assert found(amina, "zeppelin") == [message.pk]


def test_a_message_that_does_not_open_may_be_meant_always_and_holds_up_nobody(
    amina: Mailbox,
) -> None:
    broken, whole = post(amina, 1, word="zeppelin"), post(amina, 2, word="zeppelin")
    Message.objects.filter(pk=broken.pk).update(sealed_key=bytes(80))

    assert fold_all(amina) == 2
    assert found(amina, "zeppelin") == [whole.pk, broken.pk]
    assert found(amina, "kangaroo") == [broken.pk]
    rebuild(amina)
    assert found(amina, "zeppelin") == [whole.pk, broken.pk]
    given = list(reading.candidates(amina, Words("zeppelin"), opening.mailbox_key(amina)))
    assert given[0].content_key is not None and given[1].content_key is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["fold", "merge", "rebuild"])
def test_killed_at_any_statement_nothing_is_lost_and_nothing_half_written(
    amina: Mailbox, small: None, deed: str
) -> None:
    sent = {post(amina, number).pk: NAMES[number % 4] for number in range(8)}
    if deed != "fold":
        fold_all(amina)
    expected = {name: truth(amina, name, sent) for name in NAMES[:2]}
    act = {"fold": fold_all, "merge": merge_all, "rebuild": rebuild}[deed]
    died = 0
    for at in range(1, 200):
        try:
            with connection.execute_wrapper(_dying(at)):
                act(amina)
        except Killed:
            died += 1
        else:
            break
        assert {name: found(amina, name) for name in expected} == expected, at
    assert died >= 5

    act(amina)
    assert {name: found(amina, name) for name in expected} == expected
    assert SearchIndex.objects.count() == 1 and counted(index_of(amina))["messages"] == 8
    blocks = SearchBlock.objects.values_list("segment_id", flat=True)
    assert set(blocks) == set(index_of(amina).segments.values_list("pk", flat=True))


def _dying(at: int) -> Any:
    seen = iter(range(1, 10_000))

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if next(seen) == at:
            raise Killed
        return result

    return wrapper
