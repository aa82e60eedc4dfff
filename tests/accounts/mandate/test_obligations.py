"""Duties follow posts and proofs; what was once given is neither loosened nor tightened."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.mandate import letter, obligations
from accounts.models import (
    Account,
    Agency,
    Assignment,
    Mandate,
    Obligation,
    ObligationEvent,
    Official,
    OfficialHoliday,
    TotpDevice,
)
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import duty, reckon

pytestmark = pytest.mark.django_db

START = date(2008, 1, 7)
State = Obligation.State


@pytest.fixture
def agency() -> Agency:
    return scene.agency()


def test_a_director_has_three_months_and_the_year_of_everyone(agency: Agency) -> None:
    one = scene.official(agency, director="yes")
    reckon(one, START)
    assert duty(one, "directors").due_on == date(2008, 4, 8)
    assert duty(one, "everyone").due_on == date(2009, 1, 7)


def test_an_official_has_a_year_and_nothing_else(agency: Agency) -> None:
    one = scene.official(agency)
    reckon(one, START)
    assert list(one.obligations.values_list("due_on", flat=True)) == [date(2009, 1, 7)]


def test_while_an_officer_must_decide_the_year_alone_runs(agency: Agency) -> None:
    one = scene.official(agency, director="decide")
    reckon(one, START)
    assert one.obligations.get().rule == scene.rule("everyone")


def test_a_joiner_has_the_period_from_the_day_of_joining(agency: Agency) -> None:
    one = scene.official(agency, director="yes", since=date(2020, 6, 1))
    reckon(one, date(2020, 5, 20))
    assert duty(one, "directors").due_on == date(2020, 9, 1)
    assert duty(one, "everyone").due_on == date(2021, 6, 1)


def test_a_promotion_makes_a_new_duty_and_leaves_the_old_one_alone(agency: Agency) -> None:
    one = scene.official(agency, since=date(2020, 6, 1), until=date(2021, 4, 30))
    reckon(one, date(2020, 6, 1))
    scene.give_post(one, agency, director="yes", since=date(2021, 5, 1))
    reckon(one, date(2021, 5, 1), "promoted")
    assert duty(one, "directors").due_on == date(2021, 8, 2)
    assert duty(one, "everyone").due_on == date(2021, 6, 1)


def test_an_acting_director_has_three_months_from_the_order(agency: Agency) -> None:
    one = scene.official(agency, since=date(2015, 1, 1))
    scene.give_post(one, agency, director="yes", since=date(2020, 6, 1), kind="acting")
    reckon(one, date(2020, 6, 1))
    assert duty(one, "directors").due_on == date(2020, 9, 1)


def test_a_director_who_moves_to_another_directors_post_keeps_the_duty(agency: Agency) -> None:
    one = scene.official(agency, director="yes", since=date(2020, 6, 1), until=date(2020, 7, 31))
    reckon(one, date(2020, 6, 1))
    scene.give_post(one, agency, director="yes", since=date(2020, 8, 1))
    reckon(one, date(2020, 8, 1), "moved")
    assert duty(one, "directors").due_on == date(2020, 9, 1)
    assert one.obligations.count() == 2


def test_who_is_no_director_any_more_has_only_the_year_and_the_history(agency: Agency) -> None:
    one = scene.official(agency, director="yes", since=date(2020, 6, 1), until=date(2020, 7, 31))
    reckon(one, date(2020, 6, 1))
    scene.give_post(one, agency, since=date(2020, 8, 1))
    reckon(one, date(2020, 8, 1), "moved")
    assert {each.rule.covers: each.state for each in one.obligations.all()} == {
        "directors": State.VOID,
        "everyone": State.PENDING,
    }


def test_who_has_left_owes_nothing(agency: Agency) -> None:
    one = scene.official(agency, since=date(2020, 6, 1))
    reckon(one, date(2020, 6, 1))
    one.assignments.update(valid_to=date(2020, 9, 30))
    reckon(one, date(2020, 10, 1), "retired")
    assert one.obligations.get().state == State.VOID
    assert one.obligations.get().events.last().cause == "retired"


@pytest.mark.parametrize("told", [date(2019, 1, 1), date(2020, 12, 1), None])
def test_an_import_that_tells_another_first_day_moves_no_due_date(
    agency: Agency, told: date | None
) -> None:
    one = scene.official(agency, since=date(2020, 6, 1))
    reckon(one, date(2020, 6, 1))
    one.assignments.update(valid_from=told)
    reckon(one, date(2020, 12, 1), "import")
    assert duty(one).due_on == date(2021, 6, 1)


def test_a_correction_moves_it_and_says_so(agency: Agency) -> None:
    one = scene.official(agency, since=date(2020, 6, 1))
    reckon(one, date(2020, 6, 1))
    one.assignments.update(valid_from=date(2020, 8, 3))
    reckon(one, date(2020, 12, 1), obligations.CORRECTION)
    event = duty(one).events.last()
    assert event is not None
    assert (event.cause, event.due_before, event.due_after) == (
        "correction",
        date(2021, 6, 1),
        date(2021, 8, 3),
    )


def test_a_holiday_an_officer_adds_moves_the_last_day(agency: Agency) -> None:
    one = scene.official(agency)
    reckon(one, START)
    OfficialHoliday.objects.create(day=date(2009, 1, 7), name_th="วันหยุดพิเศษ")
    reckon(one, date(2008, 12, 1), "night")
    assert duty(one).due_on == date(2009, 1, 8)


def test_another_base_day_moves_every_duty_that_rests_on_it(agency: Agency) -> None:
    old = scene.official(agency)
    joiner = scene.official(agency, since=date(2020, 6, 1))
    reckon([old, joiner], START)
    letter.move_base(
        Mandate.objects.get(), letter.RESOLUTION, "resolution", by=None, now=scene.noon(START)
    )
    assert duty(old).due_on == date(2008, 12, 18)
    assert duty(joiner).due_on == date(2021, 6, 1)


def test_the_last_day_is_in_time_and_the_next_is_overdue(agency: Agency) -> None:
    one = scene.official(agency)
    reckon(one, date(2009, 1, 7))
    assert duty(one).state == State.PENDING
    reckon(one, date(2009, 1, 8), "night")
    assert duty(one).state == State.OVERDUE


def proven(agency: Agency, day: date) -> Official:
    one = scene.official(agency)
    scene.prove(one, agency, day)
    scene.attest(agency, scene.officer(agency), date(2008, 2, 1))
    return one


def test_all_proofs_on_the_last_day_are_in_time(agency: Agency) -> None:
    one = proven(agency, date(2009, 1, 7))
    reckon(one, date(2009, 3, 1))
    assert (duty(one).state, duty(one).met_on) == (State.MET, date(2009, 1, 7))


def test_all_proofs_a_day_later_are_late(agency: Agency) -> None:
    one = proven(agency, date(2009, 1, 8))
    reckon(one, date(2009, 3, 1))
    assert (duty(one).state, duty(one).met_on) == (State.LATE_MET, date(2009, 1, 8))


@pytest.mark.parametrize("lacking", [*scene.OURS, "attestation"])
def test_without_any_one_proof_the_duty_is_not_met(agency: Agency, lacking: str) -> None:
    one = proven(agency, date(2008, 3, 1))
    if lacking == "account_active":
        Account.objects.filter(official=one).update(state=Account.State.APPROVED)
    elif lacking == "second_factor":
        TotpDevice.objects.filter(user__official=one).delete()
    elif lacking == "first_sign_in":
        Account.objects.filter(official=one).update(first_signed_in_at=None)
    else:
        agency.attestations.all().delete()
    reckon(one, date(2008, 6, 1))
    assert duty(one).state == State.PENDING
    assert lacking not in duty(one).evidence


def test_a_reset_second_factor_does_not_undo_what_was_done(agency: Agency) -> None:
    one = proven(agency, date(2008, 3, 1))
    reckon(one, date(2008, 6, 1))
    TotpDevice.objects.filter(user__official=one).delete()
    reckon(one, date(2008, 6, 2), "night")
    assert (duty(one).state, duty(one).met_on) == (State.MET, date(2008, 3, 1))


def test_who_had_done_it_before_a_promotion_has_done_it(agency: Agency) -> None:
    one = proven(agency, date(2008, 3, 1))
    reckon(one, date(2008, 6, 1))
    TotpDevice.objects.filter(user__official=one).delete()
    scene.give_post(one, agency, director="yes", since=date(2008, 9, 1))
    reckon(one, date(2008, 9, 1), "promoted")
    assert (duty(one, "directors").state, duty(one, "directors").met_on) == (
        State.MET,
        date(2008, 9, 1),
    )


def test_who_is_suspended_from_service_is_not_late(agency: Agency) -> None:
    one = scene.official(agency)
    scene.account(one, agency, opened=date(2008, 3, 1))
    Account.objects.filter(official=one).update(state=Account.State.SUSPENDED)
    reckon(one, date(2010, 1, 1))
    assert duty(one).state == State.SUSPENDED


def test_while_the_agency_is_closed_the_clock_runs_and_the_delay_is_the_agencys() -> None:
    closed = scene.agency(state=Agency.State.NOT_READY)
    one = scene.official(closed)
    reckon(one, date(2009, 1, 8))
    assert (duty(one).state, duty(one).is_waiting_gate) == (State.OVERDUE, True)
    Agency.objects.filter(pk=closed.pk).update(state=Agency.State.LIVE)
    reckon(one, date(2009, 1, 9), "night")
    assert (duty(one).state, duty(one).is_waiting_gate) == (State.OVERDUE, False)


def test_a_second_reckoning_changes_nothing(agency: Agency) -> None:
    people = [scene.official(agency, director=each) for each in ("yes", "no", "decide")]
    assert reckon(people, START) == 4
    assert reckon(people, START, "night") == 0
    assert ObligationEvent.objects.count() == 4


def test_an_official_is_reckoned_by_as_many_queries_as_a_hundred(agency: Agency) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    few, many = ([scene.official(agency) for _ in range(count)] for count in (1, 100))
    with CaptureQueriesContext(connection) as one:
        reckon(few, START)
    with CaptureQueriesContext(connection) as hundred:
        reckon(many, START)
    assert len(hundred) == len(one)


def test_a_transfer_takes_the_duty_along(agency: Agency) -> None:
    other = scene.agency("กรมอื่น")
    one = scene.official(agency, since=date(2020, 6, 1), until=date(2020, 7, 31))
    reckon(one, date(2020, 6, 1))
    post = scene.give_post(one, other, since=date(2020, 8, 1), unit=scene.unit(other))
    reckon(one, date(2020, 8, 1), "transferred")
    row = duty(one)
    assert (row.agency, row.unit, row.assignment) == (other, post.position.unit, post)
    assert row.due_on == date(2021, 6, 1)


def test_a_day_between_two_posts_begins_a_new_time_of_service(agency: Agency) -> None:
    one = scene.official(agency, since=date(2015, 1, 1), until=date(2019, 12, 31))
    scene.give_post(one, agency, since=date(2020, 1, 2))
    reckon(one, date(2020, 1, 2))
    assert duty(one).serves_from == date(2020, 1, 2)


def test_a_post_from_the_year_9999_breaks_nothing(agency: Agency) -> None:
    one = scene.official(agency, since=date(9999, 12, 1))
    reckon(one, START)
    assert duty(one).due_on == date.max


def test_the_home_of_who_helps_elsewhere_is_the_own_post(agency: Agency) -> None:
    host = scene.agency("กรมเจ้าภาพ")
    one = scene.official(agency)
    scene.give_post(one, host, kind="secondment", since=START)
    reckon(one, START + timedelta(days=1))
    assert duty(one).agency == agency
    assert Assignment.objects.filter(official=one).count() == 2
