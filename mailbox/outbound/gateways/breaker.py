"""The circuit breaker of a gateway: one that fails is given a rest, then tried with one letter.

Its state is a row, so that all workers know it at once and a restart forgets nothing. The row
is written when something changes, and every few seconds while all is well: never for every
letter.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from mailbox.models import GatewayHealth
from mailbox.smtp.verdicts import Reason

# So many failures without one success between them.
FAILURES = 3
# These do not mend themselves, and a login tried again and again locks the account.
AT_ONCE = frozenset(
    (Reason.LOGIN, Reason.PASSWORD, Reason.CERTIFICATE, Reason.NO_TLS, Reason.NOT_LOOPBACK)
)
# The first rest; each failed probe doubles it.
REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
# Whoever probes has so long before another may.
PROBE = timedelta(minutes=2)
# How fresh "last worked" is kept.
FRESH = timedelta(seconds=10)

_NEW = """
INSERT INTO mailbox_gatewayhealth (gateway_id, state, failures, last_reason, tokens)
SELECT id, 'closed', 0, '', 0 FROM mailbox_gateway WHERE id = %s
ON CONFLICT (gateway_id) DO NOTHING
"""


def begin_row(gateway_id: int) -> None:
    """Have a row for the health of a gateway; none where the gateway is gone."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW, [gateway_id])


def good(gateway_id: int, now: datetime) -> None:
    """It has answered as a mail server does: whatever was held against it is forgotten."""
    begin_row(gateway_id)
    GatewayHealth.objects.filter(pk=gateway_id).update(
        state=GatewayHealth.State.CLOSED,
        failures=0,
        opened_at=None,
        probe_at=None,
        last_good_at=now,
    )


def is_worth_telling(health: GatewayHealth | None, now: datetime) -> bool:
    """Whether a success changes anything that is known."""
    if health is None or health.last_good_at is None:
        return True
    is_well = health.state == GatewayHealth.State.CLOSED and not health.failures
    return not is_well or abs(now - health.last_good_at) > FRESH


@transaction.atomic
def bad(
    gateway_id: int, reason: Reason, now: datetime, *, at_once: bool = False
) -> GatewayHealth | None:
    """It failed by its own fault; return its health, None where the gateway is gone.

    at_once: it cost a worker so much time that nobody shall wait for it a second time.
    """
    begin_row(gateway_id)
    health = GatewayHealth.objects.select_for_update().filter(pk=gateway_id).first()
    if health is None:
        return None
    health.last_bad_at, health.last_reason = now, reason.value
    is_resting = health.state == GatewayHealth.State.OPEN and rest_left(health, now)
    # What others had under way when it was shut says nothing new.
    if not is_resting:
        health.failures += 1
        is_shut = health.state in GatewayHealth.SHUT
        if is_shut or health.failures >= FAILURES or at_once or reason in AT_ONCE:
            health.opened_at = health.opened_at if is_shut else now
            health.state = GatewayHealth.State.OPEN
            health.probe_at = now + _rest(health, now)
    health.save()
    return health


def may_probe(gateway_id: int, now: datetime) -> bool:
    """Whether the caller, and nobody else, may try a shut gateway with one letter now."""
    over = Q(probe_at__isnull=True) | Q(probe_at__lte=now)
    # A clock that was set back must not keep a gateway shut for hours.
    over |= Q(probe_at__gt=now + LONGEST_REST)
    shut = GatewayHealth.objects.filter(over, pk=gateway_id, state__in=GatewayHealth.SHUT)
    return shut.update(state=GatewayHealth.State.HALF_OPEN, probe_at=now + PROBE) == 1


def rest_left(health: GatewayHealth, now: datetime) -> timedelta:
    """How long a shut gateway is still to be left alone; none where it may be tried."""
    left = health.try_again_in(now)
    return left if left <= LONGEST_REST else timedelta()


def reset(gateway_id: int) -> None:
    """Have it used again at once: it was mended, or an officer asks. Failures count anew."""
    GatewayHealth.objects.filter(pk=gateway_id).update(
        state=GatewayHealth.State.CLOSED, failures=0, opened_at=None, probe_at=None
    )


def _rest(health: GatewayHealth, now: datetime) -> timedelta:
    """Twice as long for every probe that failed since it was shut."""
    since = now - (health.opened_at or now)
    # What it has rested so far is what the next rest adds: 30 s, 30 s, 1 min, 2 min, …
    return min(max(REST, since), LONGEST_REST)
