"""The head's word covers a unit and those below it; taken back, what rested on it is open."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.mandate import attestations
from accounts.models import Account, Agency, Attestation, Obligation, Official, OrgUnit, Position
from govmail_portal.errors import NotYours
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import duty, reckon

pytestmark = pytest.mark.django_db
DAY = date(2008, 6, 2)
State = Obligation.State


@pytest.fixture
def agency() -> Agency:
    return scene.agency()


def head_of(unit: OrgUnit) -> Account:
    head = scene.official(unit.agency, unit=unit)
    Position.objects.filter(assignments__official=head).update(is_head_of_unit=True)
    return scene.account(head, unit.agency, opened=DAY)


def proven(agency: Agency, unit: OrgUnit | None = None) -> Official:
    one = scene.official(agency, unit=unit)
    scene.prove(one, agency, date(2008, 3, 3))
    reckon(one, DAY)
    return one


def attest(agency: Agency, by: Account, *, unit: OrgUnit | None = None, letter: str = "") -> None:
    attestations.attest(agency, unit=unit, letter_no=letter, by=by, now=scene.noon(DAY))


def test_the_heads_word_meets_the_duties_of_the_unit_and_below(agency: Agency) -> None:
    unit = scene.unit(agency)
    here, below = proven(agency, unit), proven(agency, scene.unit(agency, unit))
    elsewhere = proven(agency, scene.unit(agency))
    attest(agency, head_of(unit), unit=unit)
    reckon([here, below, elsewhere], DAY, "night")
    assert [duty(each).state for each in (here, below, elsewhere)] == [
        State.MET,
        State.MET,
        State.PENDING,
    ]
    assert duty(here).met_on == DAY


def test_the_word_for_the_agency_covers_everybody(agency: Agency) -> None:
    here, without_unit = proven(agency, scene.unit(agency)), proven(agency)
    attest(agency, scene.officer(agency), letter="กผ 1/3")
    assert [duty(each).state for each in (here, without_unit)] == [State.MET, State.MET]


def test_taken_back_the_duties_are_open_again(agency: Agency) -> None:
    one, officer = proven(agency), scene.officer(agency)
    attest(agency, officer, letter="กผ 1/3")
    attestations.withdraw(Attestation.objects.get(), by=officer, now=scene.noon(DAY))
    row = duty(one)
    assert (row.state, row.met_on) == (State.PENDING, None)
    assert row.evidence.keys() == set(scene.OURS)


def test_who_moves_to_a_unit_that_has_not_attested_has_done_it_still(agency: Agency) -> None:
    unit = scene.unit(agency)
    one = proven(agency, unit)
    attest(agency, head_of(unit), unit=unit)
    Position.objects.filter(assignments__official=one).update(unit=scene.unit(agency))
    reckon(one, DAY, "moved")
    assert duty(one).state == State.MET


def test_an_officer_needs_the_number_of_the_heads_letter(agency: Agency) -> None:
    with pytest.raises(attestations.LetterNumberNeeded):
        attest(agency, scene.officer(agency), unit=scene.unit(agency))


def test_nobody_else_may_say_it(agency: Agency) -> None:
    unit = scene.unit(agency)
    someone = scene.account(scene.official(agency, unit=unit), agency, opened=DAY)
    stranger = scene.officer(scene.agency("กรมอื่น"))
    for each in (someone, stranger):
        with pytest.raises(NotYours):
            attest(agency, each, unit=unit, letter="กผ 1/3")


def test_a_head_says_it_for_the_own_unit_alone(agency: Agency) -> None:
    here, there = scene.unit(agency), scene.unit(agency)
    with pytest.raises(NotYours):
        attest(agency, head_of(here), unit=there)


def test_said_twice_it_stands_once(agency: Agency) -> None:
    unit = scene.unit(agency)
    head = head_of(unit)
    attest(agency, head, unit=unit)
    attest(agency, head, unit=unit)
    assert Attestation.objects.count() == 1


def test_a_unit_of_another_agency_is_refused(agency: Agency) -> None:
    other = scene.unit(scene.agency("กรมอื่น"))
    with pytest.raises(attestations.OtherAgencysUnit):
        attest(agency, scene.officer(agency), unit=other, letter="x")
