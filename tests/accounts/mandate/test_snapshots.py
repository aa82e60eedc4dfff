"""A day is written down once it is over, and every head is in exactly one column."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.mandate import night, snapshots
from accounts.models import Account, Agency, Exemption, Obligation, Snapshot
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import reckon

pytestmark = pytest.mark.django_db

DUE = date(2009, 1, 7)
COLUMNS = (
    *("met", "late_met", "late_person", "late_agency"),
    *("waiting_gate", "exempt", "pending"),
)


def counts(day: date, agency: Agency, covers: str = "everyone") -> dict[str, int]:
    row = Snapshot.objects.get(day=day, agency=agency, rule__covers=covers)
    found = {name: getattr(row, name) for name in COLUMNS}
    assert sum(found.values()) == row.eligible
    return {name: count for name, count in found.items() if count}


def test_who_is_due_on_the_day_itself_is_not_late_at_its_end() -> None:
    agency = scene.agency()
    reckon(scene.official(agency), DUE + timedelta(days=1))
    snapshots.take(DUE)
    snapshots.take(DUE + timedelta(days=1))
    assert counts(DUE, agency) == {"pending": 1}
    assert counts(DUE + timedelta(days=1), agency) == {"late_person": 1}


def test_a_proof_that_came_a_day_later_does_not_count_yet() -> None:
    agency = scene.agency()
    one = scene.official(agency)
    scene.prove(one, agency, DUE)
    scene.attest(agency, scene.officer(agency), date(2008, 2, 1))
    reckon(one, DUE)
    snapshots.take(DUE - timedelta(days=1))
    snapshots.take(DUE)
    assert counts(DUE - timedelta(days=1), agency) == {"pending": 1}
    assert counts(DUE, agency) == {"met": 1}


def test_the_agencys_lateness_is_counted_apart() -> None:
    closed = scene.agency(state=Agency.State.NOT_READY)
    people = [scene.official(closed), scene.official(closed, since=date(2008, 6, 2))]
    reckon(people, DUE + timedelta(days=1))
    snapshots.take(DUE + timedelta(days=1))
    assert counts(DUE + timedelta(days=1), closed) == {"late_agency": 1, "waiting_gate": 1}


def test_exempt_and_suspended_owe_nothing_for_now() -> None:
    agency = scene.agency()
    suspended, exempt = scene.official(agency), scene.official(agency)
    scene.account(suspended, agency, opened=date(2008, 3, 1))
    Account.objects.filter(official=suspended).update(state=Account.State.SUSPENDED)
    officer, other = scene.officer(agency), scene.officer(agency)
    Exemption.objects.create(
        rule=scene.rule("everyone"),
        official=exempt,
        reason="leave",
        letter_no="ที่ 1",
        starts_on=DUE,
        expires_on=DUE + timedelta(days=30),
        asked_by=officer,
        approved_by=other,
        approved_at=scene.noon(DUE),
    )
    reckon([suspended, exempt], DUE + timedelta(days=1))
    snapshots.take(DUE + timedelta(days=1))
    assert counts(DUE + timedelta(days=1), agency) == {"exempt": 2}


def test_the_void_are_history() -> None:
    agency = scene.agency()
    one = scene.official(agency, until=date(2008, 6, 1))
    reckon(one, date(2008, 3, 1))
    reckon(one, date(2008, 6, 2), "resigned")
    assert Obligation.objects.get().state == "void"
    assert snapshots.take(date(2008, 6, 2)) == 0


def test_taken_twice_a_day_stands_once_as_it_was_last() -> None:
    agency, other = scene.agency(), scene.agency("กรมอื่น")
    one = scene.official(agency, until=date(2008, 3, 1))
    reckon(one, date(2008, 3, 1))
    snapshots.take(date(2008, 3, 1))
    scene.give_post(one, other, since=date(2008, 3, 2))
    reckon(one, date(2008, 3, 2), "transferred")
    snapshots.take(date(2008, 3, 1))
    assert [row.agency for row in Snapshot.objects.all()] == [other]


def test_the_night_closes_the_day_before_once() -> None:
    agency = scene.agency()
    scene.official(agency)
    after_midnight = scene.noon(DUE + timedelta(days=1)).replace(hour=0, minute=10)
    assert night.close_day(after_midnight)
    assert not night.close_day(after_midnight)
    assert counts(DUE, agency) == {"pending": 1}
    # The new day has begun: whoever was due yesterday is late from now on.
    assert Obligation.objects.get().state == Obligation.State.OVERDUE
