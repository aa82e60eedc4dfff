"""An agency's list changes its own people: of others it may ask for, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.directory import applying
from accounts.models import Account, Official, PersonnelOrder, Position, SourceRecord
from accounts.people import national_id, orders
from tests.accounts.directory.people import (
    NOW,
    imported,
    official,
    planned,
    record,
    row,
    verdicts,
)
from tests.cast import Cast

pytestmark = pytest.mark.django_db

Kind = PersonnelOrder.Kind
NUMBER = "1101700230708"
LATER, LATER_STILL, LAST = (NOW + timedelta(days=days) for days in (1, 2, 3))


@pytest.fixture
def chiara(cast: Cast) -> Official:
    """Of the Ministry of Interior, with a number that the other ministry's list may name."""
    found = cast.chiara.official
    assert found is not None
    found.national_id_digest = national_id.digest(NUMBER)
    found.save(update_fields=["national_id_digest"])
    return found


@pytest.fixture
def crossed_over(cast: Cast) -> Official:
    """Joined the Ministry of Transport by a list, and was transferred to the Interior."""
    imported(cast, record(1), record(2))
    one = official("k1")
    Account.objects.filter(official=one).update(state=Account.State.ACTIVE)
    position = Position.objects.create(agency=cast.interior, title_th="นิติกร")
    order = orders.record(
        Kind.TRANSFERRED,
        one,
        effective_on=NOW.date(),
        by=cast.hana,
        now=NOW,
        position=position,
    )
    orders.agree(order, by=cast.chiara, now=NOW)
    one.refresh_from_db()
    assert one.account.agency == cast.interior
    return one


def leaving_orders(of: Official) -> int:
    return PersonnelOrder.objects.filter(official=of).exclude(kind=Kind.TRANSFERRED).count()


# --- Known by their national number alone ---------------------------------


def test_a_list_makes_nobody_of_another_agency_leave(cast: Cast, chiara: Official) -> None:
    batch = planned(cast, record(1, national_id=NUMBER, leaves="ลาออก"))
    assert verdicts(batch) == ["error"]
    assert "only that one says who leaves it" in row(batch, 1).words


def test_asking_for_somebody_changes_nothing_of_theirs(cast: Cast, chiara: Official) -> None:
    imported(cast, record(1, national_id=NUMBER, phone="02 999 9999"))
    chiara.refresh_from_db()

    assert (chiara.given_name_th, chiara.phone, chiara.birth_date) == ("เคียร่า", "", None)
    order = PersonnelOrder.objects.get(official=chiara)
    assert (order.kind, order.state) == (Kind.TRANSFERRED, "awaiting_second")


def test_the_plan_shows_nothing_of_what_the_other_agency_knows(
    cast: Cast, chiara: Official
) -> None:
    chiara.birth_date = date(1980, 2, 3)
    chiara.save()
    batch = planned(cast, record(1, national_id=NUMBER))
    assert set(row(batch, 1).diff) == {"agency"}


def test_who_has_left_the_other_agency_joins_this_one(cast: Cast, chiara: Official) -> None:
    Account.objects.filter(official=chiara).update(state=Account.State.SUSPENDED, valid_to=NOW)
    batch = imported(cast, record(1, national_id=NUMBER), now=LATER)

    assert verdicts(batch) == ["join"]
    assert Account.objects.get(official=chiara).agency == cast.transport


def test_who_was_asked_for_and_never_came_is_not_made_to_leave(
    cast: Cast, chiara: Official
) -> None:
    imported(cast, record(1, national_id=NUMBER), record(2))
    for now in (LATER, LATER_STILL, LAST):
        imported(cast, record(2), now=now)
    assert leaving_orders(chiara) == 0


# --- Transferred away -----------------------------------------------------


def test_whom_a_list_still_names_after_a_transfer_is_not_asked_back(
    cast: Cast, crossed_over: Official
) -> None:
    batch = planned(cast, record(1), record(2), now=LATER)
    assert verdicts(batch) == ["same", "same"]
    assert "Serves in another agency now" in row(batch, 1).words


