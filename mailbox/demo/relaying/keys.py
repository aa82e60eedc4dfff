"""The demo's DKIM keys, so that its letters are signed and the page of domains has something.

Their records stand in the demo's own DNS (`names`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import AgencyDomain
from mailbox.demo.people import TOP_LEVEL, officials
from mailbox.models import SigningKey
from mailbox.outbound.domains import keys

# Its first key waits for its record, as the first one of every domain does.
WAITING = "chiangmai"
# Its RSA key has been replaced a week ago.
ROTATED = "moi"
State, Algorithm = SigningKey.State, SigningKey.Algorithm


def load_keys(now: datetime) -> int:
    """Make the keys of the domains of the demo's officials that have none; return how many.

    now: aware. Needs the relay key's public half only.
    """
    labels = sorted({one.agency for one in officials()})
    domains = AgencyDomain.objects.filter(
        domain__in=[f"{label}.{TOP_LEVEL}" for label in labels], signing_keys__isnull=True
    )
    return sum(_furnish(domain, now) for domain in domains.select_related("agency"))


def _furnish(domain: AgencyDomain, now: datetime) -> int:
    label = domain.domain.partition(".")[0]
    if label == WAITING:
        keys.make(domain, Algorithm.ED25519, by=None, now=now)
        return 1
    begun = now - timedelta(days=120)
    for kind in (Algorithm.RSA, Algorithm.ED25519):
        _in_use(keys.make(domain, kind, by=None, now=begun), begun)
    if label != ROTATED:
        return 2
    lately = now - timedelta(days=7)
    old = SigningKey.objects.filter(domain=domain, algorithm=Algorithm.RSA, state=State.ACTIVE)
    fresh = keys.make(domain, Algorithm.RSA, by=None, now=lately)
    for key in old:
        keys.withdraw(key, by=None, now=lately)
    _in_use(fresh, lately)
    return 3


def _in_use(key: SigningKey, now: datetime) -> None:
    seen = {"seen": SigningKey.Seen.GOOD, "seen_at": now}
    SigningKey.objects.filter(pk=key.pk).update(state=State.ACTIVE, active_from=now, **seen)
