"""How a gateway stands now, for those who look after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import QuerySet

from accounts.models import Account
from accounts.people.reach import EVERYWHERE, agencies_within_reach
from mailbox.models import Gateway, GatewayHealth
from mailbox.outbound.gateways import breaker
from mailbox.outbound.gateways.choosing import health_of
from mailbox.outbound.gateways.hours import opens_in


class Mood(StrEnum):
    """The state in one word; a page has a sentence for each."""

    OFF = "off"
    CLOSED_HOURS = "closed-hours"
    RESTING = "resting"
    PROBED = "probed"
    WELL = "well"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Standing:
    """until: when it is asked again, where that is known. reason: of its last failure."""

    gateway: Gateway
    mood: Mood
    until: datetime | None
    health: GatewayHealth | None

    @property
    def reason(self) -> str:
        return self.health.last_reason if self.health else ""

    @property
    def can_be_reset(self) -> bool:
        return self.mood in (Mood.RESTING, Mood.PROBED)


def within_reach(officer: Account) -> QuerySet[Gateway]:
    """The gateways that a mail officer looks after, with their agencies and their health."""
    rows = Gateway.objects.select_related("agency", "health")
    if officer.has_perm(EVERYWHERE):
        return rows
    return rows.filter(agency__in=agencies_within_reach(officer))


def standing_of(row: Gateway, now: datetime) -> Standing:
    """How it stands at a moment (aware)."""
    health = health_of(row)
    mood, until = _mood(row, health, now)
    return Standing(row, mood, until, health)


def _mood(
    row: Gateway, health: GatewayHealth | None, now: datetime
) -> tuple[Mood, datetime | None]:
    if not row.is_enabled:
        return Mood.OFF, None
    if until := opens_in(row, now):
        return Mood.CLOSED_HOURS, now + until
    if health is not None and health.state in GatewayHealth.SHUT:
        left = breaker.rest_left(health, now)
        is_probed = health.state == GatewayHealth.State.HALF_OPEN and left > timedelta()
        return (Mood.PROBED if is_probed else Mood.RESTING), now + left
    if health is None or health.last_good_at is None:
        return Mood.UNTRIED, None
    return Mood.WELL, None
