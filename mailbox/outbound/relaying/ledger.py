"""The ledger of a turn: attempts before DATA, answers after it, for several letters a commit.

One commit a letter would cost more than the letter. What is written down before DATA may
therefore be of up to fifty letters, and answers wait for each other, but never for long: what
a crash leaves open is more, and stays honest (P9, ADR 0005).
"""

from __future__ import annotations

import json
import logging
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from mailbox.models import Delivery
from mailbox.outbound.relaying.offers import Answer, Offer, answer_of
from mailbox.outbound.relaying.settling import settle
from mailbox.outbound.relaying.telling import Failed
from mailbox.outbound.work import Clock, LeaseLost, Work
from mailbox.smtp.verdicts import Verdict

logger = logging.getLogger(__name__)

# Letters whose attempts are written down ahead, and half the answers to one commit.
MOST = 50
# Seconds an answer may wait for others: a crash forgets no more than was said in them.
LONGEST = 0.1

_OWED = [state.value for state in Delivery.OWED]

# Rows are handed over as one JSON text: arrays are written out value by value, in Python.
_LOCK = """
  SELECT s.id, s.expires_at <= s.created_at AS is_given_up FROM mailbox_submission s
  JOIN jsonb_to_recordset(%s::jsonb) AS mine (id uuid, attempts int) USING (id)
  WHERE s.attempts = mine.attempts AND s.due_at IS NOT NULL
  ORDER BY s.id FOR NO KEY UPDATE OF s
"""
_RENEW = "UPDATE mailbox_submission SET due_at = %s WHERE id = ANY(%s::uuid[])"
_BEGIN = """
WITH v AS MATERIALIZED (
  SELECT v.id, g.id AS gateway_id
  FROM jsonb_to_recordset(%s::jsonb) AS v (id uuid, gateway bigint)
  LEFT JOIN mailbox_gateway g ON g.id = v.gateway
), new AS (
  INSERT INTO mailbox_attempt (delivery_id, gateway_id, started_at, outcome, reason)
  SELECT id, gateway_id, %s, 'unknown', '' FROM v
)
UPDATE mailbox_delivery d SET state = 'sending', gateway_id = v.gateway_id, changed_at = %s
FROM v WHERE d.id = v.id AND d.state = ANY(%s)
"""
# Whoever is already settled, by another worker's hand, stays so; and of a letter that an officer
# gave up meanwhile nobody waits for the ladder.
_ANSWER = f"""
WITH ours AS MATERIALIZED ({_LOCK}), v AS MATERIALIZED (
  SELECT v.*, g.id AS gateway_id FROM jsonb_to_recordset(%s::jsonb) AS v (
    id uuid, state text, outcome text, code int, enhanced text, reason text, reply text,
    gateway bigint, due_at timestamptz, tries int, started_at timestamptz, is_written bool)
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
), told AS (
  UPDATE mailbox_delivery d SET state = v.state, reply_code = v.code, enhanced = v.enhanced,
    reason = v.reason, sealed_reply = decode(v.reply, 'base64'),
    gateway_id = coalesce(v.gateway_id, d.gateway_id),
    due_at = CASE WHEN v.due_at > %s AND d.submission_id IN (SELECT id FROM ours WHERE is_given_up)
      THEN %s ELSE v.due_at END,
    tries = v.tries, changed_at = %s
  FROM v WHERE d.id = v.id AND d.state = ANY(%s)
)
SELECT id, is_given_up FROM ours
"""  # noqa: S608  # nothing of anybody's


