"""Settling: when a letter goes on, or that nothing is owed any more and its relay key is wiped."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min

from mailbox.filing.placements import announce
from mailbox.models import Delivery, Submission
from mailbox.outbound.relaying.telling import Failed, tell_author
from mailbox.outbound.schedule import LADDER, wait_after
from mailbox.outbound.work import Work

logger = logging.getLogger(__name__)

_OWED = [state.value for state in Delivery.OWED]
_FAILED = [state.value for state in Delivery.NOT_REACHED]

# The due moment of a letter is that of the first of its recipients who is owed something.
_SETTLE = """
WITH counted AS (
  SELECT d.submission_id, d.state, count(*) AS n,
         min(coalesce(d.due_at, %s)) FILTER (WHERE d.state = ANY(%s)) AS due_at
  FROM mailbox_delivery d WHERE d.submission_id = ANY(%s::uuid[]) GROUP BY 1, 2
), summed AS (
  SELECT submission_id, jsonb_object_agg(state, n) AS tally,
         bool_or(state = ANY(%s)) AS has_failed, min(due_at) AS due_at
  FROM counted GROUP BY 1
)
UPDATE mailbox_submission s SET tally = f.tally, has_failed = f.has_failed, due_at = f.due_at,
  relay_key_id = CASE WHEN f.due_at IS NULL THEN '' ELSE s.relay_key_id END,
  sealed_key_for_relay = CASE WHEN f.due_at IS NULL THEN NULL ELSE s.sealed_key_for_relay END
FROM summed f WHERE s.id = f.submission_id
RETURNING s.id, s.due_at, s.tally, s.has_failed, s.mailbox_id
"""
_PUT_OFF = """
UPDATE mailbox_delivery SET due_at = %s, changed_at = %s
WHERE submission_id = %s AND state = ANY(%s) AND (due_at IS NULL OR due_at <= %s)
"""


def settle(works: Sequence[Work], failed: Mapping[UUID, Failed], now: datetime) -> None:
    """Say when to go on with each of these, in a transaction that has them locked.

    Who asks for another try meanwhile waits for the lock, and is not forgotten. failed: by
    submission, whom it will not reach; the author is told.
    """
    if not works:
        return
    by_id = {work.submission.pk: work.submission for work in works}
    _settle_rows(by_id, now)
    # Notices lock their authors' mailboxes: in one order, or two workers wait for each other.
    for work in sorted(works, key=lambda one: one.submission.mailbox_id):
        tell_author(work, failed.get(work.submission.pk), now)


def put_off(submission: Submission, now: datetime) -> None:
    """A letter that does not open here: later, as long as it may be tried, then given up."""
    with transaction.atomic():
        mine = Submission.objects.filter(pk=submission.pk, attempts=submission.attempts)
        if not mine.select_for_update(no_key=True).values_list("pk").first():
            return
        if now >= submission.expires_at:
            owed = submission.deliveries.owed()
            count = owed.update(state=Delivery.State.EXPIRED, due_at=None, changed_at=now)
            # Its author sees it in the outbox; whom it was for stands in what does not open.
            logger.error("submission %s: given up unread, %d recipients", submission.pk, count)
        else:
            again = max(min(now + wait_after(2), submission.expires_at), now + LADDER[0])
            with connection.cursor() as cursor:
                cursor.execute(_PUT_OFF, [again, now, submission.pk, _OWED, now])
        _settle_rows({submission.pk: submission}, now)


@transaction.atomic
def wake(submission: Submission, delivery_ids: Collection[UUID], now: datetime) -> bool:
    """Have these recipients tried now, whatever the ladder says; False where none is owed.

    A worker that has the letter in hand keeps it, and it goes on at once when that is through.
    The caller rings (`nudges.relay_later`).
    """
    locked = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
    owed = submission.deliveries.owed()
    # What waits is due with the first of its recipients; a lease stands at a moment of its own.
    first = owed.exclude(pk__in=delivery_ids).aggregate(first=Min("due_at"))["first"]
    those = set(owed.filter(pk__in=delivery_ids).values_list("due_at", flat=True))
    if not owed.filter(pk__in=delivery_ids).update(due_at=now):
        return False
    if locked.due_at in {first, *those} or (locked.due_at and locked.due_at <= now):
        Submission.objects.filter(pk=submission.pk).update(due_at=now)
        submission.due_at = now
    return True


def _settle_rows(submissions: Mapping[UUID, Submission], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [now, _OWED, list(submissions), _FAILED])
        rows = cursor.fetchall()
    # After the commit, and once for all: a transaction that notifies has every other one that
    # does wait until it is on the disk.
    told = {row[-1] for row in rows}
    transaction.on_commit(lambda: announce(told), robust=True)
    for pk, due_at, tally, has_failed, _ in rows:
        submission = submissions[pk]
        submission.due_at, submission.has_failed = due_at, has_failed
        submission.tally = json.loads(tally) if isinstance(tally, str) else tally
