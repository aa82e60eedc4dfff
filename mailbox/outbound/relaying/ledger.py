"""The ledger of a turn: attempts before DATA, answers after it, for several letters a commit.

One commit a letter would cost more than the letter. What is written down before DATA may
therefore be of up to ten letters, and answers wait for each other, but never for long: what
a crash leaves open is more, and stays honest (P9, ADR 0005).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from mailbox.models import Delivery
from mailbox.outbound.relaying.offers import Answer, Offer, answer_of
from mailbox.outbound.relaying.settling import settle
from mailbox.outbound.relaying.telling import Failed
from mailbox.outbound.work import Clock, LeaseLost, Work
from mailbox.smtp.verdicts import Verdict

logger = logging.getLogger(__name__)

# Answers to one commit, and letters whose attempts are written down ahead.
MOST = 10
# Seconds an answer may wait for others: a crash forgets no more than was said in them.
LONGEST = 0.1

_OWED = [state.value for state in Delivery.OWED]

_LOCK = """
SELECT s.id FROM mailbox_submission s
JOIN unnest(%s::uuid[], %s::int[]) AS mine (id, attempts) USING (id)
WHERE s.attempts = mine.attempts AND s.due_at IS NOT NULL
ORDER BY s.id FOR NO KEY UPDATE OF s
"""
_RENEW = "UPDATE mailbox_submission SET due_at = %s WHERE id = ANY(%s::uuid[])"
_BEGIN = """
WITH v AS (
  SELECT v.id, g.id AS gateway_id FROM unnest(%s::uuid[], %s::bigint[]) AS v (id, gateway)
  LEFT JOIN mailbox_gateway g ON g.id = v.gateway
), new AS (
  INSERT INTO mailbox_attempt (delivery_id, gateway_id, started_at, outcome, reason)
  SELECT id, gateway_id, %s, 'unknown', '' FROM v
)
UPDATE mailbox_delivery d SET state = 'sending', gateway_id = v.gateway_id, changed_at = %s
FROM v WHERE d.id = v.id AND d.state = ANY(%s)
"""
# Whoever is already settled, by another worker's hand, stays so.
_ANSWER = """
WITH v AS (
  SELECT v.*, g.id AS gateway_id FROM unnest(
    %s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[], %s::text[], %s::bytea[],
    %s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[], %s::bool[]
  ) AS v (id, state, outcome, code, enhanced, reason, reply, gateway, due_at, tries, started_at,
          is_written)
  LEFT JOIN mailbox_gateway g ON g.id = v.gateway
), tried AS (
  UPDATE mailbox_attempt a SET finished_at = %s, outcome = v.outcome, reply_code = v.code,
    reason = v.reason, gateway_id = v.gateway_id
  FROM v WHERE v.is_written AND a.delivery_id = v.id AND a.started_at = v.started_at
    AND a.finished_at IS NULL
), new AS (
  INSERT INTO mailbox_attempt
    (delivery_id, gateway_id, started_at, finished_at, outcome, reply_code, reason)
  SELECT id, gateway_id, started_at, %s, outcome, code, reason FROM v
  WHERE NOT is_written AND started_at IS NOT NULL
)
UPDATE mailbox_delivery d SET state = v.state, reply_code = v.code, enhanced = v.enhanced,
  reason = v.reason, sealed_reply = v.reply, gateway_id = coalesce(v.gateway_id, d.gateway_id),
  due_at = v.due_at, tries = v.tries, changed_at = %s