class Ledger:
    """Of one worker's turn. Nothing in it counts before `write` (or a `begin`) has returned."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: list[Answer] = []
        self._of: dict[UUID, Work] = {}
        self._finished: dict[UUID, Work] = {}
        # What is final is written in the transaction that tells the author of it, at the letter's
        # end: what a crash leaves of it is asked again, and never failed in silence.
        self._refused: dict[UUID, list[Answer]] = {}
        self._failed: dict[UUID, Failed] = {}
        self._renewed: list[Work] = []
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
        # Whom an earlier gateway could not carry it for is written down before the next one, too.
        missing = [one for one in accepted if offer.deliveries[one].pk not in offer.begun]
        offers = [offer] if offer.begun else [offer, *ahead]
        works = {one.work.submission.pk: one.work for one in offers}
        with transaction.atomic():
            ours = self._write(works)
            if offer.work.submission.pk in ours and missing:
                now = self._clock.now()
                begun = [one for one in offers if one.work.submission.pk in ours]
                _begin(begun, offer, missing, now)
        self._forget()
        if offer.work.submission.pk not in ours:
            self._done.add(offer.work.submission.pk)
            raise LeaseLost

    def is_ahead(self, offer: Offer) -> bool:
        """Whether all of it is written down, under a lease that will do."""
        return len(offer.begun) == len(offer.deliveries) and not offer.work.needs_longer()

    def answer(self, offer: Offer, verdicts: Mapping[str, Verdict]) -> None:
        """Take down what was said of each recipient; written soon."""
        pk = offer.work.submission.pk
        if not self._answers:
            self._oldest = self._clock.lasted()
        self._of[pk] = offer.work
        for address, verdict in verdicts.items():
            answer = answer_of(offer, address, verdict)
            if answer.state in Delivery.NOT_REACHED:
                self._refused.setdefault(pk, []).append(answer)
                failed = self._failed.setdefault(pk, Failed([], []))
                failed.add(offer.deliveries[address], answer.state)
            else:
                self._answers.append(answer)
        # Those of letters that were written down together are written with the next ones.
        if len(self._answers) >= 2 * MOST or self._clock.lasted() - self._oldest > LONGEST:
            self.write()

    def finish(self, work: Work) -> None:
        """Nothing more is done for this letter in this turn: say when to go on with it."""
        pk = work.submission.pk
        if pk not in self._done:
            self._answers += self._refused.pop(pk, [])
            self._finished[pk] = work

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
        works = {**self._of, **self._finished, **works}
        ours, self._renewed = _write_answers(self._answers, works, self._clock.now())
        mine = [work for pk, work in self._finished.items() if pk in ours]
        settle(mine, self._failed, self._clock.now())
        for pk in self._finished.keys() - ours:
            logger.warning("submission %s: another worker has it", pk)
        return ours

    def _write_apart(self) -> None:
        for answer in self._answers:
            try:
                with transaction.atomic():
                    _write_answers([answer], {}, self._clock.now())
            except (DataError, IntegrityError) as error:
                kind, pk = type(error).__name__, answer.delivery_id
                logger.error("delivery %s: its answer was not written (%s)", pk, kind)
        self._answers = []
        with transaction.atomic():
            self._write({})

    def _forget(self) -> None:
        """After the commit, and not before."""
        for work in self._renewed:
            work.held_since = self._clock.now()
        self._renewed = []
        self._done.update(self._finished)
        for pk in self._finished:
            self._failed.pop(pk, None)
        self._answers, self._of, self._finished = [], {}, {}


def _write_answers(
    answers: Sequence[Answer], works: Mapping[UUID, Work], now: datetime
) -> tuple[set[UUID], list[Work]]:
    """Write answers, and keep others from claiming these letters until the commit.

    Return those whose lease is ours, and those of them whose lease now runs anew: an answer is
    true whoever has the lease now.
    """
    mine = json.dumps(
        [{"id": str(pk), "attempts": work.submission.attempts} for pk, work in works.items()]
    )
    with connection.cursor() as cursor:
        if answers:
            rows = json.dumps([_row(answer) for answer in answers])
            cursor.execute(_ANSWER, [mine, rows, now, now, now, now, now, _OWED])
        else:
            cursor.execute(_LOCK, [mine])
        ours = {pk for pk, _ in cursor.fetchall()}
        old = [work for pk, work in works.items() if pk in ours and work.needs_longer()]
        if old:
            until = now + settings.RELAY_LEASE
            cursor.execute(_RENEW, [until, [work.submission.pk for work in old]])
    return ours, old


def _begin(offers: Sequence[Offer], first: Offer, accepted: Sequence[str], now: datetime) -> None:
    rows = []
    for offer in offers:
        for address in accepted if offer is first else offer.deliveries:
            pk = offer.deliveries[address].pk
            rows.append({"id": str(pk), "gateway": offer.gateway_id})
            offer.begun[pk] = now
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [json.dumps(rows), now, now, _OWED])


def _row(answer: Answer) -> dict[str, Any]:
    due_at, started_at = answer.due_at, answer.started_at
    return {
        "id": str(answer.delivery_id),
        "state": answer.state.value,
        "outcome": answer.outcome.value,
        "code": answer.verdict.code or None,
        "enhanced": answer.verdict.enhanced,
        "reason": answer.verdict.reason.value,
        "reply": b2a_base64(answer.sealed_reply, newline=False).decode(),
        "gateway": answer.gateway_id,
        "due_at": due_at.isoformat() if due_at else None,
        "tries": answer.tries,
        "started_at": started_at.isoformat() if started_at else None,
        "is_written": answer.is_written,
    }
