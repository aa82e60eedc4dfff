"""Which gateways a letter may go through, and in which order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounts.models import Agency
from mailbox.models import Gateway as GatewayRow
from mailbox.models import GatewayHealth, Lane
from mailbox.outbound.gateways import breaker, sharing
from mailbox.outbound.gateways.guarded import Guarded, resting, spread
from mailbox.outbound.gateways.hours import opens_in
from mailbox.outbound.gateways.opening import ready
from mailbox.outbound.gateways.sharing import Asker
from mailbox.outbound.work import Clock
from mailbox.smtp.gateway import AboutToSend, Gateway, OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict

# A number from 0 up to 1, each time another.
Draw = Callable[[], float]


@dataclass(frozen=True)
class Resting:
    """Stands for gateways of which none may be asked now: says why, and when the first may."""

    gateway_id: int
    verdict: Verdict

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        raise OutOfReach(self.verdict)


def gateways_for(
    agency_id: int,
    sender_domain: str,
    *,
    now: datetime,
    lane: int = Lane.ORDINARY,
    draw: Draw = random.random,
) -> list[Gateway]:
    """The gateways that may be asked now, in order; where all rest, one that says until when.

    sender_domain: in any case; "" for automatic mail, which every gateway takes. lane: of the
    letters that ask; the urgent ones go first where a gateway takes only so many.
    """
    rows = rows_for(agency_id, sender_domain)
    waits = {row.pk: _wait_for(row, now) for row in rows}
    awake = [row for row in rows if waits[row.pk] is None]
    clock, asker = Clock(now), Asker(agency_id, lane)
    if rows and not awake:
        return [_first_to_wake(waits, sharing.time_for(asker, now))]
    return [Guarded(ready(row), row, health_of(row), clock, asker) for row in in_turn(awake, draw)]


def rows_for(agency_id: int, sender_domain: str) -> list[GatewayRow]:
    """Gateways in use that serve this domain: the agency's, else those lent from above.

    Found by walking up the tree: the nearest agency that has any, and lends them.
    """
    domain, seen = sender_domain.lower(), set[int]()
    above: int | None = agency_id
    while above is not None and above not in seen:
        rows = GatewayRow.objects.filter(agency=above, is_enabled=True).select_related("health")
        if seen:
            rows = rows.filter(serves_below=True)
        serving = [row for row in rows.order_by("order", "pk") if _serves(row, domain)]
        if serving:
            return serving
        seen.add(above)
        above = Agency.objects.filter(pk=above).values_list("parent_id", flat=True).first()
    return []


def in_turn(rows: Sequence[GatewayRow], draw: Draw) -> list[GatewayRow]:
    """By order; within an order each is first as often as its weight says."""
    # Efraimidis and Spirakis: a weighted shuffle without replacement.
    drawn = {row.pk: draw() ** (1 / row.weight) for row in rows}
    return sorted(rows, key=lambda row: (row.order, -drawn[row.pk]))


def health_of(row: GatewayRow) -> GatewayHealth | None:
    """What is known of a gateway's health; None where nothing is."""
    health: GatewayHealth | None = getattr(row, "health", None)
    return health


def _serves(row: GatewayRow, domain: str) -> bool:
    return not domain or not row.domains or domain in (each.lower() for each in row.domains)


def _wait_for(row: GatewayRow, now: datetime) -> Verdict | None:
    """Why and how long a gateway may not be asked; None where it may."""
    if until := opens_in(row, now):
        return Verdict(reason=Reason.OFF_HOURS, wait=until)
    health = health_of(row)
    if health is not None and (left := breaker.rest_left(health, now)):
        return resting(health, left)
    return None


def _first_to_wake(waits: dict[int, Verdict | None], over: timedelta) -> Resting:
    known = [(verdict.wait, pk, verdict) for pk, verdict in waits.items() if verdict is not None]
    _wait, pk, verdict = min(known, key=lambda one: one[0] or timedelta())
    return Resting(pk, replace(spread(verdict), over=over))
