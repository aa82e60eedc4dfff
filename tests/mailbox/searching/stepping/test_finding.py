"""The search by the index: the same answers as message by message, whatever state it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox.errors import KeyMissing
from mailbox.filing.indexed.words import Words, open_words, store_words
from mailbox.models import (
    Content,
    Mailbox,
    Message,
    SearchBlock,
    SearchIndex,
    SearchSegment,
    SearchText,
    UnfoldedSignature,
)
from mailbox.opening import content_key, mailbox_key
from mailbox.sealing.records import seal_bytes
from mailbox.searching import signatures
from mailbox.searching.plan import Places, plan
from mailbox.searching.query import parse
from mailbox.searching.searchable import FileWords, to_bytes
from mailbox.searching.segments import folding, reading, streams
from mailbox.searching.segments.cache import CACHE
from mailbox.searching.segments.state import partial_in
from mailbox.searching.stepping import finding, scan
from mailbox.searching.stepping.steps import Limits, Place, Step
from tests.cast import Cast
from tests.mailbox.web.post import deliver, letter

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
WORDS = ("kangaroo", "งบประมาณ", "ประกวดราคา")


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    """Seven letters, an hour apart: five folded, the two newest not."""
    CACHE.clear()
    mailbox: Mailbox = cast.mailbox_of(cast.amina)
    for hours in (6, 5, 4, 3, 2):
        post(cast, hours)
    assert folding.fold(mailbox, mailbox_key(mailbox)) == 5
    post(cast, 1)
    made = letter("Report 0", "x" + " kangaroo นร ๐๕๐๖/ว ๕ วันที่ 7 มกราคม 2008")
    _with_file(deliver(made, cast.amina, at=NOW)[0], mailbox_key(mailbox))
    return mailbox


def _with_file(message: Message, private_key: bytes) -> None:
    """As if a file with words had been read at filing."""
    key = content_key(message, private_key)
    stored = SearchText.objects.get(pk=message.content_id)
    file = FileWords("x.txt", text="zeppelin landing")
    read = replace(open_words(stored, key), files=(file,))
    words = Words(to_bytes(read), signatures.pack(signatures.columns(read)))
    store_words(Content.objects.get(pk=message.content_id), key, words)
    bound = {"purpose": "signature", "binding": str(message.pk)}
    UnfoldedSignature.objects.filter(message=message).update(
        sealed=seal_bytes(words.columns, key, **bound)
    )


def post(cast: Cast, hours: int) -> Message:
    made = letter(f"Report {hours}", f"About {WORDS[hours % 3]} and others.")
    return deliver(made, cast.amina, at=NOW - timedelta(hours=hours))[0]


def ask(mailbox: Mailbox, text: str, after: Place | None = None, **limits: int) -> Step:
    one = finding.Search(
        mailbox, plan(parse(text, today=TODAY), Places()), mailbox_key(mailbox), NOW, folds=True
    )
    return finding.search(one, after=after, limits=Limits(seconds=60, **limits))


def subjects(step: Step) -> Sequence[str]:
    return [hit.subject for hit in step.hits]


def all_steps(mailbox: Mailbox, text: str, **limits: int) -> list[str]:
    found, place = list[str](), None
    for _ in range(30):
        step = ask(mailbox, text, place, **limits)
        found += subjects(step)
        if (place := step.place) is None:
            return found
    raise AssertionError("no end")


ASKED = ["kangaroo", "งบประมาณ -kangaroo", "report", "from:piya", "kangaroo OR ประกวด", "zebra"]
ASKED += ["subject:report -งบ", "about before:วันนี้", "นร0506/ว5", "7 มกราคม 2551"]


@pytest.mark.parametrize("text", ASKED)
def test_the_index_gives_what_a_look_at_every_message_gives(box: Mailbox, text: str) -> None:
    asked = plan(parse(text, today=TODAY), Places())
    whole = scan.search(box, asked, private_key=mailbox_key(box), limits=Limits(seconds=60))

    assert subjects(ask(box, text)) == subjects(whole)
    assert all_steps(box, text, hits=1) == subjects(whole)
    assert all_steps(box, text, candidates=1) == subjects(whole)


def test_only_candidates_are_looked_at_and_no_message_key_is_opened(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    UnfoldedSignature.objects.all().delete()
    monkeypatch.delattr("mailbox.searching.stepping.walking.content_key")
    step = ask(box, "งบประมาณ")

    assert subjects(step) == ["Report 4"]
    assert step.searched == 1


def test_words_inside_a_file_are_found_and_the_file_is_named(box: Mailbox) -> None:
    (hit,) = ask(box, "zeppelin").hits

    assert (hit.file, hit.snippet) == ("x.txt", "zeppelin landing")


def test_what_was_deleted_since_is_passed_over(box: Mailbox) -> None:
    Message.objects.filter(received_at=NOW - timedelta(hours=3)).delete()

    assert subjects(ask(box, "kangaroo")) == ["Report 0", "Report 6"]


def test_many_new_letters_are_folded_by_the_search_that_finds_them(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(box, "kangaroo")
    assert UnfoldedSignature.objects.count() == 2
    monkeypatch.setattr(folding, "WORTH", 2)

    assert subjects(ask(box, "kangaroo")) == ["Report 0", "Report 3", "Report 6"]
    assert UnfoldedSignature.objects.count() == 0


def test_a_half_built_index_is_searched_first_and_the_rest_message_by_message(
    box: Mailbox,
) -> None:
    middle = Message.objects.get(received_at=NOW - timedelta(hours=4))
    SearchIndex.objects.update(
        state="building", built_at=middle.received_at, built_id=middle.pk, total=7, messages=4
    )
    step = ask(box, "report")

    assert subjects(step) == [f"Report {hours}" for hours in range(7)]
    assert all_steps(box, "report", hits=1) == subjects(step)
    assert step.coverage.down_to == (middle.received_at, middle.pk)


def _no_block() -> None:
    SearchBlock.objects.filter(number__gte=0).delete()


def _no_directory() -> None:
    SearchBlock.objects.filter(number__lt=0).delete()


def _flipped() -> None:
    for block in SearchBlock.objects.all():
        sealed = bytearray(block.sealed)
        sealed[len(sealed) // 2] ^= 1
        SearchBlock.objects.filter(pk=block.pk).update(sealed=bytes(sealed))


def _no_key() -> None:
    SearchIndex.objects.update(sealed_key=bytes(90))


@pytest.mark.parametrize("breaks", [_no_block, _no_directory, _flipped, _no_key])
def test_a_broken_index_is_marked_and_nothing_is_missed(box: Mailbox, breaks) -> None:  # type: ignore[no-untyped-def]
    breaks()
    CACHE.clear()
    step = ask(box, "kangaroo")

    assert step.is_damaged
    assert subjects(step) == ["Report 0", "Report 3", "Report 6"]
    assert SearchIndex.objects.get().damaged_at == NOW
    again = ask(box, "kangaroo")
    assert again.coverage.is_damaged
    assert subjects(again) == subjects(step)


def test_the_row_of_one_segment_among_others_cannot_be_lost_unseen(box: Mailbox) -> None:
    assert folding.fold(box, mailbox_key(box)) == 2
    newest = SearchSegment.objects.latest("newest_at")
    SearchBlock.objects.filter(segment=newest).delete()
    assert SearchSegment.objects.exclude(pk=newest.pk).exists()
    SearchSegment.objects.filter(pk=newest.pk).delete()
    step = ask(box, "kangaroo")

    assert step.is_damaged
    assert subjects(step) == ["Report 0", "Report 3", "Report 6"]


def test_an_unfolded_row_that_does_not_open_is_a_candidate(box: Mailbox) -> None:
    UnfoldedSignature.objects.update(sealed=bytes(60))

    assert subjects(ask(box, "kangaroo")) == ["Report 0", "Report 3", "Report 6"]


def test_words_that_do_not_open_are_made_of_the_letter(box: Mailbox) -> None:
    SearchText.objects.update(row=bytes(60))

    assert subjects(ask(box, "kangaroo")) == ["Report 0", "Report 3", "Report 6"]


def test_statements_do_not_grow_with_the_candidates(box: Mailbox, cast: Cast) -> None:
    counts = []
    for more in ((), (7, 8, 9, 10)):
        for hours in more:
            post(cast, hours)
        CACHE.clear()
        with CaptureQueriesContext(connection) as made:
            assert len(ask(box, "report").hits) == 7 + len(more)
        counts.append(len(made))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("what", ["damaged", "put aside"])
def test_an_index_lost_after_a_step_has_begun_is_not_taken_for_an_empty_one(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    covers = reading.coverage

    def covers_and_then(mailbox: Mailbox) -> reading.Coverage:
        said = covers(mailbox)
        if what == "damaged":
            SearchIndex.objects.update(damaged_at=NOW)
        else:
            SearchIndex.objects.all().delete()
        return said

    monkeypatch.setattr(reading, "coverage", covers_and_then)

    assert subjects(ask(box, "kangaroo")) == ["Report 0", "Report 3", "Report 6"]


def test_a_fold_that_fails_fails_no_search(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> int:
        raise KeyMissing

    monkeypatch.setattr(folding, "WORTH", 2)
    monkeypatch.setattr(folding, "fold", missing)

    assert subjects(ask(box, "kangaroo")) == ["Report 0", "Report 3", "Report 6"]


def timed(mailbox: Mailbox, text: str, after: Place | None) -> Step:
    """A step whose time is over as soon as it has begun."""
    ticks = iter(range(1_000))
    one = finding.Search(
        mailbox, plan(parse(text, today=TODAY), Places()), mailbox_key(mailbox), NOW
    )
    return finding.search(one, after=after, limits=Limits(seconds=0), clock=lambda: next(ticks))


@pytest.mark.parametrize("reaches", ["whole", "half"])
def test_time_bounds_a_step_that_opens_rows_in_vain(
    box: Mailbox, cast: Cast, monkeypatch: pytest.MonkeyPatch, reaches: str
) -> None:
    monkeypatch.setattr(streams, "_ROWS", 1)
    for hours in (10, 12, 13):  # filed late, and older than all that is folded
        post(cast, hours)
    if reaches == "half":
        middle = Message.objects.get(received_at=NOW - timedelta(hours=4))
        SearchIndex.objects.update(
            state="building", built_at=middle.received_at, built_id=middle.pk, total=7, messages=4
        )
    found, place = list[str](), None
    for steps in range(40):  # noqa: B007 - how many it took
        step = timed(box, "kangaroo", place)
        found += subjects(step)
        if (place := step.place) is None:
            break

    assert found == ["Report 0", "Report 3", "Report 6", "Report 12"]
    assert steps > 4
    first = timed(box, "zebra", None)
    newest = Message.objects.get(received_at=NOW)
    assert (first.searched, first.place) == (0, (newest.received_at, newest.pk))


def test_letters_that_wait_to_be_folded_count_among_those_without_all_their_words(
    box: Mailbox,
) -> None:
    index = SearchIndex.objects.get()
    UnfoldedSignature.objects.update(is_partial=True)

    assert (partial_in(index), partial_in(None)) == (2, 0)
    assert folding.fold(box, mailbox_key(box)) == 2
    index.refresh_from_db()
    assert (index.partial, partial_in(index)) == (2, 2)
