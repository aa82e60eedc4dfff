"""Waking letters that wait for a gateway alone, once it is mended, entered, or to be used again.

Otherwise each would go on by its own ladder, up to forty minutes later. What a worker has in
hand is passed over: it goes on by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.audit import chain
from mailbox.models import Delivery, Gateway
from mailbox.nudges import relay_line_later
from mailbox.operating.deeds import Hand
from mailbox.outbound.gateways import breaker
from mailbox.smtp.verdicts import GATEWAY_FAULTS, Reason

# A page waits for this; of more, the others go on by their ladder.
MOST = 10_000
# Its faults, and what a change of its row may have mended: its limits, its hours, whom it serves.
_OF_THE_GATEWAY = GATEWAY_FAULTS | {Reason.OWN_LIMIT, Reason.OFF_HOURS, Reason.RELAY_DENIED}

# A letter that waits is due with the first of its recipients; a lease stands at a moment of
# its own. Who was told to try later by the other side is nobody's here: their reason is another.
_WAKE = """
WITH RECURSIVE served AS (
  SELECT %(agency)s::bigint AS id
  UNION SELECT a.id FROM accounts_agency a JOIN served ON a.parent_id = served.id WHERE %(below)s
), letters AS (
  SELECT s.id FROM mailbox_submission s
  WHERE s.due_at > %(now)s AND s.cancelled_at IS NULL AND s.held_at IS NULL
    AND EXISTS (
      SELECT 1 FROM mailbox_delivery d WHERE d.submission_id = s.id AND d.state = 'deferred'
        AND (d.gateway_id = %(gateway)s AND d.reason = ANY(%(faults)s)
          OR d.reason = %(none)s AND s.agency_id IN (SELECT id FROM served)))
    AND s.due_at = (
      SELECT min(d.due_at) FROM mailbox_delivery d
      WHERE d.submission_id = s.id AND d.state = ANY(%(owed)s))
  ORDER BY s.id LIMIT %(most)s FOR NO KEY UPDATE OF s SKIP LOCKED
), recipients AS (
  UPDATE mailbox_delivery d SET due_at = %(now)s FROM letters
  WHERE d.submission_id = letters.id AND d.state = 'deferred' AND d.due_at > %(now)s
    AND (d.gateway_id = %(gateway)s AND d.reason = ANY(%(faults)s) OR d.reason = %(none)s)
)
UPDATE mailbox_submission s SET due_at = %(now)s FROM letters WHERE s.id = letters.id
RETURNING s.lane, s.agency_id
"""


@transaction.atomic
def use_again(row: Gateway, hand: Hand) -> int:
    """End the rest of a gateway at once; give how many letters that waited for it go on now."""
    breaker.reset(row.pk)
    chain.record("gateway_used_again", row, by=hand.by, now=hand.now)
    return wake_for(row, hand.now)


@transaction.atomic
def wake_for(row: Gateway, now: datetime) -> int:
    """Have letters tried now that wait for this gateway, or for any; give how many, MOST at most.

    now: aware. The audit is the caller's.
    """
    if not row.is_enabled:
        return 0
    values: dict[str, Any] = {
        "agency": row.agency_id,
        "below": row.serves_below,
        "gateway": row.pk,
        "now": now,
        "faults": [reason.value for reason in _OF_THE_GATEWAY],
        "none": Reason.NO_GATEWAY.value,
        "owed": [state.value for state in Delivery.OWED],
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, values)
        woken = cursor.fetchall()
    for lane, agency in dict.fromkeys(woken):
        relay_line_later(lane, agency)
    return len(woken)
