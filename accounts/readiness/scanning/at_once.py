"""A run from beginning to end here and now, for the command line; or one that leaves no trace."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from accounts.models import CheckedDomain, ScanRun
from accounts.probing.ground import Ground
from accounts.readiness import checks, profiles, scanning
from accounts.readiness.checks import Judgement
from accounts.readiness.gathering import ask_dns, ask_net
from accounts.readiness.ground import from_settings
from accounts.readiness.scanning.subjects import subject_of
from accounts.readiness.subject import Subject

# A worker that was quicker holds the stage; its lease is longer than anybody waits at a prompt.
_LOOKED_AGAIN = 0.5
Clock = Callable[[], datetime]


def measure(domain: CheckedDomain, *, clock: Clock, ground: Ground | None = None) -> ScanRun:
    """Ask for a run and take it through its stages; gives it finished.

    A run that is under way already is gone on with, together with whichever worker has it.
    """
    run = scanning.ask(domain, ScanRun.Trigger.COMMAND, by=None, now=clock())
    while True:
        run = ScanRun.objects.select_related("domain__agency", "profile").get(pk=run.pk)
        if run.finished_at is not None:
            return run
        if not scanning.work(run, clock(), ground=ground):
            time.sleep(_LOOKED_AGAIN)


def subject_by_name(name: str, now: datetime) -> Subject:
    """What is known of a domain by its name: of the first list it is on, or nothing."""
    kept = CheckedDomain.objects.kept().filter(name=name).order_by("pk").first()
    return subject_of(kept, now) if kept else Subject(name=name, role="mail", hosts=(name,))


def try_out(subject: Subject, *, clock: Clock, ground: Ground | None = None) -> list[Judgement]:
    """Measure and judge by the rules in force, and keep nothing."""
    where = ground or from_settings()
    seen = ask_dns(subject, where)
    seen.add(ask_net(subject, seen, where))
    now = clock()
    return checks.judge(profiles.lines_of(profiles.in_force(now.date())), subject, seen, now=now)
