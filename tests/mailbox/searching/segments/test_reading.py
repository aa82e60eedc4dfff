from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox.errors import IndexDamaged
from mailbox.models import SearchBlock, SearchIndex, SearchSegment, UnfoldedSignature
from mailbox.opening import content_key
from mailbox.sealing.records import seal_bytes
from mailbox.searching.query import parse
from mailbox.searching.segments import reading, streams
from mailbox.searching.segments.cache import CACHE
from mailbox.searching.segments.reading import Bounds, Candidate, Coverage, candidates, coverage
from mailbox.searching.signatures import columns, pack
from mailbox.searching.terms import SCHEME
from tests.cast import Cast
from tests.mailbox.searching.segments.shelf import START, Shelf, filed
from tests.mailbox.web.post import deliver, letter

TODAY = date(2026, 11, 23)
# So many different pairs that a message with them has three columns; drawn so that none of the
# bits asked for below is among them by chance.
_DICE = random.Random(3)  # noqa: S311  # no secret
FILLER = "".join(map(chr, _DICE.choices(range(0x0E01, 0x0E2F), k=2400)))


@pytest.fixture(autouse=True)
def _no_cache() -> Iterator[None]:
    CACHE.clear()
    yield
    CACHE.clear()


@pytest.fixture
def shelf(cast: Cast) -> Shelf:
    return Shelf(cast.mailbox_of(cast.amina))


def ask(shelf: Shelf, text: str, **bounds: object) -> list[Candidate]:
    root = parse(text, today=TODAY).root
    within = Bounds(**bounds)  # type: ignore[arg-type]
    return list(candidates(shelf.mailbox, root, shelf.private_key, within))


def numbers(found: list[Candidate]) -> list[int]:
    return [one.message_id.int for one in found]


@pytest.fixture
def full(shelf: Shelf) -> Shelf:
    """Two segments whose dates overlap, and an older one; message 7 has several columns."""
    water = {"senders": ("สมชาย ใจดี", "somchai@interior.example")}
    shelf.put([filed(1, "งบประมาณ แผน"), filed(2, "แผน kangaroo")])
    shelf.put([filed(5, "แผน"), filed(7, f"งบประมาณ {FILLER} ประปา"), filed(9, "น้ำ", **water)])
    shelf.put([filed(6, "แผน น้ำ สมชาย"), filed(8, "งบประมาณ"), filed(10, "plan WX 5")])
    return shelf


FOUND = {
    "งบประมาณ": [8, 7, 1],
    "แผน": [6, 5, 2, 1],
    "แผน น้ำ": [6],
    "งบประมาณ ประปา": [7],
    "kangaroo OR น้ำ": [9, 6, 2],
    "kangaroo OR is:read": [10, 9, 8, 7, 6, 5, 2, 1],
    "แผน -น้ำ": [6, 5, 2, 1],
    "-น้ำ": [10, 9, 8, 7, 6, 5, 2, 1],
    "from:สมชาย": [9],
    "from:somchai น้ำ": [9],
    "สมชาย": [9, 6],
    "to:สมชาย": [],
    "wx": [10],
    "กระเจียวบาน": [],
    "": [10, 9, 8, 7, 6, 5, 2, 1],
}


@pytest.mark.parametrize("text", FOUND)
def test_candidates_come_newest_first_from_all_segments(full: Shelf, text: str) -> None:
    assert numbers(ask(full, text)) == FOUND[text]
    assert numbers(ask(full, text)) == FOUND[text], "from the cache"


def test_a_candidate_has_its_date_and_the_key_of_its_content(shelf: Shelf) -> None:
    made = filed(3, "แผน")
    shelf.put([made])
    assert ask(shelf, "แผน") == [Candidate(made.id, made.at, made.key)]


def test_a_reading_goes_on_below_a_place_and_within_dates(full: Shelf) -> None:
    at = START + timedelta(hours=6)
    assert numbers(ask(full, "แผน", after=(at, UUID(int=6)))) == [5, 2, 1]
    assert numbers(ask(full, "แผน", after=(at, UUID(int=7)))) == [6, 5, 2, 1]
    assert numbers(ask(full, "แผน", newest=at)) == [5, 2, 1]
    assert numbers(ask(full, "แผน", oldest=at)) == [6]
    assert numbers(ask(full, "", newest=at, oldest=START + timedelta(hours=2))) == [5, 2]


def test_a_place_is_found_in_a_segment_of_many_messages(shelf: Shelf) -> None:
    shelf.put([filed(number, "แผน") for number in range(1, 2701)])
    place = (START + timedelta(hours=1300), UUID(int=1300))
    assert numbers(ask(shelf, "แผน", after=place)) == list(range(1299, 0, -1))
    assert numbers(ask(shelf, "แผน", after=(START, UUID(int=0)))) == []


