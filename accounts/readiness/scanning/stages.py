"""The stages of a run: DNS, then the servers, then the verdicts; each claimed by lease.

Whoever holds a stage past its lease finds another's mark on the row and keeps nothing. What is
asked is kept before it is judged, so a verdict can always be reached again from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Outcome, ScanRun
from accounts.probing.ground import Ground
from accounts.probing.observations import Observations
from accounts.readiness import checks, evidence, gate, profiles
from accounts.readiness.checks import Judgement
from accounts.readiness.gathering import ask_dns, ask_net
from accounts.readiness.scanning import ownership, standing
from accounts.readiness.scanning.nudges import scan_soon
from accounts.readiness.scanning.subjects import subject_of
from accounts.readiness.subject import Subject
from accounts.readiness.telling import notices

Stage = ScanRun.Stage
# Longer than a stage can take, by a wide margin: ten servers of two addresses, 20 s a probe.
LEASES = {
    Stage.DNS: timedelta(minutes=5),
    Stage.NET: timedelta(minutes=15),
    Stage.JUDGE: timedelta(minutes=5),
}
# How often a stage is begun before the run is given up; a killed worker counts.
MOST_TRIES = 3
# The page that watches a run need not be told of every question.
_TOLD_EVERY = 5


def ask_names(run: ScanRun, ground: Ground, now: datetime) -> None:
    """The dns lane, and what is known of the domain as the run begins."""
    subject = subject_of(run.domain, now)
    seen = ask_dns(subject, ground, tell=_teller(run))
    _hand_on(run, Stage.NET, now, subject=subject.to_json(), started_at=now, **_packed(seen))


def ask_servers(run: ScanRun, ground: Ground, now: datetime) -> None:
    """The net lane, beside what DNS has said."""
    subject, seen = Subject.from_json(run.subject), evidence.unpack(bytes(run.evidence))
    seen.add(ask_net(subject, seen, ground, tell=_teller(run, before=run.asked)))
    _hand_on(run, Stage.JUDGE, now, **_packed(seen))


def judge(run: ScanRun, ground: Ground, now: datetime) -> None:
    """The verdicts, the standings, and the gate of the agency: one transaction."""
    if not run.digest:
        _fail(run, now)
        return
    subject, seen = Subject.from_json(run.subject), evidence.unpack(bytes(run.evidence))
    judgements = checks.judge(profiles.lines_of(run.profile), subject, seen, now=now)
    _conclude(run, Stage.DONE, judgements, seen, now)


def give_up(run: ScanRun, now: datetime) -> None:
    """It could not be done, because of us; whoever judges concludes it.

    Who asks strangers holds no key, so it writes to nobody: that follows from the conclusion.
    """
    if run.stage == Stage.JUDGE:
        _fail(run, now)
    else:
        _hand_on(run, Stage.JUDGE, now, evidence=b"", digest="")


def _fail(run: ScanRun, now: datetime) -> None:
    """Every rule is unknown."""
    judgements = [
        Judgement(
            code=line.code,
            outcome=Outcome.UNKNOWN,
            reason="run_failed",
            facts={},
            rests_on=(),
            is_grave=False,
        )
        for line in profiles.lines_of(run.profile)
    ]
    _conclude(run, Stage.FAILED, judgements, Observations(), now)


STAGES: dict[str, Callable[[ScanRun, Ground, datetime], None]] = {
    Stage.DNS: ask_names,
    Stage.NET: ask_servers,
    Stage.JUDGE: judge,
}


@transaction.atomic
def _conclude(
    run: ScanRun, stage: str, judgements: Sequence[Judgement], seen: Observations, now: datetime
) -> None:
    agency = run.domain.agency
    gate.hold(agency, now=now)
    ended = _mine(run).update(stage=stage, finished_at=now, due_at=None, attempts=0)
    if not ended:
        return
    run.stage, run.finished_at, run.due_at = stage, now, None
    changes = standing.record(run, judgements, now)
    ownership.note(run.domain, seen, now)
    gate.reckon(agency, now)
    notices.worsened(run, [each.code for each in changes if each.is_worse], now=now)


def _hand_on(run: ScanRun, stage: str, now: datetime, **found: Any) -> None:
    """Keep what was found, and have the next stage taken up, unless the lease ran out."""
    with transaction.atomic():
        if _mine(run).update(stage=stage, due_at=now, attempts=0, **found):
            scan_soon(stage)


def _mine(run: ScanRun) -> Any:
    return ScanRun.objects.filter(pk=run.pk, stage=run.stage, due_at=run.due_at)


def _packed(seen: Observations) -> dict[str, Any]:
    packed, digest = evidence.pack(seen)
    return {"evidence": packed, "digest": digest}


def _teller(run: ScanRun, *, before: int = 0) -> Callable[[int, int], None]:
    """Writes down how far a stage has come; the questions of the earlier one count, too."""
    told = before

    def tell(asked: int, to_ask: int) -> None:
        nonlocal told
        if before + asked >= told + _TOLD_EVERY or asked == to_ask:
            told = before + asked
            _mine(run).update(asked=told, to_ask=before + to_ask)

    return tell
