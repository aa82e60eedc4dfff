"""An officer's notice to an agency: to its HR officers, once a day, audited, never of names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.mandate.reminders import notices
from accounts.models import Account, Agency, AuditEvent
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import Letter, noon, reckon

pytestmark = pytest.mark.django_db

DAY = date(2009, 2, 2)


@pytest.fixture
def agency() -> Agency:
    return scene.agency(parent=scene.agency("กระทรวงตัวอย่าง"), state=Agency.State.NOT_READY)


@pytest.fixture
def minister(agency: Agency) -> Account:
    """The HR officer of the ministry above."""
    assert agency.parent
    return scene.officer(agency.parent)


def owing(agency: Agency) -> str:
    one = scene.official(agency)
    reckon(one, DAY)
    return one.name_th


def test_the_agencys_officers_get_counts_and_no_names(
    agency: Agency, minister: Account, letters: list[Letter]
) -> None:
    name, hr = owing(agency), scene.officer(agency)
    assert notices.notify(agency, by=minister, now=noon(DAY)) == [hr]
    ((to, subject, text),) = letters
    assert to == hr
    assert agency.name_th in subject and minister.name in text
    assert name not in subject + text


def test_it_is_written_into_the_audit_of_the_agency(
    agency: Agency, minister: Account, letters: list[Letter]
) -> None:
    owing(agency)
    scene.officer(agency)
    notices.notify(agency, by=minister, now=noon(DAY))
    event = AuditEvent.objects.get(act=notices.ACT)
    assert (event.agency, event.actor, event.details) == (agency, minister, {"letters": 1})


def test_once_a_day_is_the_most(agency: Agency, minister: Account, letters: list[Letter]) -> None:
    owing(agency)
    scene.officer(agency)
    notices.notify(agency, by=minister, now=noon(DAY))
    with pytest.raises(notices.ToldToday):
        notices.notify(agency, by=minister, now=noon(DAY) + timedelta(hours=11))
    assert len(letters) == 1
    notices.notify(agency, by=minister, now=noon(DAY) + timedelta(hours=13))  # after midnight
    assert len(letters) == 2


def test_another_agencys_notice_is_no_hindrance(
    agency: Agency, minister: Account, letters: list[Letter]
) -> None:
    other = scene.agency("กรมอื่น", parent=agency.parent)
    for each in (agency, other):
        owing(each)
        scene.officer(each)
        notices.notify(each, by=minister, now=noon(DAY))
    assert len(letters) == 2
    assert notices.told_today([agency.pk, other.pk, 999], now=noon(DAY)) == {agency.pk, other.pk}


def test_where_nothing_is_owed_nothing_is_sent(
    agency: Agency, minister: Account, letters: list[Letter]
) -> None:
    scene.officer(agency)
    with pytest.raises(notices.NothingOwed):
        notices.notify(agency, by=minister, now=noon(DAY))
    assert letters == [] and not AuditEvent.objects.filter(act=notices.ACT).exists()


def test_an_officer_does_not_write_to_themselves(
    agency: Agency, minister: Account, letters: list[Letter]
) -> None:
    owing(agency)
    with pytest.raises(notices.NobodyToTell):
        notices.notify(agency, by=minister, now=noon(DAY))
    assert letters == [] and not AuditEvent.objects.filter(act=notices.ACT).exists()
