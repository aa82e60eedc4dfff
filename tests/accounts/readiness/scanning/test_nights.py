from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import CheckedDomain, ScanRun
from accounts.readiness import deciding, scanning
from accounts.readiness.scanning import nights
from govmail_portal.dates import BANGKOK
from tests.accounts.readiness.scene import (
    DAY,
    NOW,
    agency,
    decided,
    domain,
    evaluator,
    live,
    scanned,
)

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=BANGKOK)
)


@given(pk=st.integers(1, 1 << 40), now=MOMENTS)
def test_every_domain_has_one_moment_in_every_night(pk: int, now: datetime) -> None:
    which = CheckedDomain(pk=pk)
    first = nights.next_night(which, now)
    assert now < first <= now + DAY
    assert nights.next_night(which, first) == first + DAY
    begun = first.astimezone(BANGKOK) - timedelta(hours=22)
    assert begun - begun.replace(hour=0, minute=0, second=0, microsecond=0) < nights.LASTS


def test_eight_thousand_domains_are_spread_evenly() -> None:
    slots = (nights.next_night(CheckedDomain(pk=pk), NOW) for pk in range(1, 8_001))
    a_minute = Counter(slot.replace(second=0, microsecond=0) for slot in slots)
    assert len(a_minute) == 360
    assert max(a_minute.values()) <= 24


@pytest.mark.django_db
def test_at_its_moment_a_domain_is_measured_once_and_planned_for_the_next_night() -> None:
    mail = domain(agency())
    assert scanning.plan_due(NOW, most=10) == 1
    assert scanning.plan_due(NOW, most=10) == 0
    run = ScanRun.objects.get()
    mail.refresh_from_db()
    assert (run.trigger, run.asked_by) == ("daily", None)
    assert mail.next_run_at == nights.next_night(mail, NOW)


@pytest.mark.django_db
def test_what_was_taken_off_is_left_alone() -> None:
    mail = domain(agency())
    CheckedDomain.objects.filter(pk=mail.pk).update(removed_at=NOW)
    assert scanning.plan_due(NOW, most=10) == 0


@pytest.mark.django_db
def test_while_two_evaluators_decide_the_night_leaves_the_evidence_alone_for_two_days() -> None:
    mail = domain(agency())
    scanned(mail)
    decision = deciding.propose(mail.agency, "open", reason="x", by=evaluator(), now=NOW)
    assert scanning.plan_due(NOW + DAY, most=10) == 0
    deciding.second(decision, by=evaluator(), now=NOW + DAY)
    assert scanning.plan_due(NOW + 2 * DAY, most=10) == 1


@pytest.mark.django_db
def test_after_two_days_it_is_measured_though_nobody_has_answered() -> None:
    mail = domain(agency())
    scanned(mail)
    deciding.propose(mail.agency, "open", reason="x", by=evaluator(), now=NOW)
    assert scanning.plan_due(NOW + 3 * DAY, most=10) == 1


@pytest.mark.django_db
def test_an_open_agency_is_watched_whatever_is_being_decided() -> None:
    made, _mail = live()
    deciding.propose(made, "suspend", reason="x", by=evaluator(), now=NOW)
    assert scanning.plan_due(NOW, most=10) == 1


@pytest.mark.django_db
def test_a_decision_that_was_taken_holds_up_no_night() -> None:
    mail = domain(agency())
    scanned(mail)
    decided(mail.agency, "open")
    assert scanning.plan_due(NOW, most=10) == 1
