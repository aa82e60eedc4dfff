"""Runs over domains: asked for by an officer or by the night, worked on by stages, never lost.

A run's row is the whole truth; Celery only rings. One worker holds a stage by its lease; a stage
that dies falls due again, and after three tries the run is given up: every rule unknown.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, CheckedDomain, GateDecision, ScanRun
from accounts.people.days import midnight
from accounts.probing.ground import Ground
from accounts.readiness import profiles
from accounts.readiness.ground import from_settings
from accounts.readiness.scanning import stages
from accounts.readiness.scanning.nights import next_night
from accounts.readiness.scanning.nudges import scan_soon
from govmail_portal.errors import PortalError

__all__ = ["ask", "due", "next_night", "next_run", "plan_due", "put_off", "ring_due", "work"]

Stage, Trigger = ScanRun.Stage, ScanRun.Trigger
# Of what asks; the rules have versions of their own.
VERSION = "1"
PAUSE = timedelta(minutes=5)
MOST_A_DAY = 24
# So long the night leaves alone the domains of an agency that two evaluators are deciding on.
LEFT_TO_DECIDE = timedelta(days=2)
# How many rings a lane gets at most in a minute: as many as there may be workers.
_RINGS = 8


class TooSoon(PortalError):
    message = _("This domain was tested less than five minutes ago. Wait a little.")
    status = 429


class TooOften(PortalError):
    message = _("This domain was tested 24 times today by hand. It is tested again in the night.")
    status = 429


class NotOnTheList(PortalError):
    message = _("This domain is no longer on the agency's list.")


def ask(domain: CheckedDomain, trigger: str, *, by: Account | None, now: datetime) -> ScanRun:
    """Have a domain tested; a run that is under way is given back, not doubled.

    Raises TooSoon and TooOften for an officer's button, NotOnTheList.
    """
    with transaction.atomic():
        held = CheckedDomain.objects.kept().select_for_update().filter(pk=domain.pk).first()
        if held is None:
            raise NotOnTheList
        already = ScanRun.objects.open().filter(domain=held).first()
        if already is not None:
            return already
        if trigger == Trigger.OFFICER:
            _must_not_be_too_soon(held, now)
        run = ScanRun.objects.create(
            domain=held,
            profile=profiles.in_force(timezone.localdate(now)),
            trigger=Trigger(trigger),
            asked_by=by,
            scanner_version=VERSION,
            requested_at=now,
            due_at=now,
        )
        scan_soon(run.stage)
        return run


def work(run: ScanRun, now: datetime, *, ground: Ground | None = None) -> bool:
    """Do the stage that a run is at; False where another worker has it or nothing is due.

    Raises what is our own fault: the caller is a door and calls `put_off`.
    """
    if not run.claim(now, now + stages.LEASES[Stage(run.stage)]):
        return False
    if run.attempts > stages.MOST_TRIES:
        stages.give_up(run, now)
        return True
    stages.STAGES[run.stage](run, ground or from_settings(), now)
    return True


def put_off(run: ScanRun, now: datetime) -> None:
    """A stage broke by a fault of ours: try it again in a minute or two, or give the run up."""
    if run.attempts >= stages.MOST_TRIES:
        stages.give_up(run, now)
        return
    held = ScanRun.objects.filter(pk=run.pk, stage=run.stage, due_at=run.due_at)
    held.update(due_at=now + timedelta(minutes=run.attempts))


# --- Whose turn it is -----------------------------------------------------


def due(now: datetime, stage: str) -> QuerySet[ScanRun]:
    """The runs whose stage is due: officers wait for theirs, the night waits for nobody."""
    asked = Case(When(trigger=Trigger.DAILY, then=Value(1)), default=Value(0))
    found = ScanRun.objects.due(now).filter(stage=stage).order_by(asked, "due_at", "pk")
    return found.select_related("domain__agency", "profile")


def next_run(stage: str, now: datetime) -> ScanRun | None:
    """The run whose turn it is at this stage, unclaimed."""
    return due(now, stage).first()


def ring_due(now: datetime) -> None:
    """Wake a worker for what is due in each lane; the sweep of every minute."""
    for stage in stages.STAGES:
        for _each in due(now, stage).values_list("pk", flat=True)[:_RINGS]:
            scan_soon(stage)


def plan_due(now: datetime, *, most: int) -> int:
    """Ask for the daily runs whose moment has come; gives how many were asked for."""
    waiting = CheckedDomain.objects.kept().filter(next_run_at__lte=now).order_by("next_run_at")
    asked = 0
    for domain in waiting.select_related("agency")[:most]:
        following = next_night(domain, now)
        mine = CheckedDomain.objects.filter(pk=domain.pk, next_run_at=domain.next_run_at)
        with transaction.atomic():
            if mine.update(next_run_at=following) and not _is_being_decided_on(domain, now):
                ask(domain, Trigger.DAILY, by=None, now=now)
                asked += 1
    return asked


def _is_being_decided_on(domain: CheckedDomain, now: datetime) -> bool:
    """An agency that is open is watched whatever is being decided."""
    if domain.agency.is_open:
        return False
    proposed = GateDecision.objects.waiting().filter(agency=domain.agency)
    return proposed.filter(decided_at__gt=now - LEFT_TO_DECIDE).exists()


def _must_not_be_too_soon(domain: CheckedDomain, now: datetime) -> None:
    by_hand = ScanRun.objects.filter(domain=domain, trigger=Trigger.OFFICER)
    if by_hand.filter(requested_at__gt=now - PAUSE).exists():
        raise TooSoon
    today = midnight(timezone.localdate(now))
    if by_hand.filter(requested_at__gte=today).count() >= MOST_A_DAY:
        raise TooOften
