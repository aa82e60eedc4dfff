"""When one officer is enough, and when two must agree (ADR 0014)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.directory import applying, plan, thresholds
from accounts.directory.records import PersonRecord
from accounts.models import ImportBatch, Source
from tests.accounts.directory.people import NOW, imported, planned, record
from tests.cast import Cast

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=2)


def whys(batch: ImportBatch) -> list[str]:
    return [str(each["why"]) for each in batch.why_second]


def leaving(office: list[PersonRecord], count: int) -> list[PersonRecord]:
    """The office, of whose people the first few have resigned."""
    gone = [record(each.number, leaves="ลาออก") for each in office[:count]]
    return gone + office[count:]


def known_office(cast: Cast, people: int) -> list[PersonRecord]:
    office = [record(number) for number in range(1, people + 1)]
    imported(cast, *office)
    return office


@pytest.mark.parametrize(
    ("people", "leave", "expected"),
    [
        (2, 1, []),
        (12, 1, []),
        (12, 2, ["leaves_share"]),
        (19, 2, ["leaves_share"]),
        (40, 2, []),
        (40, 3, ["leaves_share"]),
    ],
)
def test_one_person_is_never_a_share_and_two_of_a_small_office_are(
    cast: Cast, people: int, leave: int, expected: list[str]
) -> None:
    office = known_office(cast, people)
    assert whys(planned(cast, *leaving(office, leave), now=LATER)) == expected


def test_the_officer_reads_how_many_of_how_many(cast: Cast) -> None:
    office = known_office(cast, 12)
    (sentence,) = thresholds.reasons(planned(cast, *leaving(office, 2), now=LATER))
    assert sentence == "2 of 12 people would leave; above 5 % two officers must agree."


@pytest.mark.parametrize(("leave", "expected"), [(50, []), (51, ["leaves"])])
def test_more_than_fifty_of_however_many_take_two_officers(leave: int, expected: list[str]) -> None:
    assert [each["why"] for each in thresholds._leaving(leave, 0, 10_000)] == expected


@pytest.mark.parametrize(("moves", "expected"), [(20, []), (21, ["moves_share"])])
def test_more_than_a_fifth_moving_take_two_officers(moves: int, expected: list[str]) -> None:
    assert [each["why"] for each in thresholds._moving(moves, 0, 100)] == expected


def test_a_source_read_for_the_first_time_may_not_move_everybody_unasked(cast: Cast) -> None:
    known_office(cast, 4)
    new = Source.objects.create(agency=cast.transport, kind=Source.Kind.FILE, name="another")
    elsewhere = [record(number, position_number=f"x{number}") for number in range(1, 5)]
    batch = plan.make(new, elsewhere, by=cast.hana, now=LATER, reads_all=True)
    assert (batch.counts["moves"], whys(batch)) == (4, ["moves_share"])


def test_further_posts_of_joiners_move_nobody(cast: Cast) -> None:
    acting = [
        record(
            number,
            key=f"k{number - 2}",
            kind="acting",
            position_number=f"a{number}",
            valid_to=date(2027, 3, 31),
        )
        for number in (3, 4)
    ]
    batch = planned(cast, record(1), record(2), *acting)
    assert (batch.counts["moves"], whys(batch)) == (2, [])


def test_what_was_carried_out_unasked_within_a_day_counts_along(cast: Cast) -> None:
    """A system gone mad is not let through in slices."""
    office = known_office(cast, 40)
    slice_of_two = planned(cast, *leaving(office, 2), now=LATER)
    applying.approve(slice_of_two, by=None, now=LATER)
    applying.apply(slice_of_two, now=LATER)
    soon = planned(cast, *leaving(office, 3), now=LATER + timedelta(hours=1))

    assert whys(soon) == ["leaves_share"]
    assert "2 of them in the last 24 hours, without an officer" in thresholds.reasons(soon)[0]
    assert whys(planned(cast, *leaving(office, 3), now=LATER + timedelta(hours=25))) == []


def test_what_an_officer_agreed_to_does_not_count_along(cast: Cast) -> None:
    office = known_office(cast, 40)
    imported(cast, *leaving(office, 2), now=LATER)
    assert whys(planned(cast, *leaving(office, 3), now=LATER + timedelta(hours=1))) == []
