from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from celery import current_app

from accounts.models import CheckedDomain, Outcome, RuleStanding, ScanRun
from accounts.probing.ground import Ground
from accounts.readiness import evidence, gate, scanning
from accounts.readiness.scanning import stages
from accounts.tasks import readiness_dns, readiness_judge, readiness_net
from tests.accounts.readiness.scanning.gatherer import Gatherer
from tests.accounts.readiness.scene import NOW, State, agency, domain, live, officer, scanned

pytestmark = pytest.mark.django_db
Stage, Trigger = ScanRun.Stage, ScanRun.Trigger
MINUTE = timedelta(minutes=1)
ALL = (Stage.DNS, Stage.NET, Stage.JUDGE)


@pytest.fixture
def mail() -> CheckedDomain:
    return domain(agency())


def asked(of: CheckedDomain, trigger: str = Trigger.OFFICER) -> ScanRun:
    by = officer(of.agency) if trigger == Trigger.OFFICER else None
    return scanning.ask(of, trigger, by=by, now=NOW)


def fresh(run: ScanRun) -> ScanRun:
    return ScanRun.objects.select_related("domain__agency", "profile").get(pk=run.pk)


def at_stage(of: CheckedDomain, stage: str, ground: Ground) -> ScanRun:
    """A run that has come as far as this stage."""
    run = asked(of)
    while (run := fresh(run)).stage != stage:
        assert scanning.work(run, NOW, ground=ground)
    return run


def over(run: ScanRun, now: datetime, ground: Ground) -> ScanRun:
    """The run once it is over, one way or another."""
    while run.finished_at is None:
        assert scanning.work(run, now, ground=ground)
        run = fresh(run)
    return run


def given_up(run: ScanRun, now: datetime = NOW) -> None:
    """It could not be done, and that is concluded."""
    ScanRun.objects.filter(pk=run.pk).update(stage=Stage.JUDGE)
    stages.give_up(fresh(run), now)


def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **more: sent.append(name))
    return sent


# --- The way of a run -----------------------------------------------------


