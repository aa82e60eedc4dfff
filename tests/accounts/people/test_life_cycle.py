"""The table of events and effects (docs/life-cycle.md), a test for each effect."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import Account, Agency, Obligation, ProvisioningJob, Session
from accounts.people import leaving, orders, two_officers
from accounts.people.days import midnight
from accounts.people.orders import night
from accounts.people.transferring import releasing
from accounts.signing_in.session_store import SessionStore
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

State = Account.State
FIRST_OF_OCTOBER = date(2026, 10, 1)
NIGHT = midnight(FIRST_OF_OCTOBER)


def fresh(account: Account) -> Account:
    return Account.objects.get_queryset().get(pk=account.pk)


def work(now: object = NIGHT) -> None:
    """What a worker does in the minute after midnight."""
    while piece := night.claim(now):  # type: ignore[arg-type]
        night.carry_out_piece(piece, now=now)  # type: ignore[arg-type]


def sign_in(account: Account) -> None:
    session = SessionStore()
    session["_auth_user_id"] = str(account.pk)
    session.save()
    Session.objects.get_queryset().update(account=account)


def substantive(account: Account, day: date) -> list[int]:
    held = fresh(account).official.assignments.filter(kind="substantive").on(day)  # type: ignore[union-attr]
    return list(held.values_list("position", flat=True))


# --- บรรจุ / รับโอน: request, duty created, account reserved -----------------


@pytest.mark.parametrize("kind", [Kind.APPOINTED, Kind.RECEIVED])
def test_a_joiner_has_a_reserved_account_and_a_place_in_the_queue(
    water: Agency, told: Told, kind: str
) -> None:
    person = official()
    orders.record(kind, person, effective_on=TODAY, position=post(water), by=None, now=NOW)

    account = Account.objects.get(official=person)
    assert (account.address, account.state) == ("malee.s@water.example", State.RESERVED)
    assert ProvisioningJob.objects.get(account=account).state == "waiting"


def test_a_joiner_has_a_duty_under_the_mandate(water: Agency, told: Told) -> None:
    person = official()
    orders.record(
        Kind.APPOINTED, person, effective_on=TODAY, position=post(water), by=None, now=NOW
    )

    assert Obligation.objects.open().filter(official=person).exists()


def test_a_joiner_of_a_day_to_come_is_made_ready_and_let_in_on_that_day(
    water: Agency, told: Told
) -> None:
    person = official()
    position = post(water)
    orders.record(
        Kind.APPOINTED, person, effective_on=FIRST_OF_OCTOBER, position=position, by=None, now=NOW
    )
    Account.objects.filter(official=person).update(state=State.ACTIVE)

    account = Account.objects.get(official=person)
    assert not account.is_active_at(NIGHT - timedelta(seconds=1))
    assert account.is_active_at(NIGHT)


# --- เลื่อน to director class: new duty; queue class raised ------------------


def test_who_is_promoted_to_director_has_a_new_duty_of_three_months(
    malee: Account, water: Agency
) -> None:
    order(Kind.PROMOTED, malee, position=post(water, "ผู้อำนวยการกอง", director=True))

    duties = Obligation.objects.open().filter(official=malee.official, rule__covers="directors")
    assert duties.get().began_on == TODAY


def test_who_is_promoted_to_director_comes_forward_in_the_queue(water: Agency, told: Told) -> None:
    person = official()
    orders.record(
        Kind.APPOINTED, person, effective_on=TODAY, position=post(water), by=None, now=NOW
    )
    job = ProvisioningJob.objects.get()
    assert job.queue_class == ProvisioningJob.QueueClass.REST
    order(Kind.PROMOTED, job.account, position=post(water, "ผู้อำนวยการกอง", director=True))

    job.refresh_from_db()
    assert job.queue_class == ProvisioningJob.QueueClass.DIRECTOR


# --- ย้าย: position changes, address stays -----------------------------------


def test_who_moves_within_the_agency_changes_the_post_and_keeps_the_address(
    malee: Account, water: Agency
) -> None:
    (old,) = substantive(malee, TODAY)
    new = post(water, "นักวิชาการอาวุโส")
    order(Kind.MOVED, malee, on=FIRST_OF_OCTOBER, position=new)
    work()

    assert substantive(malee, FIRST_OF_OCTOBER - timedelta(days=1)) == [old]
    assert substantive(malee, FIRST_OF_OCTOBER) == [new.pk]
    assert fresh(malee).address == malee.address
    assert fresh(malee).is_active_at(NIGHT)


# --- โอน: two sides, new address, the old one forwards for 90 days -----------


def transfer(malee: Account, roads: Agency) -> Account:
    """Agreed to by both sides and carried out on 1 October; returns the new account."""
    ours = officer(malee.agency, "Hana")
    theirs = officer(roads, "Rung")
    made = order(
        Kind.TRANSFERRED, malee, on=FIRST_OF_OCTOBER, by=ours, to_agency=roads, position=post(roads)
    )
    orders.agree(made, by=theirs, now=NOW)
    work()
    return Account.objects.get(official=malee.official)


def test_a_transfer_gives_a_new_address_in_the_new_agency(malee: Account, roads: Agency) -> None:
    new = transfer(malee, roads)

    assert (new.address, new.agency, new.state) == (
        "malee.s@roads.example",
        roads,
        State.RESERVED,
    )
    assert ProvisioningJob.objects.open().filter(account=new).exists()


def test_a_transfer_leaves_the_old_account_with_the_old_agency(
    malee: Account, roads: Agency, water: Agency
) -> None:
    sign_in(malee)
    transfer(malee, roads)

    old = fresh(malee)
    assert (old.agency, old.official, old.former_official) == (water, None, malee.official)
    assert not old.is_active_at(NIGHT)
    assert not Session.objects.get_queryset().filter(account=malee).exists()


def test_after_a_transfer_the_old_address_forwards_for_ninety_days(
    malee: Account, roads: Agency, told: Told
) -> None:
    new = transfer(malee, roads)

    ((old, details),) = told["transferred"]
    assert old == malee
    assert details == {"to": new, "until": NIGHT + timedelta(days=90)}


def test_a_copy_of_the_mail_that_was_left_is_released_once_both_sides_agree(
    malee: Account, roads: Agency, told: Told
) -> None:
    new = transfer(malee, roads)
    Account.objects.filter(pk=new.pk).update(state=State.ACTIVE)
    ours, theirs = officer(malee.agency, "Niran"), officer(roads, "Wichai")
    asked = releasing.ask(fresh(malee), reason="บันทึกส่วนตัว", by=ours, now=NIGHT)
    assert told["released"] == []
    two_officers.agree(asked, by=theirs, now=NIGHT)

    assert told["released"] == [(malee, {"to": new, "reason": "บันทึกส่วนตัว"})]


def test_a_transfer_waits_until_the_other_side_agrees(malee: Account, roads: Agency) -> None:
    ours = officer(malee.agency, "Hana")
    order(Kind.TRANSFERRED, malee, by=ours, to_agency=roads, position=post(roads))

    assert fresh(malee).official == malee.official
    assert fresh(malee).is_active_at(NOW)


def test_a_transfer_ends_the_posts_in_the_old_agency(malee: Account, roads: Agency) -> None:
    new = transfer(malee, roads)

    assert new.official is not None
    held = new.official.assignments.all().on(FIRST_OF_OCTOBER)
    assert [each.position.agency for each in held] == [roads]


# --- ช่วยราชการ: home account stays; dated at the host ------------------------


def test_who_is_seconded_keeps_home_and_serves_the_host_for_a_time(
    malee: Account, roads: Agency, water: Agency
) -> None:
    host = post(roads)
    order(Kind.SECONDED, malee, position=host, until=FIRST_OF_OCTOBER)

    there = malee.official.assignments.get(kind="secondment")  # type: ignore[union-attr]
    assert (there.position, there.valid_from, there.valid_to) == (host, TODAY, FIRST_OF_OCTOBER)
    assert (fresh(malee).agency, fresh(malee).state) == (water, State.ACTIVE)
    assert len(substantive(malee, TODAY)) == 1


# --- รักษาราชการแทน / รักษาการ: dated access to the position's mailbox only -----


def test_who_acts_holds_the_post_for_a_time_and_keeps_the_own_one(
    malee: Account, water: Agency
) -> None:
    vacant = post(water, "ผู้อำนวยการกอง", director=True)
    order(Kind.ACTING, malee, position=vacant, until=TODAY + timedelta(days=30))

    acting = malee.official.assignments.get(kind="acting")  # type: ignore[union-attr]
    assert acting.is_in_force(TODAY + timedelta(days=30))
    assert not acting.is_in_force(TODAY + timedelta(days=31))
    assert substantive(malee, TODAY) != [vacant.pk]


def test_an_acting_order_without_a_last_day_is_refused(malee: Account, water: Agency) -> None:
    with pytest.raises(orders.recording.LastDayNeeded):
        order(Kind.ACTING, malee, position=post(water))


# --- พักราชการ: suspended at once, mail kept, no self-service ------------------


def test_who_is_suspended_is_out_at_once(malee: Account, told: Told) -> None:
    sign_in(malee)
    assert Session.objects.get_queryset().filter(account=malee).exists()
    order(Kind.SUSPENDED, malee)

    assert fresh(malee).state == State.SUSPENDED
    assert not fresh(malee).is_active_at(NOW)
    assert not Session.objects.get_queryset().filter(account=malee).exists()
    assert [account for account, _more in told["suspended"]] == [malee]


def test_who_is_suspended_keeps_the_post_and_comes_back_by_reinstatement(
    malee: Account, told: Told
) -> None:
    order(Kind.SUSPENDED, malee)
    order(Kind.REINSTATED, malee)

    assert fresh(malee).is_active_at(NOW)
    assert len(substantive(malee, TODAY)) == 1
    assert [account for account, _more in told["reinstated"]] == [malee]


# --- ปลดออก / ไล่ออก: suspended at once, hand-over to superior ------------------


def test_who_is_dismissed_is_out_at_once(malee: Account) -> None:
    sign_in(malee)
    order(Kind.DISMISSED, malee)

    assert fresh(malee).state == State.SUSPENDED
    assert not Session.objects.get_queryset().filter(account=malee).exists()
    assert substantive(malee, TODAY) == []


def test_what_a_dismissed_official_left_goes_to_the_superior_once_two_officers_agree(
    malee: Account, water: Agency, told: Told
) -> None:
    hana, superior = officer(water, "Hana"), serving(water, given="Suda")
    order(Kind.DISMISSED, malee, by=hana, details={"superior": superior.pk})
    assert told["handed_over"] == []
    agree(officer(water, "Niran"))

    assert told["handed_over"] == [(malee, {"superior": superior})]


def agree(officer: Account) -> None:
    two_officers.agree(two_officers.waiting(NOW).get(), by=officer, now=NOW)


# --- ลาออก: leaves on the order's date ----------------------------------------


def test_who_resigns_stays_until_the_day_of_the_order(malee: Account) -> None:
    order(Kind.RESIGNED, malee, on=FIRST_OF_OCTOBER)

    assert fresh(malee).state == State.LEAVING
    assert fresh(malee).is_active_at(NIGHT - timedelta(seconds=1))
    work()
    assert fresh(malee).state == State.SUSPENDED
    assert substantive(malee, FIRST_OF_OCTOBER) == []


# --- เกษียณ: until 30 September 24:00; then 90 days' answer, then retained -------


def test_who_retires_is_let_in_until_midnight_even_if_no_worker_is_awake(malee: Account) -> None:
    order(Kind.RETIRED, malee, on=FIRST_OF_OCTOBER)

    assert fresh(malee).is_active_at(NIGHT - timedelta(microseconds=1))
    assert not fresh(malee).is_active_at(NIGHT)
    assert malee not in Account.objects.active(NIGHT)


def test_mail_to_who_retired_is_answered_with_the_position_for_ninety_days(
    malee: Account, told: Told
) -> None:
    (last,) = substantive(malee, TODAY)
    order(Kind.RETIRED, malee, on=FIRST_OF_OCTOBER)
    work()

    ((account, details),) = told["retained"]
    assert (account, details["position"].pk) == (malee, last)
    assert details["until"] == NIGHT + timedelta(days=90)


def test_who_retired_is_suspended_for_ninety_days_and_then_retained(malee: Account) -> None:
    order(Kind.RETIRED, malee, on=FIRST_OF_OCTOBER)
    work()
    leaving.retain_left(NIGHT + timedelta(days=90) - timedelta(seconds=1), most=10)
    assert fresh(malee).state == State.SUSPENDED

    assert leaving.retain_left(NIGHT + timedelta(days=90), most=10) == 1
    assert fresh(malee).state == State.RETAINED


# --- ถึงแก่กรรม: suspended, superior's access by two -----------------------------


def test_the_account_of_who_died_is_closed_at_once(malee: Account) -> None:
    sign_in(malee)
    order(Kind.DIED, malee)

    assert fresh(malee).state == State.SUSPENDED
    assert not Session.objects.get_queryset().filter(account=malee).exists()


def test_a_superior_reads_the_mail_of_who_died_only_once_two_officers_agree(
    malee: Account, water: Agency, told: Told
) -> None:
    hana, superior = officer(water, "Hana"), serving(water, given="Suda")
    order(Kind.DIED, malee, by=hana, details={"superior": superior.pk})
    with pytest.raises(two_officers.AnotherOfficerNeeded):
        agree(hana)
    assert told["died"] == []
    agree(officer(water, "Niran"))

    assert told["died"] == [(malee, {"superior": superior})]
