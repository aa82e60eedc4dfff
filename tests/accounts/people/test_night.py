from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from accounts import tasks
from accounts.models import Account, Agency, Assignment, AuditEvent, PersonnelOrder
from accounts.people.days import midnight
from accounts.people.orders import carrying_out, night
from tests.accounts.people.service import NOW, Kind, Told, order, post, serving

FIRST_OF_OCTOBER = date(2026, 10, 1)
NIGHT = midnight(FIRST_OF_OCTOBER)
State = PersonnelOrder.State


@pytest.fixture
def people(water: Agency, told: Told) -> list[Account]:
    return [serving(water, given=f"Person{number}") for number in range(4)]


def all_leave(people: Sequence[Account]) -> list[PersonnelOrder]:
    return [order(Kind.RETIRED, each, on=FIRST_OF_OCTOBER) for each in people]


def states() -> list[str]:
    return sorted(PersonnelOrder.objects.values_list("state", flat=True))


def test_nothing_is_due_before_midnight(people: list[Account]) -> None:
    all_leave(people)
    assert night.claim(NIGHT - timedelta(microseconds=1)) == []
    assert len(night.claim(NIGHT)) == 4


def test_what_one_worker_has_claimed_another_does_not_get(people: list[Account]) -> None:
    all_leave(people)
    night.claim(NIGHT)
    assert night.claim(NIGHT) == []


def test_what_a_killed_worker_had_claimed_falls_due_again(people: list[Account]) -> None:
    all_leave(people)
    night.claim(NIGHT)
    later = NIGHT + night.LEASE

    assert len(night.claim(later)) == 4
    assert not AuditEvent.objects.filter(act="order_carried_out").exists()


def test_an_order_that_ends_its_workers_is_tried_alone_and_not_for_ever(
    people: list[Account],
) -> None:
    all_leave(people)
    now, sizes = NIGHT, []
    for _kill in range(2 + len(people) * night.MOST_ATTEMPTS):
        sizes.append(len(night.claim(now)))
        now += night.LEASE

    assert sizes[:3] == [4, 4, 1]
    assert PersonnelOrder.objects.filter(state=State.FAILED).exists()


def test_a_worker_that_slept_over_its_lease_does_nothing(people: list[Account]) -> None:
    all_leave(people[:1])
    slow = night.claim(NIGHT)
    quick = night.claim(NIGHT + night.LEASE)
    assert night.carry_out_piece(quick, now=NIGHT + night.LEASE) == 1

    assert night.carry_out_piece(slow, now=NIGHT + night.LEASE) == 0
    assert AuditEvent.objects.filter(act="order_carried_out").count() == 1


def test_an_order_carried_out_twice_is_carried_out_once(malee: Account, water: Agency) -> None:
    moved = order(Kind.MOVED, malee, position=post(water))
    assert moved.state == State.DONE
    assert not carrying_out.carry_out(moved, now=NOW)
    assert Assignment.objects.filter(official=malee.official).count() == 2


def test_one_order_that_cannot_be_carried_out_holds_up_no_other(
    people: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = all_leave(people)
    PersonnelOrder.objects.update(due_at=NOW, effective_on=NOW.date())
    break_for(made[2], monkeypatch)
    for _minute in range(6):
        tasks.carry_out_orders()
        PersonnelOrder.objects.filter(due_at__isnull=False).update(due_at=NOW)

    assert states() == ["done", "done", "done", "failed"]
    made[2].refresh_from_db()
    assert (made[2].last_error, made[2].attempts) == ("ZeroDivisionError", night.MOST_ATTEMPTS)


def break_for(broken: PersonnelOrder, monkeypatch: pytest.MonkeyPatch) -> None:
    retire = carrying_out._DEEDS[Kind.RETIRED]

    def stumble(orders: Sequence[PersonnelOrder], now: object) -> None:
        if broken in orders:
            raise ZeroDivisionError
        retire(orders, now)  # type: ignore[arg-type]

    monkeypatch.setitem(carrying_out._DEEDS, Kind.RETIRED, stumble)


def test_of_two_orders_about_one_official_the_earlier_one_comes_first(
    malee: Account, water: Agency
) -> None:
    first, second = post(water, "ก"), post(water, "ข")
    order(Kind.MOVED, malee, on=FIRST_OF_OCTOBER, position=first)
    order(Kind.MOVED, malee, on=FIRST_OF_OCTOBER, position=second)
    (only,) = night.claim(NIGHT)
    assert only.position == first
    assert night.claim(NIGHT) == []
    night.carry_out_piece([only], now=NIGHT)
    night.carry_out_piece(night.claim(NIGHT), now=NIGHT)

    held = Assignment.objects.filter(official=malee.official).on(FIRST_OF_OCTOBER)
    assert [each.position for each in held] == [second]


def test_who_retires_in_the_night_moves_nowhere_afterwards(malee: Account, water: Agency) -> None:
    order(Kind.RETIRED, malee, on=FIRST_OF_OCTOBER)
    order(Kind.MOVED, malee, on=FIRST_OF_OCTOBER, position=post(water))
    while piece := night.claim(NIGHT):
        night.carry_out_piece(piece, now=NIGHT)

    assert not Assignment.objects.filter(official=malee.official).on(FIRST_OF_OCTOBER).exists()
    assert states() == ["done", "withdrawn"]


def test_each_order_of_the_night_is_in_the_audit_once(people: list[Account]) -> None:
    all_leave(people)
    night.carry_out_piece(night.claim(NIGHT), now=NIGHT)

    events = AuditEvent.objects.filter(act="order_carried_out")
    assert sorted(events.values_list("object_id", flat=True)) == sorted(
        str(pk) for pk in PersonnelOrder.objects.values_list("pk", flat=True)
    )


@pytest.mark.parametrize("people_in_it", [2, 4])
def test_a_piece_costs_the_same_statements_whatever_its_size(
    people: list[Account], people_in_it: int, water: Agency, django_assert_max_num_queries: object
) -> None:
    goal = post(water)
    for each in people[:people_in_it]:
        order(Kind.MOVED, each, on=FIRST_OF_OCTOBER, position=goal)
    piece = night.claim(NIGHT)
    # Besides, each event of the chain takes a few.
    with django_assert_max_num_queries(50 + 6 * people_in_it):  # type: ignore[operator]
        night.carry_out_piece(piece, now=NIGHT)
