"""Relaying: a worker takes submissions and offers each to everyone still owed an answer.

Those inside the portal are filed directly; all others go through the gateways of
the sender's agency. What is about to be sent is written down before DATA, so that
a crash leaves it at "unknown" and never at nothing (ADR 0005). Needs the relay
key, and opens no mailbox.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from accounts.mandate.nudges import proof_came
from accounts.models import Official
from mailbox.errors import KeyMissing, SealBroken
from mailbox.models import Attempt, Delivery, Submission
from mailbox.outbound import routing
from mailbox.outbound.gateways import pools
from mailbox.outbound.insiders import file_insiders
from mailbox.outbound.outsiders import Road, offer_outsiders, offers_of
from mailbox.outbound.relaying.giving_up import give_up, is_given_up
from mailbox.outbound.relaying.ledger import Ledger
from mailbox.outbound.relaying.offers import Asked, Offer, Ways
from mailbox.outbound.relaying.rows import Owed
from mailbox.outbound.relaying.settling import put_off
from mailbox.outbound.sending.leaving import file_copy_when_it_leaves, forget_drafts, is_held
from mailbox.outbound.sending.listed import file_for_lists
from mailbox.outbound.work import Clock, LeaseLost, Work
from mailbox.smtp.gateway import Gateway

logger = logging.getLogger(__name__)

# Recipients of one letter and turn: a circular's next ones are another turn's.
_MOST_A_TURN = 2_000


def gateways_for(asked: Asked) -> Sequence[Gateway]:
    """The gateways for a letter, in the order in which they are to be tried."""
    return routing.routes_for(asked.submission, asked.sender, now=asked.now)


def relay(submission: Submission, *, gateways: Ways = gateways_for, now: datetime) -> bool:
    """Offer a message to all who are owed it, and keep every answer; False where it is not ours.

    gateways: gives the servers for the letter, in order. now: when this began; what is
    written down later is that much later.
    """
    if is_held(submission, now) or not submission.claim(now, now + settings.RELAY_LEASE):
        return False
    turn = Turn.of(gateways, now)
    try:
        forget_drafts([submission])
        carry([submission], turn)
    finally:
        turn.end()
    return True


@dataclass(frozen=True)
class Turn:
    """What a worker keeps while it goes from letter to letter. until: as `time.monotonic()`
    says it: what is not begun by then falls due again at once. first_ones: letters that
    were never offered before.
    """

    road: Road
    clock: Clock
    ledger: Ledger
    until: float | None = None
    first_ones: list[Submission] = field(default_factory=list)

    @classmethod
    def of(cls, gateways: Ways, now: datetime, *, until: float | None = None) -> Turn:
        clock = Clock(now)
        return cls(Road(gateways), clock, Ledger(clock), until)

    def end(self) -> None:
        """Write what was said last; nothing counts before this has returned."""
        try:
            self.ledger.write()
        finally:
            pools.let_go()
        _prove(self.first_ones)


def carry(claimed: Sequence[Submission], turn: Turn) -> None:
    """Go as far as possible with letters that were claimed; say of each when to go on.

    What was said last is in the turn's ledger, and written with what comes next or by `end`.
    """
    _doubt_what_was_begun(claimed, turn.clock.now())
    works = [work for one in claimed if (work := _begun(one, turn.clock)) is not None]
    most = None if turn.until is None else _MOST_A_TURN
    owed = Owed(works, turn.clock.now(), most=most)
    for work in filter(is_given_up, works):
        give_up(work, [*owed.inside(work), *owed.outside(work)], turn.ledger)
    going = [work for work in works if not is_given_up(work)]
    mine = [work for work in going if _within(work, owed.inside(work), turn)]
    offers: list[Offer] = []
    for work in mine:
        outside = file_for_lists(work, owed.outside(work), turn.ledger)
        offers += offers_of(work, outside, turn.ledger)
    offer_outsiders(offers, turn.road, turn.ledger, until=turn.until)
    for work in mine:
        turn.ledger.finish(work)
    turn.first_ones.extend(work.submission for work in mine if work.is_first)


def _begun(submission: Submission, clock: Clock) -> Work | None:
    """Open a letter; one that does not open here is put off."""
    try:
        return Work.begin(submission, clock.now(), clock)
    except (KeyMissing, SealBroken) as error:
        logger.error("submission %s: does not open (%s)", submission.pk, type(error).__name__)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: one letter never holds up the others
        logger.error("submission %s: cannot be read (%s)", submission.pk, type(error).__name__)
    put_off(submission, clock.now())
    return None


def _within(work: Work, owed: Sequence[Delivery], turn: Turn) -> bool:
    """File what is for colleagues; False where the letter is another worker's, or broke."""
    pk = work.submission.pk
    try:
        file_copy_when_it_leaves(work)
        file_insiders(work, owed, turn.ledger, until=turn.until)
    except (OperationalError, InterfaceError):
        raise
    except LeaseLost:
        logger.warning("submission %s: another worker has it", pk)
    except Exception as error:  # noqa: BLE001  # P2: one letter never holds up the others
        logger.error("submission %s: not filed (%s)", pk, type(error).__name__)
        put_off(work.submission, work.now())
    else:
        return True
    return False


def _doubt_what_was_begun(claimed: Sequence[Submission], now: datetime) -> None:
    """What an earlier worker was sending when it died may have arrived: nobody knows."""
    again = [submission for submission in claimed if submission.attempts > 1]
    if not again:
        return
    begun = Delivery.objects.filter(submission__in=again, state=Delivery.State.SENDING)
    doubted = list(begun.values_list("pk", flat=True))
    if not doubted:
        return
    logger.warning("%d recipients: an earlier try ended without a word", len(doubted))
    with transaction.atomic():
        # Over, and unknown for good: a worker that was only overtaken writes no answer into it.
        Attempt.objects.filter(delivery__in=doubted, finished_at=None).update(finished_at=now)
        Delivery.objects.filter(pk__in=doubted).update(state=Delivery.State.UNKNOWN, changed_at=now)


def _prove(submissions: Sequence[Submission]) -> None:
    """A first official letter meets a part of its writer's duty (`mailbox.people.evidence`)."""
    own = [one for one in submissions if not one.is_automatic]
    if not own:
        return
    boxes = [one.mailbox_id for one in own if one.written_by_id is None]
    hands = [one.written_by_id for one in own if one.written_by_id is not None]
    wrote = Q(account__mailbox__in=boxes) | Q(account__in=hands)
    proof_came("sent", Official.objects.filter(wrote))