def test_a_run_goes_from_names_to_servers_to_verdicts(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = asked(mail)
    for _stage in ALL:
        assert scanning.work(fresh(run), NOW, ground=ground)
    done = fresh(run)
    assert gatherer.calls == ["dns", "net", "judge"]
    assert (done.stage, done.started_at, done.finished_at, done.due_at) == ("done", NOW, NOW, None)
    assert done.results.count() == done.profile.rules.count()
    mail.agency.refresh_from_db()
    assert mail.agency.state == State.READY_FOR_DECISION


def test_everything_that_was_answered_is_kept_with_its_digest(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = at_stage(mail, Stage.JUDGE, ground)
    kept = evidence.unpack(bytes(run.evidence))
    assert list(kept) == [*gatherer.dns, *gatherer.net]
    assert run.digest == evidence.pack(kept)[1]
    assert run.subject["name"] == mail.name
    assert (run.asked, run.to_ask) == (2, 2)


def test_of_two_workers_one_does_a_stage(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = asked(mail)
    first, second = fresh(run), fresh(run)
    assert scanning.work(first, NOW, ground=ground)
    assert not scanning.work(second, NOW, ground=ground)
    assert gatherer.calls == ["dns"]


@pytest.mark.parametrize("stage", ALL)
def test_a_worker_that_is_killed_leaves_its_stage_due_again(
    stage: str, mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = at_stage(mail, stage, ground)
    lease = stages.LEASES[Stage(stage)]
    assert run.claim(NOW, NOW + lease)  # and nothing more

    assert not scanning.due(NOW + lease - MINUTE, stage).exists()
    assert scanning.due(NOW + lease, stage).get() == run
    assert scanning.work(fresh(run), NOW + lease, ground=ground)
    assert fresh(run).stage != stage


@pytest.mark.parametrize("stage", ALL)
def test_a_stage_that_kills_every_worker_is_given_up_and_everything_unknown(
    stage: str, mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run, now = at_stage(mail, stage, ground), NOW
    for _try in range(stages.MOST_TRIES):
        assert fresh(run).claim(now, now + stages.LEASES[Stage(stage)])
        now += stages.LEASES[Stage(stage)]
    ended = over(fresh(run), now, ground)
    assert (ended.stage, ended.finished_at, ended.due_at) == ("failed", now, None)
    assert set(ended.results.values_list("outcome", flat=True)) == {Outcome.UNKNOWN}


def test_a_fault_of_ours_is_tried_again_and_then_given_up(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run, now = asked(mail), NOW
    for minutes in (1, 2):
        mine = fresh(run)
        assert mine.claim(now, now + MINUTE)
        scanning.put_off(mine, now)
        assert fresh(run).due_at == now + minutes * MINUTE
        now += minutes * MINUTE
    mine = fresh(run)
    assert mine.claim(now, now + MINUTE)
    scanning.put_off(mine, now)
    assert over(fresh(run), now, ground).stage == Stage.FAILED


def test_whoever_asks_strangers_concludes_nothing(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = at_stage(mail, Stage.NET, ground)
    stages.give_up(run, NOW)
    assert (fresh(run).stage, fresh(run).results.count()) == (Stage.JUDGE, 0)
    scanning.work(fresh(run), NOW, ground=ground)
    assert (fresh(run).stage, gatherer.calls) == (Stage.FAILED, ["dns"])


def test_a_run_that_could_not_be_done_closes_nothing_and_opens_nothing(
    gatherer: Gatherer, ground: Ground
) -> None:
    made, mail = live()
    given_up(asked(mail))
    made.refresh_from_db()
    assert made.state == State.LIVE
    assert RuleStanding.objects.get(domain=mail, code="TR-1").known == Outcome.PASS


def test_who_comes_back_after_the_lease_keeps_nothing(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = asked(mail)
    slow = fresh(run)

    def another_takes_it(lane: str) -> None:
        gatherer.meanwhile = lambda lane: None
        later = NOW + stages.LEASES[Stage.DNS]
        assert scanning.work(fresh(run), later, ground=ground)

    gatherer.meanwhile = another_takes_it
    scanning.work(slow, NOW, ground=ground)
    after = fresh(run)
    assert (after.stage, after.started_at) == (Stage.NET, NOW + stages.LEASES[Stage.DNS])


def test_a_verdict_that_came_too_late_is_not_written_twice(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    run = at_stage(mail, Stage.JUDGE, ground)

    def another_judges(lane: str) -> None:
        gatherer.meanwhile = lambda lane: None
        assert scanning.work(fresh(run), NOW + stages.LEASES[Stage.JUDGE], ground=ground)

    gatherer.meanwhile = another_judges
    scanning.work(fresh(run), NOW, ground=ground)
    assert fresh(run).results.count() == run.profile.rules.count()


def test_the_challenge_in_dns_shows_control_of_the_domain(
    gatherer: Gatherer, ground: Ground
) -> None:
    from tests.accounts.readiness.scanning.gatherer import seen

    mail = domain(agency(), is_verified=False)
    gatherer.dns.append(
        seen("dns", f"{mail.challenge_name} TXT", records=["else", mail.challenge_record])
    )
    run = asked(mail)
    for _stage in ALL:
        scanning.work(fresh(run), NOW, ground=ground)
    mail.refresh_from_db()
    mail.agency.refresh_from_db()
    assert mail.verified_at == NOW
    assert mail.agency.state == State.READY_FOR_DECISION


# --- The rows are the truth -----------------------------------------------


def test_every_stage_rings_for_the_next(
    mail: CheckedDomain,
    gatherer: Gatherer,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    sent = rung(monkeypatch)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        run = asked(mail)
        for _stage in ALL:
            scanning.work(fresh(run), NOW, ground=ground)
    assert sent == ["accounts.readiness_dns", "accounts.readiness_net", "accounts.readiness_judge"]


@pytest.mark.parametrize("stage", ALL)
def test_when_every_queued_task_is_lost_the_sweep_rings_again(
    stage: str,
    mail: CheckedDomain,
    gatherer: Gatherer,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    at_stage(mail, stage, ground)
    sent = rung(monkeypatch)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        scanning.ring_due(NOW)
    assert sent == [f"accounts.readiness_{stage}"]


def test_the_tasks_take_whatever_is_due_and_one_that_breaks_holds_up_no_other(
    gatherer: Gatherer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [asked(domain(agency())) for _each in range(3)]
    monkeypatch.setattr(scanning, "from_settings", lambda: Ground(resolvers=("127.0.0.1:1",)))
    broken = iter([True])

    def break_once(lane: str) -> None:
        if next(broken, False):
            raise RuntimeError("ours")

    gatherer.meanwhile = break_once
    readiness_dns()
    assert sorted(fresh(run).stage for run in runs) == ["dns", "net", "net"]
    readiness_net()
    readiness_judge()
    assert sorted(fresh(run).stage for run in runs) == ["dns", "done", "done"]
    assert "broke at its stage" in caplog.text


# --- Asking ---------------------------------------------------------------


def test_a_run_that_is_under_way_is_given_back(mail: CheckedDomain) -> None:
    assert asked(mail) == asked(mail, Trigger.DAILY)


def test_an_officer_asks_every_five_minutes_at_most(mail: CheckedDomain) -> None:
    given_up(asked(mail))
    by = officer(mail.agency)
    with pytest.raises(scanning.TooSoon):
        scanning.ask(mail, Trigger.OFFICER, by=by, now=NOW + 5 * MINUTE - timedelta(seconds=1))
    scanning.ask(mail, Trigger.OFFICER, by=by, now=NOW + 5 * MINUTE)


def test_an_officer_asks_so_often_a_day_and_no_oftener(
    mail: CheckedDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "MOST_A_DAY", 2)
    by, now = officer(mail.agency), NOW
    for _each in range(scanning.MOST_A_DAY):
        given_up(scanning.ask(mail, Trigger.OFFICER, by=by, now=now), now)
        now += 10 * MINUTE
    with pytest.raises(scanning.TooOften):
        scanning.ask(mail, Trigger.OFFICER, by=by, now=now)
    # The night, and the next day, are another matter.
    given_up(scanning.ask(mail, Trigger.DAILY, by=None, now=now), now)
    scanning.ask(mail, Trigger.OFFICER, by=by, now=now + timedelta(days=1))


def test_what_was_taken_off_the_list_is_not_measured(mail: CheckedDomain) -> None:
    mail.removed_at = NOW
    mail.save()
    with pytest.raises(scanning.NotOnTheList):
        asked(mail)


def test_officers_who_wait_come_before_the_night() -> None:
    night, officers = domain(agency()), domain(agency())
    asked(night, Trigger.DAILY)
    mine = asked(officers)
    assert scanning.next_run(Stage.DNS, NOW) == mine


def test_a_plan_reckoned_between_two_stages_is_no_news(
    mail: CheckedDomain, gatherer: Gatherer, ground: Ground
) -> None:
    scanned(mail)
    at_stage(mail, Stage.NET, ground)
    assert gate.reckon(mail.agency, NOW) == State.READY_FOR_DECISION
