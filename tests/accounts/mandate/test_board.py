"""The board adds up what the snapshots keep, and says no more than it may."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.mandate import board
from accounts.mandate.board import Line, Point, Standing
from accounts.models import Agency, Mandate, MandateRule, Snapshot

COUNTS = ("met", "late_met", "late_person", "late_agency", "waiting_gate", "exempt", "pending")


def standing(**counts: int) -> Standing:
    return Standing(eligible=sum(counts.values()), **counts)


@given(st.fixed_dictionaries({name: st.integers(0, 10_000) for name in COUNTS}))
def test_those_who_use_it_owe_it_and_are_exempt_are_everybody(counts: dict[str, int]) -> None:
    one = standing(**counts)
    assert one.used + one.owed + one.exempt == one.eligible
    assert 0 <= one.share <= 1


def test_the_exempt_count_neither_as_done_nor_as_missing() -> None:
    assert standing(met=3, pending=1, exempt=6).share == 0.75


def test_where_nobody_must_nothing_is_missing() -> None:
    assert Standing().share == 1


def line(name: str, **counts: int) -> Line:
    agency = Agency(pk=len(name), name_th=name)
    return Line(agency, agency, standing(**counts))


def test_the_worst_come_first_by_share_or_by_heads_and_those_done_are_left_out() -> None:
    few, many, done = line("ก", pending=2), line("กข", met=50, pending=40), line("กขค", met=9)
    assert board.worst([done, many, few]) == [few, many]
    assert board.worst([done, few, many], by_heads=True) == [many, few]


def points(*shares: float) -> list[Point]:
    last = date(2008, 4, 25)
    return [
        Point(last - timedelta(days=7 * number), share)
        for number, share in enumerate(reversed(shares))
    ]


def test_a_projection_goes_on_at_the_pace_of_four_weeks() -> None:
    ahead = board.project(points(0.2, 0.3, 0.4, 0.5, 0.6), date(2008, 5, 9))
    assert ahead is not None
    assert ahead.complete_on == date(2008, 5, 23)
    assert ahead.share_when_due == pytest.approx(0.8)


def test_without_progress_there_is_no_day_of_completion() -> None:
    ahead = board.project(points(0.5, 0.5, 0.5), date(2008, 6, 1))
    assert ahead is not None
    assert ahead.complete_on is None
    assert ahead.share_when_due == 0.5


def test_less_than_two_weeks_give_no_projection() -> None:
    assert board.project(points(0.5, 0.6), date(2008, 6, 1)) is None


def test_the_weeks_end_at_the_base_date() -> None:
    assert board.weeks_back(date(2008, 1, 7), date(2008, 1, 22)) == [
        date(2008, 1, 22),
        date(2008, 1, 15),
        date(2008, 1, 8),
    ]


def test_a_circle_of_agencies_ends_somewhere() -> None:
    one, two = Agency(pk=1, parent_id=2), Agency(pk=2, parent_id=1)
    tree = {1: one, 2: two}
    assert board.root_of(one, tree) in (one, two)
    assert board.below(one, tree) == {1, 2}


@pytest.mark.django_db
def test_ministries_add_up_what_is_below_them() -> None:
    ministry = Agency.objects.create(name_th="กระทรวงตัวอย่าง", kind=Agency.Kind.MINISTRY)
    department = Agency.objects.create(name_th="กรมตัวอย่าง", parent=ministry)
    mandate = Mandate.objects.create(
        title_th="มติ", source_letter="นร ๐๕๐๖/ว ๕", base_kind="custom", base_date=date(2008, 1, 7)
    )
    rule = MandateRule.objects.create(mandate=mandate, name_th="ทุกคน", covers="everyone", months=12)
    day = date(2008, 4, 25)
    for agency, met in ((ministry, 2), (department, 5)):
        counts = dict.fromkeys(COUNTS, 0) | {"met": met, "pending": 3}
        Snapshot.objects.create(day=day, rule=rule, agency=agency, eligible=met + 3, **counts)
    assert board.newest_day([rule]) == day
    tree = board.agencies_by_id()
    lines = board.lines(rule, day, tree)
    [whole] = board.by_ministry(lines)
    assert (whole.agency, whole.standing.used, whole.standing.eligible) == (ministry, 7, 13)
    assert board.total(board.lines(rule, day, tree, under={department.pk})).eligible == 8
    assert [p.share for p in board.burn_up(rule, day)] == [7 / 13]
