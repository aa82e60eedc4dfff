"""What is known of a domain when a run begins, besides what will be measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import AvailabilityDay, CheckedDomain, TestLetter
from accounts.readiness.subject import Subject

# The window of ST-3, in days in Thailand, today included.
WINDOW = 14


def subject_of(domain: CheckedDomain, now: datetime) -> Subject:
    """The subject of a run that begins now."""
    first = timezone.localdate(now) - timedelta(days=WINDOW - 1)
    days = AvailabilityDay.objects.filter(domain=domain, day__gte=first).order_by("day", "service")
    return Subject(
        name=domain.name,
        role=domain.role,
        hosts=(domain.name, *domain.hosts) if domain.has_web else (),
        logins=tuple(domain.logins),
        selectors=tuple(domain.selectors),
        challenge=domain.challenge_record,
        verified_at=domain.verified_at,
        exception_letter=domain.exception_letter,
        incident_contact=domain.incident_contact,
        no_forwarding_at=domain.no_forwarding_at,
        availability=tuple(
            (each.day.isoformat(), each.service, each.up, each.down, each.unknown) for each in days
        ),
        signed=_facts(domain, TestLetter.Kind.SIGNED),
        saraban=_facts(domain, TestLetter.Kind.SARABAN),
    )


def _facts(domain: CheckedDomain, kind: str) -> dict[str, Any] | None:
    """Of the newest letter that is over or answered; one that is on its way takes nothing away."""
    letters = TestLetter.objects.filter(domain=domain, kind=kind)
    over = letters.exclude(closed_at__isnull=True, answered_at__isnull=True)
    newest = over.order_by("-made_at", "-pk").first()
    return dict(newest.facts) if newest else None