def test_what_is_not_folded_yet_is_found_among_the_rest(cast: Cast, shelf: Shelf) -> None:
    shelf.put([filed(1, "แผน"), filed(9_000, "แผน")])
    (message,) = deliver(letter("Budget", "nothing"), cast.amina, at=START + timedelta(hours=5))
    UnfoldedSignature.objects.all().delete()
    key = content_key(message, shelf.private_key)
    packed = pack(columns(filed(5, "แผน kangaroo").words))
    sealed = seal_bytes(packed, key, purpose="signature", binding=str(message.pk))
    row = UnfoldedSignature.objects.create(
        mailbox=shelf.mailbox, message=message, scheme=SCHEME, sealed=sealed
    )
    assert [one.message_id for one in ask(shelf, "แผน")] == [
        UUID(int=9_000),
        message.pk,
        UUID(int=1),
    ]
    assert ask(shelf, "kangaroo") == [Candidate(message.pk, message.received_at, key)]
    row.scheme = SCHEME + 1
    row.save()
    CACHE.clear()
    assert [one.message_id for one in ask(shelf, "น้ำ")] == [message.pk]
    row.sealed = b"\x01" * 60
    row.save()
    CACHE.clear()
    broken = ask(shelf, "น้ำ")
    assert [(one.message_id, one.content_key) for one in broken] == [(message.pk, None)]


def test_a_few_statements_read_many_segments(shelf: Shelf) -> None:
    for start in range(0, 60, 3):
        shelf.put([filed(start, "แผน"), filed(start + 1, "kangaroo"), filed(start + 2, "น้ำ")])
    with CaptureQueriesContext(
        connection,
    ) as read:
        assert len(ask(shelf, "kangaroo")) == 20
    assert len(read) == 5, "rows, the index, segments, slices, directories"
    with CaptureQueriesContext(connection) as again:
        ask(shelf, "kangaroo")
    assert len(again) == 3


def test_old_segments_are_not_read_while_newer_ones_have_more(shelf: Shelf) -> None:
    old = shelf.put([filed(1, "แผน")])
    shelf.put([filed(number, "แผน") for number in (5, 6)])
    SearchBlock.objects.filter(segment=old).delete()
    with mock.patch.object(streams, "_FIRST_COLUMNS", 1):
        root = parse("แผน", today=TODAY).root
        found = candidates(shelf.mailbox, root, shelf.private_key)
        assert [next(found).message_id.int for _ in range(2)] == [6, 5]
        with pytest.raises(IndexDamaged):
            next(found)


def test_a_merge_beside_a_reading_hides_nothing(full: Shelf) -> None:
    root = parse("แผน", today=TODAY).root
    with mock.patch.object(streams, "_FIRST_COLUMNS", 1):
        found = candidates(full.mailbox, root, full.private_key)
        first = next(found)
        SearchBlock.objects.all().delete()
        SearchSegment.objects.all().delete()
        full.put([filed(1, "แผน"), filed(2, "แผน"), filed(5, "แผน"), filed(6, "แผน")])
        CACHE.clear()
        assert numbers([first, *found]) == [6, 5, 2, 1]


def test_an_index_that_is_replaced_meanwhile_is_not_read(full: Shelf) -> None:
    full.index.state = "outdated"
    full.index.messages = full.index.columns = 8
    full.index.save()
    SearchSegment.objects.order_by("newest_at").first().delete()  # type: ignore[union-attr]
    new = Shelf(full.mailbox)
    new.put([filed(1, "แผน"), filed(2, "แผน"), filed(5, "แผน"), filed(6, "แผน")])
    stale = SearchIndex(pk=full.index.pk, state="in-use", columns=8)
    stale.sealed_key = full.index.sealed_key
    with mock.patch.object(
        reading, "coverage", side_effect=[Coverage(stale), coverage(full.mailbox)]
    ):
        assert numbers(ask(full, "แผน")) == [6, 5, 2, 1]


def test_a_broken_or_missing_block_is_said_to_be_so(full: Shelf) -> None:
    SearchBlock.objects.filter(number__gte=0).update(sealed=b"\x00" * 40)
    with pytest.raises(IndexDamaged):
        ask(full, "แผน")
    SearchBlock.objects.filter(number__gte=0).delete()
    with pytest.raises(IndexDamaged):
        ask(full, "แผน")


def test_a_broken_directory_is_said_to_be_so(full: Shelf) -> None:
    SearchBlock.objects.filter(number__lt=0).update(sealed=b"\x00" * 40)
    with pytest.raises(IndexDamaged):
        ask(full, "แผน")


def test_another_mailbox_reads_nothing_of_it(full: Shelf, cast: Cast) -> None:
    other = Shelf(cast.mailbox_of(cast.bruno))
    assert ask(other, "แผน") == []


def test_a_building_index_covers_mail_down_to_where_it_is(cast: Cast) -> None:
    shelf = Shelf(cast.mailbox_of(cast.amina), state="building")
    assert coverage(shelf.mailbox).index is None
    SearchIndex.objects.update(built_at=START, built_id=UUID(int=4))
    found = coverage(shelf.mailbox)
    assert found.index == shelf.index
    assert found.down_to == (START, UUID(int=4))
    assert not found.is_whole


@pytest.mark.parametrize("change", [{"scheme": 0}, {"damaged_at": START}])
def test_an_index_of_another_scheme_or_a_damaged_one_covers_nothing(
    shelf: Shelf, change: dict[str, object]
) -> None:
    assert coverage(shelf.mailbox).is_whole
    SearchIndex.objects.update(**change)
    found = coverage(shelf.mailbox)
    assert found.index is None
    assert found.is_damaged == ("damaged_at" in change)
