"""Control over a domain, shown by a TXT record that only whoever runs its DNS can place (TR-5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.audit import chain
from accounts.models import CheckedDomain
from accounts.probing.dns import Dns
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Observations
from accounts.readiness import gate
from accounts.readiness.ground import from_settings

# A record that stands is seen every night; the audit hears of it when it was away so long.
_NEW_AGAIN = timedelta(days=30)


def look(domain: CheckedDomain, now: datetime, *, ground: Ground | None = None) -> bool:
    """Ask DNS for the challenge now; gives whether it stands there. Seconds, and no more."""
    dns = Dns(ground or from_settings())
    return _note(domain, dns.ask(domain.challenge_name, "TXT"), now)


def note(domain: CheckedDomain, seen: Observations, now: datetime) -> bool:
    """Take note of what a run has seen of the challenge; gives whether it stands there."""
    return _note(domain, seen.get("dns", f"{domain.challenge_name} TXT"), now)


@transaction.atomic
def _note(domain: CheckedDomain, seen: Observation | None, now: datetime) -> bool:
    """Only ever for the domain: a record that is gone does not take back what was shown."""
    if seen is None or not stands(domain, seen):
        return False
    gate.hold(domain.agency, now=now)
    domain.refresh_from_db(fields=["verified_at", "removed_at"])
    before = domain.verified_at
    domain.verified_at = now
    domain.save(update_fields=["verified_at"])
    if before is None or before < now - _NEW_AGAIN:
        details = {"domain": domain.name}
        chain.record(
            "domain_verified", domain, by=None, now=now, agency=domain.agency, details=details
        )
    if before is None:
        gate.reckon(domain.agency, now)
    return True


def stands(domain: CheckedDomain, seen: Observation) -> bool:
    """Whether an answer holds the challenge; one that fails validation proves nothing."""
    records = seen.facts.get("records")
    is_forged = bool(seen.facts.get("bogus"))
    if not seen.is_answered or is_forged or not isinstance(records, list):
        return False
    return any(str(each).strip() == domain.challenge_record for each in records)
