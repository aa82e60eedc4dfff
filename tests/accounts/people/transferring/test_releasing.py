"""A personal copy after a transfer takes an officer of each agency."""

from __future__ import annotations

import pytest

from accounts.models import Account, Agency, AuditEvent
from accounts.people import orders, two_officers
from accounts.people.transferring import releasing
from tests.accounts.people.service import NOW, Kind, Told, agency, officer, order, post, serving

WHY = "บันทึกส่วนตัวที่เกี่ยวกับสวัสดิการ"


@pytest.fixture
def hana(water: Agency) -> Account:
    return officer(water, "Hana")


@pytest.fixture
def rung(roads: Agency) -> Account:
    return officer(roads, "Rung")


@pytest.fixture
def moved(malee: Account, roads: Agency, hana: Account, rung: Account) -> Account:
    """Malee's account at the department of roads, to which she was transferred this morning."""
    made = order(Kind.TRANSFERRED, malee, by=hana, to_agency=roads, position=post(roads))
    orders.agree(made, by=rung, now=NOW)
    new = Account.objects.get(official=malee.official)
    Account.objects.filter(pk=new.pk).update(state=Account.State.ACTIVE)
    return fresh(new)


@pytest.fixture
def left(malee: Account, moved: Account) -> Account:
    """The account Malee has left at the department of water."""
    return fresh(malee)


def fresh(account: Account) -> Account:
    return Account.objects.get_queryset().get(pk=account.pk)


def test_asking_alone_releases_nothing(left: Account, hana: Account, told: Told) -> None:
    releasing.ask(left, reason=WHY, by=hana, now=NOW)

    assert told["released"] == []


@pytest.mark.parametrize("asks", ["old side", "new side"])
def test_either_side_asks_and_the_other_agrees(
    left: Account, moved: Account, hana: Account, rung: Account, told: Told, asks: str
) -> None:
    first, second = (hana, rung) if asks == "old side" else (rung, hana)
    asked = releasing.ask(left, reason=WHY, by=first, now=NOW)
    two_officers.agree(asked, by=second, now=NOW)

    assert told["released"] == [(left, {"to": moved, "reason": WHY})]


@pytest.mark.parametrize("asks", ["old side", "new side"])
def test_another_officer_of_the_side_that_asked_does_not_do(
    left: Account, hana: Account, rung: Account, told: Told, asks: str
) -> None:
    by = hana if asks == "old side" else rung
    asked = releasing.ask(left, reason=WHY, by=by, now=NOW)
    with pytest.raises(two_officers.OtherSideNeeded):
        two_officers.agree(asked, by=officer(by.agency, "Niran"), now=NOW)

    assert told["released"] == []


def test_who_looks_after_both_sides_does_not_agree_to_what_they_asked(
    left: Account, hana: Account, roads: Agency, water: Agency, told: Told
) -> None:
    roads.parent = water
    roads.save(update_fields=["parent"])
    asked = releasing.ask(left, reason=WHY, by=hana, now=NOW)
    with pytest.raises(two_officers.AnotherOfficerNeeded):
        two_officers.agree(asked, by=hana, now=NOW)

    assert told["released"] == []


def test_an_officer_of_a_third_agency_neither_asks_nor_agrees(
    left: Account, hana: Account, told: Told
) -> None:
    stranger = officer(agency("กค ๐๑", "taxes.example"), "Wichai")
    with pytest.raises(two_officers.MayNotAgree):
        releasing.ask(left, reason=WHY, by=stranger, now=NOW)
    asked = releasing.ask(left, reason=WHY, by=hana, now=NOW)
    with pytest.raises(two_officers.MayNotAgree):
        two_officers.agree(asked, by=stranger, now=NOW)

    assert told["released"] == []


def test_nobody_asks_for_or_agrees_to_their_own_copy(
    left: Account, moved: Account, hana: Account, told: Told
) -> None:
    moved.is_staff = True
    moved.save(update_fields=["is_staff"])
    moved.groups.set(hana.groups.all())
    moved = fresh(moved)
    with pytest.raises(two_officers.NotYourOwn):
        releasing.ask(moved, reason=WHY, by=moved, now=NOW)
    asked = releasing.ask(left, reason=WHY, by=hana, now=NOW)
    with pytest.raises(two_officers.NotYourOwn):
        two_officers.agree(asked, by=moved, now=NOW)

    assert told["released"] == []


def test_asked_of_the_new_account_it_is_about_the_mail_that_was_left(
    left: Account, moved: Account, rung: Account
) -> None:
    assert releasing.ask(moved, reason=WHY, by=rung, now=NOW).account == left


def test_who_has_gone_nowhere_has_nothing_to_be_released(water: Agency, hana: Account) -> None:
    with pytest.raises(releasing.NothingToRelease):
        releasing.ask(serving(water, given="Suda"), reason=WHY, by=hana, now=NOW)


def test_a_new_account_that_is_not_open_is_given_nothing(
    left: Account, moved: Account, hana: Account, rung: Account, told: Told
) -> None:
    asked = releasing.ask(left, reason=WHY, by=hana, now=NOW)
    Account.objects.filter(pk=moved.pk).update(state=Account.State.SUSPENDED)
    with pytest.raises(releasing.NewAccountMustBeOpen):
        two_officers.agree(asked, by=rung, now=NOW)

    asked.refresh_from_db()
    assert (told["released"], asked.answered_at) == ([], None)


def test_who_has_gone_on_to_a_third_agency_is_asked_for_anew(
    left: Account, hana: Account, rung: Account, told: Told, water: Agency
) -> None:
    asked = releasing.ask(left, reason=WHY, by=hana, now=NOW)
    asked.details["to"] = hana.pk
    asked.save()
    with pytest.raises(releasing.NothingToRelease):
        two_officers.agree(asked, by=rung, now=NOW)

    assert told["released"] == []


def test_asking_and_agreeing_are_in_the_audit_of_the_agency_whose_mail_it_is(
    left: Account, hana: Account, rung: Account, water: Agency
) -> None:
    two_officers.agree(releasing.ask(left, reason=WHY, by=hana, now=NOW), by=rung, now=NOW)

    events = AuditEvent.objects.filter(act__startswith="release_copy").order_by("number")
    assert list(events.values_list("act", "actor", "agency")) == [
        ("release_copy_asked", hana.pk, water.pk),
        ("release_copy_agreed", rung.pk, water.pk),
    ]
