from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import Account, Agency, AuditEvent, PersonnelOrder
from accounts.people import (
    leaving,
    moving,
    orders,
    retirement,
    standing,
    transferring,
    two_officers,
)
from accounts.people.days import midnight
from accounts.people.orders import night, recording
from tests.accounts.people.service import (
    NOW,
    TODAY,
    Kind,
    Told,
    officer,
    official,
    order,
    post,
    serving,
)

FIRST_OF_OCTOBER = date(2026, 10, 1)
NIGHT = midnight(FIRST_OF_OCTOBER)
State = PersonnelOrder.State


def fresh(account: Account) -> Account:
    return Account.objects.get_queryset().get(pk=account.pk)


def test_an_order_for_today_is_carried_out_as_it_is_recorded(malee: Account) -> None:
    assert order(Kind.RESIGNED, malee).state == State.DONE


def test_an_order_for_a_day_to_come_waits_for_its_midnight(malee: Account) -> None:
    made = order(Kind.RESIGNED, malee, on=FIRST_OF_OCTOBER)
    assert (made.state, made.due_at) == (State.SCHEDULED, NIGHT)
    assert not orders.carry_out(made, now=NOW)
    assert orders.carry_out(made, now=NIGHT)


def test_an_order_withdrawn_in_time_changes_nothing(malee: Account) -> None:
    made = order(Kind.RESIGNED, malee, on=FIRST_OF_OCTOBER)
    orders.withdraw(made, by=None, now=NOW)

    assert night.claim(NIGHT) == []
    assert fresh(malee).state == Account.State.ACTIVE
    assert fresh(malee).is_active_at(NIGHT)


def test_an_order_carried_out_is_not_withdrawn(malee: Account) -> None:
    with pytest.raises(recording.TooLateToWithdraw):
        orders.withdraw(order(Kind.RESIGNED, malee), by=None, now=NOW)


def test_an_order_withdrawn_while_a_worker_has_it_is_not_carried_out(malee: Account) -> None:
    made = order(Kind.RESIGNED, malee, on=FIRST_OF_OCTOBER)
    piece = night.claim(NIGHT)
    orders.withdraw(made, by=None, now=NIGHT)

    assert night.carry_out_piece(piece, now=NIGHT) == 0
    assert fresh(malee).state == Account.State.ACTIVE


def test_who_dies_before_retiring_leaves_once(malee: Account) -> None:
    retiring = order(Kind.RETIRED, malee, on=FIRST_OF_OCTOBER)
    order(Kind.DIED, malee)

    retiring.refresh_from_db()
    assert retiring.state == State.WITHDRAWN
    assert fresh(malee).state == Account.State.SUSPENDED
    assert fresh(malee).valid_to == midnight(TODAY)


def test_a_later_leave_is_refused_while_an_earlier_one_is_on_file(malee: Account) -> None:
    order(Kind.RETIRED, malee, on=FIRST_OF_OCTOBER)
    with pytest.raises(recording.AlreadyLeaving):
        order(Kind.RESIGNED, malee, on=date(2026, 11, 1))


def test_an_officers_order_takes_the_place_of_what_the_rule_planned(
    water: Agency, told: Told, hana: Account
) -> None:
    suda = serving(water, given="Suda", birth_date=date(1966, 1, 1))
    retirement.plan(NOW)
    planned = PersonnelOrder.objects.get()
    order(Kind.RETIRED, suda, on=FIRST_OF_OCTOBER, by=hana)

    planned.refresh_from_db()
    assert planned.state == State.WITHDRAWN
    assert fresh(suda).valid_to == NIGHT


def test_an_order_that_needed_help_is_tried_again(malee: Account) -> None:
    made = order(Kind.RESIGNED, malee, on=FIRST_OF_OCTOBER)
    PersonnelOrder.objects.update(state=State.FAILED, due_at=None, attempts=6)
    orders.try_again(made, by=None, now=NIGHT)

    assert night.claim(NIGHT) == [made]


def test_a_move_to_another_agency_is_no_move(malee: Account, roads: Agency) -> None:
    with pytest.raises(moving.AnotherAgency):
        order(Kind.MOVED, malee, position=post(roads))


def test_nothing_is_recorded_about_somebody_not_in_service(water: Agency, told: Told) -> None:
    with pytest.raises(recording.NotInService):
        orders.record(
            Kind.MOVED, official(), effective_on=TODAY, position=post(water), by=None, now=NOW
        )
    assert not PersonnelOrder.objects.exists()


@pytest.mark.parametrize("kind", recording.NEED_POSITION)
def test_an_order_about_a_post_names_it(malee: Account, kind: str) -> None:
    with pytest.raises(recording.PositionNeeded):
        order(kind, malee, until=TODAY)


def test_an_order_does_not_end_before_it_begins(malee: Account, water: Agency) -> None:
    with pytest.raises(recording.EndsBeforeItBegins):
        order(Kind.ACTING, malee, position=post(water), until=date(2026, 9, 1))


# --- Transfers take both sides --------------------------------------------


@pytest.fixture
def hana(water: Agency, told: Told) -> Account:
    return officer(water, "Hana")


@pytest.fixture
def rung(roads: Agency, told: Told) -> Account:
    return officer(roads, "Rung")