FROM v WHERE d.id = v.id AND d.state = ANY(%s)
"""


class Ledger:
    """Of one worker's turn. Nothing in it counts before `write` (or a `begin`) has returned."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: list[Answer] = []
        self._of: dict[UUID, Work] = {}
        self._finished: dict[UUID, Work] = {}
        self._failed: dict[UUID, Failed] = {}
        self._oldest = 0.0
        self._done: set[UUID] = set()

    def begin(self, offer: Offer, accepted: Sequence[str], ahead: Sequence[Offer] = ()) -> None:
        """Commit, before DATA, that these are being sent to: P9; LeaseLost if it is not ours.

        ahead: what is offered next, if all goes as quickly as before; every recipient of it.
        What was written down ahead is not written again, only the lease is looked at.
        """
        offer.is_at_data = True
        if self.is_ahead(offer):
            return
        offers = [offer] if offer.begun else [offer, *ahead]
        works = {one.work.submission.pk: one.work for one in offers}
        with transaction.atomic():
            ours = self._write(works)
            if offer.work.submission.pk in ours and not offer.begun:
                now = self._clock.now()
                begun = [one for one in offers if one.work.submission.pk in ours]
                _begin(begun, offer, accepted, now)
        self._forget()
        if offer.work.submission.pk not in ours:
            self._done.add(offer.work.submission.pk)
            raise LeaseLost

    def is_ahead(self, offer: Offer) -> bool:
        """Whether all of it is written down, under a lease that will do."""
        return len(offer.begun) == len(offer.deliveries) and not offer.work.needs_longer()

    def answer(self, offer: Offer, verdicts: Mapping[str, Verdict]) -> None:
        """Take down what was said of each recipient; written soon."""
        if not self._answers:
            self._oldest = self._clock.lasted()
        self._of[offer.work.submission.pk] = offer.work
        for address, verdict in verdicts.items():
            delivery = offer.deliveries[address]
            answer = answer_of(offer, delivery, verdict)
            self._answers.append(answer)
            if answer.state in Delivery.NOT_REACHED:
                failed = self._failed.setdefault(offer.work.submission.pk, Failed([], []))
                failed.add(delivery, answer.state)
        if len(self._answers) >= MOST or self._clock.lasted() - self._oldest > LONGEST:
            self.write()

    def finish(self, work: Work) -> None:
        """Nothing more is done for this letter in this turn: say when to go on with it."""
        if work.submission.pk not in self._done:
            self._finished[work.submission.pk] = work

    def write(self) -> None:
        """Commit what was said, and settle what is finished; one transaction."""
        if not (self._answers or self._finished):
            return
        try:
            with transaction.atomic():
                self._write({})
        except (DataError, IntegrityError) as error:
            # P2: what one answer breaks is not broken for the others.
            logger.error("answers not written together (%s)", type(error).__name__)
            self._write_apart()
        self._forget()

    def _write(self, works: Mapping[UUID, Work]) -> set[UUID]:
        """Write everything in hand; return which letters, of these too, are still ours."""
        ours = _lock({**self._of, **self._finished, **works}, self._clock.now())
        if self._answers:
            _answer(self._answers, self._clock.now())
        mine = [work for pk, work in self._finished.items() if pk in ours]
        settle(mine, self._failed, self._clock.now())
        for pk in self._finished.keys() - ours:
            logger.warning("submission %s: another worker has it", pk)
        return ours

    def _write_apart(self) -> None:
        for answer in self._answers:
            try:
                with transaction.atomic():
                    _answer([answer], self._clock.now())
            except (DataError, IntegrityError) as error:
                kind = type(error).__name__
                logger.error(
                    "delivery %s: its answer was not written (%s)", answer.delivery_id, kind
                )
        self._answers = []
        with transaction.atomic():
            self._write({})

    def _forget(self) -> None:
        self._done.update(self._finished)
        for pk in self._finished:
            self._failed.pop(pk, None)
        self._answers, self._of, self._finished = [], {}, {}


def _lock(works: Mapping[UUID, Work], now: datetime) -> set[UUID]:
    """Keep others from claiming these until the commit; return those whose lease is ours."""
    if not works:
        return set()
    attempts = [work.submission.attempts for work in works.values()]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(works), attempts])
        ours = {pk for (pk,) in cursor.fetchall()}
        old = [work for pk, work in works.items() if pk in ours and work.needs_longer()]
        if old:
            cursor.execute(_RENEW, [old[0].lease_until(), [work.submission.pk for work in old]])
    for work in old:
        work.held_since = now
    return ours


def _begin(offers: Sequence[Offer], first: Offer, accepted: Sequence[str], now: datetime) -> None:
    ids: list[UUID] = []
    gateways: list[int | None] = []
    for offer in offers:
        those = accepted if offer is first else list(offer.deliveries)
        for address in those:
            ids.append(offer.deliveries[address].pk)
            gateways.append(offer.gateway_id)
            offer.begun[ids[-1]] = now
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [ids, gateways, now, now, _OWED])


def _answer(answers: Sequence[Answer], now: datetime) -> None:
    columns = [
        [one.delivery_id for one in answers],
        [one.state.value for one in answers],
        [one.outcome.value for one in answers],
        [one.verdict.code or None for one in answers],
        [one.verdict.enhanced for one in answers],
        [one.verdict.reason.value for one in answers],
        [one.sealed_reply for one in answers],
        [one.gateway_id for one in answers],
        [one.due_at for one in answers],
        [one.tries for one in answers],
        [one.started_at for one in answers],
        [one.is_written for one in answers],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER, [*columns, now, now, now, _OWED])