@pytest.mark.parametrize("code", ["โอน", "ลาออก", "พักราชการ"])
def test_a_leave_code_after_a_transfer_reaches_nobody(
    cast: Cast, crossed_over: Official, code: str
) -> None:
    batch = imported(cast, record(1, leaves=code), record(2), now=LATER)
    assert verdicts(batch) == ["same", "same"]
    crossed_over.account.refresh_from_db()
    assert crossed_over.account.state == Account.State.RESERVED


def test_missing_after_a_transfer_is_not_having_left_the_service(
    cast: Cast, crossed_over: Official
) -> None:
    for now in (LATER, LATER_STILL, LAST):
        imported(cast, record(2), now=now)
    assert leaving_orders(crossed_over) == 0
    assert SourceRecord.objects.get(key="k1").has_left


def test_who_was_gone_from_the_list_and_is_named_again_is_asked_back(
    cast: Cast, crossed_over: Official
) -> None:
    imported(cast, record(2), now=LATER)
    batch = planned(cast, record(1), record(2), now=LATER_STILL)
    assert verdicts(batch) == ["move", "same"]
    assert set(row(batch, 1).diff) == {"agency"}


def test_a_plan_from_before_a_transfer_is_not_carried_out_on_whom_it_took_away(
    cast: Cast,
) -> None:
    imported(cast, record(1), record(2))
    batch = planned(cast, record(1, leaves="ลาออก"), record(2), now=LATER)
    Account.objects.filter(official=official("k1")).update(agency=cast.interior)
    applying.approve(batch, by=cast.hana, now=LATER)
    applying.apply(batch, now=LATER)

    assert "Serves in another agency by now" in row(batch, 1).words
    assert leaving_orders(official("k1")) == 0


# --- Below the agency of the list -----------------------------------------


@pytest.fixture
def of_a_department(cast: Cast) -> Official:
    """In the ministry's list, and serving in a department of it."""
    imported(cast, record(1), record(2))
    cast.interior.parent = cast.transport
    cast.interior.save()
    Account.objects.filter(official=official("k1")).update(agency=cast.interior)
    return official("k1")


def test_a_list_of_the_whole_ministry_changes_its_departments_people(
    cast: Cast, of_a_department: Official
) -> None:
    other_post = record(1, phone="02 1", position_number="p99")
    batch = imported(cast, other_post, record(2), now=LATER)
    of_a_department.refresh_from_db()

    assert (verdicts(batch), of_a_department.phone) == (["change", "same"], "02 1")


def test_a_list_of_the_whole_ministry_says_who_leaves_its_departments(
    cast: Cast, of_a_department: Official
) -> None:
    batch = imported(cast, record(1, leaves="ลาออก"), record(2), now=LATER)
    assert verdicts(batch) == ["leave", "same"]
    assert leaving_orders(of_a_department) == 1


# --- Numbers that mean somebody else --------------------------------------


def test_a_number_given_to_somebody_new_does_not_take_over_the_mailbox(cast: Cast) -> None:
    imported(cast, record(1))
    successor = record(1, given_name_th="ดวงใจ", family_name_th="อื่น", birth_date=date(1999, 1, 1))
    batch = planned(cast, successor, now=LATER)

    assert verdicts(batch) == ["error"]
    assert "use a new one" in row(batch, 1).words


def test_another_national_number_under_a_known_number_is_another_person(cast: Cast) -> None:
    imported(cast, record(1, national_id=NUMBER))
    batch = planned(cast, record(1, national_id="3100600445635"), now=LATER)
    assert verdicts(batch) == ["error"]


def test_a_new_family_name_is_the_same_person(cast: Cast) -> None:
    imported(cast, record(1, national_id=NUMBER))
    batch = planned(cast, record(1, national_id=NUMBER, family_name_th="รักไทย"), now=LATER)
    assert verdicts(batch) == ["change"]


def test_a_national_number_is_not_given_to_a_second_official(cast: Cast) -> None:
    imported(cast, record(1), record(2, national_id=NUMBER))
    batch = planned(cast, record(1, national_id=NUMBER), now=LATER, reads_all=False)
    assert verdicts(batch) == ["error"]


def test_a_national_number_of_another_agency_is_not_given_again(
    cast: Cast, chiara: Official
) -> None:
    imported(cast, record(1))
    batch = imported(cast, record(1, national_id=NUMBER), now=LATER)
    assert "another official" in row(batch, 1).words
    assert official("k1").national_id_digest is None