def test_nobody_agrees_to_the_transfer_they_recorded(
    malee: Account, roads: Agency, hana: Account
) -> None:
    made = order(Kind.TRANSFERRED, malee, by=hana, to_agency=roads, position=post(roads))
    with pytest.raises(transferring.OtherSideMustAgree):
        orders.agree(made, by=hana, now=NOW)


def test_another_officer_of_the_same_side_cannot_agree(
    malee: Account, roads: Agency, hana: Account, water: Agency
) -> None:
    made = order(Kind.TRANSFERRED, malee, by=hana, to_agency=roads, position=post(roads))
    with pytest.raises(transferring.OtherSideMustAgree):
        orders.agree(made, by=officer(water, "Niran"), now=NOW)


def test_what_the_receiving_agency_recorded_the_other_one_must_agree_to(
    malee: Account, roads: Agency, hana: Account, rung: Account
) -> None:
    made = order(Kind.TRANSFERRED, malee, by=rung, to_agency=roads, position=post(roads))
    with pytest.raises(transferring.OtherSideMustAgree):
        orders.agree(made, by=officer(roads, "Niran"), now=NOW)
    orders.agree(made, by=hana, now=NOW)

    assert Account.objects.get(official=malee.official).agency == roads


def test_the_receiving_agency_names_the_post(malee: Account, roads: Agency, hana: Account) -> None:
    made = order(Kind.TRANSFERRED, malee, by=hana, to_agency=roads)
    rung, goal = officer(roads, "Rung"), post(roads)
    with pytest.raises(recording.PositionNeeded):
        orders.agree(made, by=rung, now=NOW)
    orders.agree(made, by=rung, now=NOW, position=goal)

    new = Account.objects.get(official=malee.official)
    assert [each.position for each in new.official.assignments.all().on(TODAY)] == [goal]  # type: ignore[union-attr]


def test_a_transfer_into_a_post_of_a_third_agency_is_refused(
    malee: Account, roads: Agency, hana: Account, water: Agency
) -> None:
    with pytest.raises(transferring.PositionOfReceiver):
        order(Kind.TRANSFERRED, malee, by=hana, to_agency=roads, position=post(water))


def test_administrative_rights_stay_with_the_office(
    hana: Account, roads: Agency, water: Agency, rung: Account
) -> None:
    made = order(
        Kind.TRANSFERRED, hana, by=officer(water, "Niran"), to_agency=roads, position=post(roads)
    )
    orders.agree(made, by=rung, now=NOW)

    new = Account.objects.get(official=hana.official)
    assert not new.is_staff
    assert not new.groups.exists()


# --- What is written down -------------------------------------------------


def test_recording_agreeing_and_carrying_out_are_each_in_the_audit(
    malee: Account, roads: Agency, hana: Account, rung: Account
) -> None:
    made = order(Kind.TRANSFERRED, malee, by=hana, to_agency=roads, position=post(roads))
    orders.agree(made, by=rung, now=NOW)

    events = AuditEvent.objects.filter(object_id=made.pk, kind="accounts.personnelorder")
    assert list(events.order_by("number").values_list("act", "actor")) == [
        ("order_recorded", hana.pk),
        ("order_agreed", rung.pk),
        ("order_carried_out", None),
    ]


def test_the_superior_does_not_agree_to_their_own_access(
    malee: Account, water: Agency, hana: Account, told: Told
) -> None:
    superior = officer(water, "Suda")
    order(Kind.DIED, malee, by=hana, details={"superior": superior.pk})
    with pytest.raises(two_officers.NotYourOwn):
        two_officers.agree(two_officers.waiting(NOW).get(), by=superior, now=NOW)
    assert told["died"] == []


@pytest.mark.parametrize("kind", [Kind.SUSPENDED, Kind.RESIGNED])
def test_only_who_died_or_was_dismissed_leaves_mail_to_a_superior(
    malee: Account, water: Agency, hana: Account, kind: str
) -> None:
    order(kind, malee, by=hana)
    with pytest.raises(leaving.NothingLeftBehind):
        leaving.ask_for_superior(
            fresh(malee), officer(water, "Suda"), reason="งานค้าง", by=hana, now=NOW
        )


def test_a_superior_with_a_closed_account_gets_no_access(
    malee: Account, water: Agency, hana: Account
) -> None:
    order(Kind.DIED, malee, by=hana)
    superior = officer(water, "Suda")
    standing.suspend(superior, now=NOW)
    malee = fresh(malee)
    with pytest.raises(leaving.SuperiorMustBeOpen):
        leaving.ask_for_superior(malee, superior, reason="งานค้าง", by=hana, now=NOW)


def test_nobody_stays_in_because_the_superior_named_was_closed_meanwhile(
    malee: Account, water: Agency, hana: Account, told: Told
) -> None:
    superior, tomorrow = officer(water, "Suda"), TODAY + timedelta(days=1)
    order(Kind.DISMISSED, malee, on=tomorrow, by=hana, details={"superior": superior.pk})
    standing.suspend(superior, now=NOW)
    night_begins = midnight(tomorrow)
    while piece := night.claim(night_begins):
        night.carry_out_piece(piece, now=night_begins)

    assert PersonnelOrder.objects.get(official=malee.official).state == PersonnelOrder.State.DONE
    assert fresh(malee).state == Account.State.SUSPENDED
    assert [details["superior"] for _account, details in told["handed_over"]] == [None]
