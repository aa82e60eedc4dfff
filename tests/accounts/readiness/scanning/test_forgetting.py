"""How long runs, their evidence and the days of availability are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import (
    AvailabilityDay,
    CheckedDomain,
    GateDecision,
    Outcome,
    RuleResult,
    RuleStanding,
    ScanRun,
)
from accounts.readiness import deciding, evidence
from accounts.readiness.evidence import EvidenceDamaged
from accounts.readiness.scanning import forgetting
from accounts.tasks import forget_readiness
from tests.accounts.readiness.scene import DAY, NOW, agency, domain, evaluator, run, scanned

pytestmark = pytest.mark.django_db
MOST = 10_000


@pytest.fixture(autouse=True)
def periods(settings: Settings) -> None:
    settings.READINESS_EVIDENCE_DAYS, settings.READINESS_RUNS_DAYS = 60, 150


def measured(of: CheckedDomain, *ages: int, rest: str = Outcome.PASS) -> list[ScanRun]:
    """Runs so many days before NOW, the oldest first, each with evidence."""
    made = [run(of, now=NOW - age * DAY, rest=rest) for age in sorted(ages, reverse=True)]
    ScanRun.objects.filter(pk__in=[each.pk for each in made]).update(
        evidence=b"seen", subject={"name": of.name}
    )
    return made


def left() -> dict[int, bool]:
    """Which runs there are still, and whether with their evidence."""
    return {each.pk: bool(each.evidence) for each in ScanRun.objects.all()}


def forget(now: datetime = NOW, *, most: int = MOST) -> forgetting.Forgotten:
    return forgetting.forget(now, most=most)


def test_evidence_goes_first_and_then_the_run_with_its_results() -> None:
    oldest, older, recent, *_newest = measured(domain(agency()), 151, 61, 59, 1, 0)
    assert forget() == (2, 1, 0)
    found = left()
    assert oldest.pk not in found
    assert (found[older.pk], found[recent.pk]) == (False, True)
    assert not RuleResult.objects.filter(run=oldest.pk).exists()
    kept = ScanRun.objects.get(pk=older.pk)
    assert (kept.digest, kept.subject) == (older.digest, {})
    with pytest.raises(EvidenceDamaged, match="no longer kept"):
        evidence.replay(kept)
    # Nothing is left to do.
    assert forget() == (0, 0, 0)


def test_the_last_two_runs_of_a_domain_stay_whole_however_old() -> None:
    gone, before, newest = measured(domain(agency()), 320, 310, 300)
    other = measured(domain(agency()), 0)
    forget()
    assert left() == {before.pk: True, newest.pk: True, other[0].pk: True}
    assert gone.pk not in left()


def test_runs_that_could_not_be_done_count_for_none_of_the_two() -> None:
    mail = domain(agency())
    gone, before, newest = measured(mail, 310, 300, 290)
    first, last = measured(mail, 280, 270, rest=Outcome.UNKNOWN)
    ScanRun.objects.filter(pk__in=(first.pk, last.pk)).update(stage=ScanRun.Stage.FAILED)
    forget()
    # The last of all is what the page says of every rule.
    assert set(left()) == {before.pk, newest.pk, last.pk}
    assert RuleStanding.objects.filter(run=last).exists()


def test_what_a_decision_cites_stays_for_ever() -> None:
    made = agency()
    mail = domain(made)
    (cited,) = measured(mail, 300)
    scanned(mail, now=NOW - 300 * DAY)
    cited = ScanRun.objects.order_by("-pk")[0]
    ScanRun.objects.update(evidence=b"seen")
    deciding.propose(made, "open", reason="ครบ", by=evaluator(), now=NOW - 300 * DAY)
    assert GateDecision.objects.get().runs == [cited.pk]
    measured(mail, 200, 190, 1, 0)
    forget()
    assert left()[cited.pk]
    assert len(left()) == 3


def test_what_a_standing_rests_on_stays() -> None:
    mail = domain(agency())
    known = run(mail, {"TR-1": Outcome.FAIL}, now=NOW - 300 * DAY)
    ScanRun.objects.update(evidence=b"seen")
    # Since then nobody could tell.
    measured(mail, 250, 240, 1, 0, rest=Outcome.UNKNOWN)
    forget()
    assert left()[known.pk]
    assert RuleStanding.objects.get(code="TR-1").result is not None
    assert len(left()) == 3


def test_a_run_that_is_under_way_is_left_alone() -> None:
    mail = domain(agency())
    measured(mail, 1, 0)
    under_way = ScanRun.objects.create(
        domain=mail,
        profile=ScanRun.objects.all()[0].profile,
        trigger=ScanRun.Trigger.DAILY,
        scanner_version="1",
        requested_at=NOW - 300 * DAY,
    )
    forget()
    assert under_way.pk in left()


def test_days_of_availability_go_too() -> None:
    mail = domain(agency())
    today = timezone.localdate(NOW)
    for age in (151, 150, 0):
        AvailabilityDay.objects.create(domain=mail, day=today - timedelta(days=age), service="smtp")
    assert forget() == (0, 0, 1)
    assert AvailabilityDay.objects.count() == 2


def test_it_goes_in_batches_and_stops_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    measured(domain(agency()), 205, 204, 203, 202, 201, 1, 0)
    assert forget(most=3) == (3, 3, 0)
    assert len(left()) == 4
    assert forget() == (2, 2, 0)
    assert len(left()) == 2


def test_the_hourly_task_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    measured(domain(agency()), 200, 1, 0)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    forget_readiness()
    assert len(left()) == 2
