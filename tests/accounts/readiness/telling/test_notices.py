from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.mandate import reminders
from accounts.models import Account, Agency, CheckedDomain, Outcome, ReadinessNotice, ScanRun
from accounts.readiness import plans, waivers
from accounts.readiness.telling import notices
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    agency,
    decided,
    domain,
    evaluator,
    fail_for_good,
    live,
    officer,
    row,
    run,
    scanned,
)

pytestmark = pytest.mark.django_db
Letter = tuple[Account, str, str]


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Letter]]:
    sent: list[Letter] = []

    def send(account: Account, subject: str, text: str, now: datetime) -> None:
        sent.append((account, subject, text))

    monkeypatch.setattr(reminders, "_SENDERS", [send])
    yield sent


def to(letters: list[Letter], who: Account) -> list[str]:
    return [subject for account, subject, _text in letters if account == who]


def watched() -> tuple[Agency, CheckedDomain, Account]:
    """A live agency, its domain, and the officer who is told."""
    made, mail = live()
    return made, mail, Account.objects.get(agency=made)


def test_an_agency_at_risk_is_told_by_when_and_of_which_rules(letters: list[Letter]) -> None:
    made, mail, by = watched()
    letters.clear()
    fail_for_good(mail)
    assert to(letters, by) == [f"{made} is at risk: mend it by 8 Dec 2026"]
    assert "TR-1" in letters[0][2] and mail.name in letters[0][2]


def test_it_is_told_again_as_the_end_comes_near_and_once_each_time(letters: list[Letter]) -> None:
    made, mail, by = watched()
    fail_for_good(mail)
    letters.clear()
    until = row(made).grace_until
    assert until is not None
    for days in (8, 7, 6, 2.5, 2, 1):
        for _twice in range(2):
            notices.remind(until - timedelta(days=days))
    assert to(letters, by) == [f"{made} will be suspended after 8 Dec 2026"] * 2


def test_that_it_is_well_again_or_suspended_is_told(letters: list[Letter]) -> None:
    made, mail, by = watched()
    ended = fail_for_good(mail)
    letters.clear()
    scanned(mail, now=ended + DAY)
    assert to(letters, by) == [f"{made} is live"]
    ended = fail_for_good(mail, now=ended + 30 * DAY)
    letters.clear()
    scanned(mail, {"TR-1": Outcome.FAIL}, now=ended + 14 * DAY)
    assert to(letters, by) == [f"{made} is suspended"]


def test_the_reason_of_a_decision_is_told(letters: list[Letter]) -> None:
    made = agency()
    by = officer(made)
    scanned(domain(made))
    letters.clear()
    decided(made, "send_back")
    assert "ตามหลักฐาน" in letters[0][2]
    assert to(letters, by)


def test_what_goes_to_and_fro_is_told_once_a_day_each_way(letters: list[Letter]) -> None:
    mail = domain(agency())
    officer(mail.agency)
    for hours in range(0, 8, 2):
        scanned(mail, {"TR-1": Outcome.FAIL}, now=NOW + timedelta(hours=hours))
        scanned(mail, now=NOW + timedelta(hours=hours + 1))
    assert len(letters) == 2


def test_what_the_night_finds_worse_is_told_and_what_an_officer_finds_is_not(
    letters: list[Letter],
) -> None:
    mail = domain(agency())
    officer(mail.agency)
    found = run(mail)
    assert notices.worsened(found, [], now=NOW) == 0
    assert notices.worsened(found, ["TR-1"], now=NOW) == 1
    assert notices.worsened(found, ["TR-1"], now=NOW) == 0
    found.trigger = ScanRun.Trigger.OFFICER
    ReadinessNotice.objects.all().delete()
    assert notices.worsened(found, ["TR-1"], now=NOW) == 0


def test_where_the_agency_has_no_mail_officer_the_one_above_is_told(letters: list[Letter]) -> None:
    ministry = agency()
    by = officer(ministry)
    mail = domain(agency(parent=ministry))
    scanned(mail)
    assert to(letters, by)


def test_a_waiver_and_a_promise_are_told_of_before_and_after_their_days(
    letters: list[Letter],
) -> None:
    mail = domain(agency())
    by = officer(mail.agency)
    scanned(mail, {"TR-1": Outcome.FAIL})
    today = timezone.localdate(NOW)
    asked = waivers.ask(
        mail,
        "TR-1",
        reason="x",
        letter_no="ทล ๑",
        expires_on=today + timedelta(days=20),
        by=by,
        now=NOW,
    )
    waivers.approve(asked, by=evaluator(), now=NOW)
    waivers.second(asked, by=evaluator(), now=NOW)
    plans.promise(mail, "SE-5", today + timedelta(days=1), owner="ฝ่ายระบบ", by=by, now=NOW)
    letters.clear()
    for days in range(25):
        notices.remind(NOW + days * DAY)
    said = to(letters, by)
    assert sum("may fail TR-1" in each for each in said) == 2
    assert sum("was promised" in each for each in said) == 1
    assert len(said) == 3


def test_without_anything_that_carries_letters_nothing_counts_as_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reminders, "_SENDERS", [])
    mail = domain(agency())
    officer(mail.agency)
    scanned(mail)
    assert not ReadinessNotice.objects.exists()
