"""Agencies before the gate, their officers, evaluators, and runs that bring what a test says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

from django.contrib.auth.models import Group

from accounts.models import (
    Account,
    Agency,
    AgencyReadiness,
    CheckedDomain,
    Official,
    Outcome,
    Position,
    ScanRun,
)
from accounts.people.roles import EVALUATOR, MAIL_OFFICER
from accounts.readiness import deciding, gate, profiles
from accounts.readiness.checks import Judgement
from accounts.readiness.scanning import standing

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
DAY = timedelta(days=1)
State = Agency.State
_numbers = count(1)
# What a test says of a rule: an outcome, or more than that.
Said = str | Judgement


def agency(state: str = State.UNASSESSED, parent: Agency | None = None) -> Agency:
    return Agency.objects.create(name_th=f"กรมที่ {next(_numbers)}", state=state, parent=parent)


def account(at: Agency, *roles: str) -> Account:
    """Somebody of an agency who is signed in to the portal, with these roles."""
    number = next(_numbers)
    made = Account.objects.create(
        address=f"a{number}@agency.example",
        agency=at,
        official=Official.objects.create(given_name_th="ก", family_name_th=f"{number}"),
        state=Account.State.ACTIVE,
        language="en",
    )
    made.groups.add(*Group.objects.filter(name__in=roles))
    return made


def officer(at: Agency) -> Account:
    return account(at, MAIL_OFFICER)


def evaluator(at: Agency | None = None) -> Account:
    return account(at or agency(State.LIVE), EVALUATOR)


def official_of(at: Agency) -> Official:
    """An official with a post in an agency, and no account."""
    made = Official.objects.create(given_name_th="สมชาย", family_name_th=f"ที่ {next(_numbers)}")
    post = Position.objects.create(agency=at, title_th="นักวิชาการ")
    made.assignments.create(position=post)
    return made


def domain(
    of: Agency, *, role: str = "mail", now: datetime = NOW, is_verified: bool = True
) -> CheckedDomain:
    return CheckedDomain.objects.create(
        agency=of,
        name=f"d{next(_numbers)}.go.th",
        role=role,
        added_at=now,
        verified_at=now if is_verified else None,
        next_probe_at=now,
        next_run_at=now,
    )


def judged(code: str, said: Said) -> Judgement:
    if isinstance(said, Judgement):
        return said
    return Judgement(
        code=code,
        outcome=Outcome(said),
        reason=said,
        facts={},
        rests_on=(),
        is_grave=False,
        blocks=None,
    )


def grave(code: str) -> Judgement:
    """A fail that puts an open agency at risk at once."""
    return Judgement(
        code=code,
        outcome=Outcome.FAIL,
        reason="grave",
        facts={},
        rests_on=(),
        is_grave=True,
        blocks=True,
    )


def run(
    of: CheckedDomain,
    said: Mapping[str, Said] | None = None,
    *,
    now: datetime = NOW,
    rest: str = Outcome.PASS,
) -> ScanRun:
    """A run that is over, with what was said of some rules and `rest` of all others."""
    profile = profiles.in_force(now.date())
    made = ScanRun.objects.create(
        domain=of,
        profile=profile,
        trigger=ScanRun.Trigger.DAILY,
        scanner_version="1",
        stage=ScanRun.Stage.DONE,
        requested_at=now,
        started_at=now,
        finished_at=now,
        digest=hashlib.sha256(f"{next(_numbers)}".encode()).hexdigest(),
    )
    judgements = [
        judged(line.code, (said or {}).get(line.code, rest)) for line in profiles.lines_of(profile)
    ]
    standing.record(made, judgements, now)
    return made


def scanned(
    of: CheckedDomain,
    said: Mapping[str, Said] | None = None,
    *,
    now: datetime = NOW,
    rest: str = Outcome.PASS,
) -> str:
    """Such a run, and the reckoning that follows it; gives the agency's state."""
    run(of, said, now=now, rest=rest)
    return gate.reckon(of.agency, now)


def fail_for_good(of: CheckedDomain, code: str = "TR-1", *, now: datetime = NOW) -> datetime:
    """Three failed runs spread over a day; gives when the last one was."""
    for hours in (0, 12, 24):
        scanned(of, {code: Outcome.FAIL}, now=now + timedelta(hours=hours))
    return now + DAY


def decided(of: Agency, kind: str, *, now: datetime = NOW) -> None:
    """A decision by two evaluators from elsewhere."""
    proposed = deciding.propose(of, kind, reason="ตามหลักฐาน", by=evaluator(), now=now)
    deciding.second(proposed, by=evaluator(), now=now)
    of.refresh_from_db()


def live(*, now: datetime = NOW) -> tuple[Agency, CheckedDomain]:
    """An agency that went the whole way, and its domain."""
    made = agency()
    mail = domain(made, now=now)
    scanned(mail, now=now)
    decided(made, "open", now=now)
    gate.go_live(made, officer(made), now)
    return made, mail


def row(of: Agency) -> AgencyReadiness:
    return AgencyReadiness.objects.get(agency=of)
