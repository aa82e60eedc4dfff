"""A trial of a gateway: a worker goes through everything but a message, and tells step by step.

Only a worker opens passwords, so the page leaves a ticket and looks for the answer. Neither
lasts longer than a quarter of an hour, and no row is worth keeping: they are in the cache. They
hold no address of anybody: the postmaster of the agency's domain writes to himself.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache

from accounts.audit import chain
from accounts.models import Account, AgencyDomain
from mailbox.models import Gateway
from mailbox.nudges import try_gateway_later
from mailbox.outbound.gateways.opening import Locked, ready
from mailbox.smtp.transcript import Step, StepName, rehearse

# Seconds: how long an answer is kept, how long one trial keeps others of the gateway away, and
# how long a step may take while somebody looks on.
_KEPT, _ALONE, _PATIENCE = 900, 120, 15.0
# After so long without a word no worker will come.
TOO_LONG = timedelta(seconds=90)


@dataclass(frozen=True)
class Trial:
    """steps: None while no worker has been there. is_locked: the password does not open."""

    gateway_id: int
    asked_at: datetime
    is_locked: bool
    steps: list[Step] | None

    @property
    def is_good(self) -> bool:
        return bool(self.steps) and self.failed is None

    @property
    def failed(self) -> Step | None:
        """The first step that went wrong."""
        return next((step for step in self.steps or () if not step.ok), None)

    @property
    def is_usable(self) -> bool:
        """Whether all went well but that it does not know our recipient: that is its right."""
        return self.failed is not None and self.failed.name == StepName.RCPT


def ask(gateway: Gateway, *, by: Account, now: datetime) -> str:
    """Have a worker try a gateway; return the ticket. One that is being tried has one already."""
    ticket = str(uuid.uuid4())
    if not cache.add(_alone(gateway.pk), ticket, _ALONE):
        running = cache.get(_alone(gateway.pk))
        if running is not None:
            return str(running)
    said = {"gateway": gateway.pk, "asked_at": now.isoformat(), "locked": False, "steps": None}
    cache.set(_key(ticket), said, _KEPT)
    chain.record("gateway_tried", gateway, by=by, now=now)
    try_gateway_later(ticket)
    return ticket


def carry_out(ticket: str) -> None:
    """Try the gateway of a ticket, in a worker; nothing where the ticket is old or done with."""
    said: dict[str, Any] | None = cache.get(_key(ticket))
    if said is None or said["steps"] is not None:
        return
    row = Gateway.objects.filter(pk=said["gateway"]).first()
    if row is None:
        return
    door = ready(row)
    if isinstance(door, Locked):
        said |= {"locked": True, "steps": []}
    else:
        patient = replace(door, timeout=min(door.timeout, _PATIENCE))
        who = postmaster_of(row)
        steps = rehearse(patient, sender=who, recipient=who)
        said |= {"steps": [asdict(step) for step in steps]}
    cache.set(_key(ticket), said, _KEPT)
    cache.delete(_alone(row.pk))


def found(ticket: str) -> Trial | None:
    """What became of a trial; None where the ticket is unknown, or too old."""
    said: dict[str, Any] | None = cache.get(_key(ticket))
    if said is None:
        return None
    steps = said["steps"]
    return Trial(
        said["gateway"],
        datetime.fromisoformat(said["asked_at"]),
        said["locked"],
        None if steps is None else [_step(each) for each in steps],
    )


def postmaster_of(row: Gateway) -> str:
    """Whom the trial is from and to: the postmaster of a domain that the gateway serves."""
    own = AgencyDomain.objects.filter(agency=row.agency_id).order_by("pk")
    domains = [*row.domains, *own.values_list("domain", flat=True)[:1]]
    return f"postmaster@{domains[0]}" if domains else "postmaster"


def _step(said: dict[str, Any]) -> Step:
    return Step(**{**said, "name": StepName(said["name"])})


def _key(ticket: str) -> str:
    return f"gateway-trial:{ticket}"


def _alone(gateway_id: int) -> str:
    return f"gateway-tried:{gateway_id}"
