"""Letters to the mail officers of an agency about its readiness: once for each change.

They go the way of reminders, into the officers' own mailboxes; where the agency has no mail
officer, to those of the nearest above it. A notice's row and its letters are one transaction.
Who tests by hand sees what is worse; only what the night finds is written about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.mandate import reminders
from accounts.models import (
    Account,
    Agency,
    AgencyReadiness,
    GateDecision,
    GateEvent,
    PlanOfAction,
    ReadinessNotice,
    ScanRun,
    Waiver,
)
from accounts.readiness import officers
from accounts.readiness.telling import wording

Letter = Callable[[Account], tuple[str, str]]
State = Agency.State
# A way the machine may take to and fro is told of once a day.
_SMALL = ("blocked", "passed")
_QUIET = ("domains_added", "domains_gone", "adopted")
# Days before the end of a grace, and of a waiver, on which officers are told again.
GRACE_STEPS = (7, 2)
WAIVER_STEPS = (14, 3)


@transaction.atomic
def tell(agency: Agency, key: str, letter: Letter, now: datetime) -> int:
    """Write to the agency's mail officers, once for a key; gives how many were written to.

    Without anything that carries letters nothing is told, and nothing is written down.
    """
    if not reminders.can_send():
        return 0
    notice, made = ReadinessNotice.objects.get_or_create(
        agency=agency, key=key[:120], defaults={"sent_at": now}
    )
    if not made:
        return 0
    readers = officers.mail_officers(agency, now=now)
    for reader in readers:
        reminders.deliver(reader, letter(reader), now)
    ReadinessNotice.objects.filter(pk=notice.pk).update(readers=len(readers))
    return len(readers)


def moved(event: GateEvent, *, now: datetime) -> int:
    """That the agency's state has changed, why, and what is to be done."""
    if event.cause in _QUIET:
        return 0
    day = timezone.localdate(now)
    key = f"{event.cause}:{day}" if event.cause in _SMALL else f"event:{event.pk}"
    return tell(event.agency, key, lambda reader: wording.of_move(reader, event), now)


def worsened(run: ScanRun, codes: Sequence[str], *, now: datetime) -> int:
    """Which rules a domain no longer passes, that it had passed the last time."""
    if run.trigger != ScanRun.Trigger.DAILY or not codes:
        return 0
    agency = run.domain.agency
    return tell(
        agency,
        f"run:{run.pk}",
        lambda reader: wording.of_decay(reader, run.domain, codes),
        now,
    )


def waiver_decided(waiver: Waiver, *, now: datetime) -> int:
    """That a waiver is in force, was refused, or has been ended."""
    key = f"waiver:{waiver.pk}:{'ended' if waiver.ended_at else 'given'}"
    return tell(waiver.domain.agency, key, lambda reader: wording.of_waiver(reader, waiver), now)


def decision_refused(decision: GateDecision, *, now: datetime) -> int:
    """That a decision was proposed and refused, for the reason that the evaluator gave."""
    return tell(
        decision.agency,
        f"refused:{decision.pk}",
        lambda reader: wording.of_refusal(reader, decision),
        now,
    )


# --- Every day ------------------------------------------------------------


def remind(now: datetime) -> int:
    """What comes near without anything happening: ends of graces and waivers, days of plans."""
    return _of_graces(now) + _of_waivers(now) + _of_plans(now)


def _of_graces(now: datetime) -> int:
    at_risk = AgencyReadiness.objects.filter(
        agency__state=State.AT_RISK,
        grace_until__gt=now,
        grace_until__lte=now + timedelta(days=max(GRACE_STEPS)),
    ).select_related("agency")
    sent = 0
    for row in at_risk:
        assert row.grace_until is not None
        left = row.grace_until - now
        step = min(days for days in GRACE_STEPS if left <= timedelta(days=days))
        key = f"grace:{row.grace_until:%Y-%m-%dT%H:%M}:{step}"
        sent += tell(row.agency, key, partial(wording.of_grace, about=row), now)
    return sent


def _of_waivers(now: datetime) -> int:
    today = timezone.localdate(now)
    soon = Waiver.objects.in_force(today).filter(
        expires_on__lte=today + timedelta(days=max(WAIVER_STEPS)), domain__removed_at__isnull=True
    )
    sent = 0
    for waiver in soon.select_related("domain__agency"):
        left = (waiver.expires_on - today).days
        step = min(days for days in WAIVER_STEPS if left <= days)
        sent += tell(
            waiver.domain.agency,
            f"waiver:{waiver.pk}:{step}",
            partial(wording.of_waiver, waiver=waiver),
            now,
        )
    return sent


def _of_plans(now: datetime) -> int:
    today = timezone.localdate(now)
    # What has been late for a month was told of long ago: the rows need not be asked each day.
    late = PlanOfAction.objects.filter(
        closed_at__isnull=True,
        promised_on__lt=today,
        promised_on__gte=today - timedelta(days=30),
        domain__removed_at__isnull=True,
    )
    return sum(
        tell(
            plan.domain.agency,
            f"plan:{plan.pk}",
            partial(wording.of_plan, plan=plan),
            now,
        )
        for plan in late.select_related("domain__agency")
    )
