"""Each reminder once: to the official, the superior and HR."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from accounts.mandate import reminders
from accounts.models import Account, Agency, Official, OrgUnit, Position, Reminder
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import Letter, reckon

pytestmark = pytest.mark.django_db

DUE = date(2009, 1, 7)


@pytest.fixture
def agency() -> Agency:
    return scene.agency()


def who_heads(unit: OrgUnit, agency: Agency) -> Account:
    head = scene.official(agency, unit=unit)
    Position.objects.filter(assignments__official=head).update(is_head_of_unit=True)
    return scene.account(head, agency, opened=date(2008, 2, 1))


def somebody(agency: Agency, unit: OrgUnit | None = None) -> Account:
    return scene.account(scene.official(agency, unit=unit), agency, opened=date(2008, 2, 1))


def remind(agency: Agency, day: date) -> int:
    reckon(Official.objects.filter(assignments__position__agency=agency), day)
    return reminders.send_due(scene.noon(day))


def told(letters: list[Letter]) -> list[Account]:
    return [account for account, _subject, _text in letters]


@pytest.mark.parametrize(
    ("before", "step"),
    [(60, "60"), (31, "60"), (30, "30"), (14, "14"), (3, "3"), (0, "3"), (-1, "overdue")],
)
def test_each_step_has_its_days(
    agency: Agency, letters: list[Letter], before: int, step: str
) -> None:
    one = somebody(agency)
    remind(agency, DUE - timedelta(days=before))
    assert told(letters) == [one]
    assert Reminder.objects.get().step == step


def test_before_sixty_days_nobody_is_told(agency: Agency, letters: list[Letter]) -> None:
    somebody(agency)
    assert remind(agency, DUE - timedelta(days=61)) == 0
    assert letters == []


def test_a_second_round_tells_nobody_again(agency: Agency, letters: list[Letter]) -> None:
    somebody(agency)
    scene.officer(agency)
    first = remind(agency, DUE - timedelta(days=20))
    assert first == len(letters) > 1
    assert remind(agency, DUE - timedelta(days=19)) == 0


def test_the_superior_and_hr_get_one_letter_that_lists_all(
    agency: Agency, letters: list[Letter]
) -> None:
    unit = scene.unit(agency)
    head, hr = who_heads(unit, agency), scene.officer(agency)
    people = [somebody(agency, unit) for _ in range(3)]
    remind(agency, DUE - timedelta(days=20))
    lists = {
        reader: "".join(text for account, _subject, text in letters if account == reader)
        for reader in (head, hr)
    }
    assert told(letters).count(head) == 2  # her own, and the list
    for one in people:
        assert one.official and one.official.name_th in lists[hr]
        assert one.official.name_th in lists[head]


def test_a_superior_hears_nothing_of_another_unit(agency: Agency, letters: list[Letter]) -> None:
    here, there = scene.unit(agency), scene.unit(agency)
    head = who_heads(here, agency)
    somebody(agency, there)
    remind(agency, DUE - timedelta(days=20))
    assert told(letters).count(head) == 1


def test_of_a_head_the_unit_above_is_told(agency: Agency, letters: list[Letter]) -> None:
    above = scene.unit(agency)
    boss = who_heads(above, agency)
    below = who_heads(scene.unit(agency, above), agency)
    remind(agency, DUE - timedelta(days=20))
    texts = [text for account, _subject, text in letters if account == boss]
    assert below.official
    assert any(below.official.name_th in text for text in texts)


def test_while_the_agency_is_closed_the_official_is_left_alone(letters: list[Letter]) -> None:
    closed = scene.agency(state=Agency.State.NOT_READY)
    somebody(closed)
    hr = scene.officer(closed)
    remind(closed, DUE - timedelta(days=20))
    assert set(told(letters)) == {hr}


def test_who_has_done_it_is_left_alone(agency: Agency, letters: list[Letter]) -> None:
    one = scene.official(agency)
    scene.prove(one, agency, date(2008, 3, 1))
    scene.attest(agency, somebody(agency), date(2008, 2, 1))
    remind(agency, DUE - timedelta(days=20))
    assert one not in [account.official for account in told(letters)]
    assert letters != []


def test_hr_of_the_agency_above_is_told_where_there_is_none(letters: list[Letter]) -> None:
    ministry = scene.agency("กระทรวง")
    hr = scene.officer(ministry)
    department = scene.agency("กรม", parent=ministry)
    somebody(department)
    remind(department, DUE - timedelta(days=20))
    assert hr in told(letters)


def test_a_letter_that_fails_leaves_no_reminder(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(account: Account, subject: str, text: str, now: datetime) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(reminders, "_SENDERS", [fail])
    somebody(agency)
    with pytest.raises(OSError, match="disk full"):
        remind(agency, DUE - timedelta(days=20))
    assert not Reminder.objects.exists()


def test_without_a_sender_nothing_is_marked_as_given(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "_SENDERS", [])
    somebody(agency)
    assert remind(agency, DUE - timedelta(days=20)) == 0
    assert not Reminder.objects.exists()


def test_a_reader_is_told_in_their_own_language_and_era(
    agency: Agency, letters: list[Letter]
) -> None:
    one = somebody(agency)
    Account.objects.filter(pk=one.pk).update(language="th", thai_digits=True)
    remind(agency, DUE - timedelta(days=20))
    _account, subject, _text = letters[0]
    assert "๒๕๕๒" in subject
