"""An offer of one letter to some of its recipients, and what the answers mean for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mailbox.models import Attempt, Delivery, Submission
from mailbox.outbound.envelope import seal_reply
from mailbox.outbound.schedule import LADDER, LONGEST_FOR_GATEWAY, next_try
from mailbox.outbound.work import Work
from mailbox.smtp.gateway import Gateway
from mailbox.smtp.verdicts import GATEWAY_FAULTS, Reason, Verdict

# Nor do these speak of the recipient: a gateway that is not there, or an error of our own.
OF_THE_GATEWAY = GATEWAY_FAULTS | {Reason.NO_GATEWAY, Reason.RELAY_DENIED, Reason.INTERNAL}


@dataclass(frozen=True)
class Asked:
    """Whose letter wants a way out. sender: of its envelope, "" for automatic mail."""

    submission: Submission
    sender: str
    now: datetime


# What the relay asks: the gateways for a letter, the first to be tried first.
Ways = Callable[[Asked], Sequence[Gateway]]


@dataclass(eq=False)
class Offer:
    """One transaction's recipients. deliveries: by address, opened.

    begun: when the attempt of each was written down before DATA. gateways: by address, which
    one's answer is kept. was_tried: a gateway was spoken to, or spoken for. is_at_data: the
    server has accepted somebody.
    """

    work: Work
    deliveries: Mapping[str, Delivery]
    begun_at: datetime
    gateway_id: int | None = None
    gateways: dict[str, int | None] = field(default_factory=dict)
    was_tried: bool = True
    is_at_data: bool = False
    begun: dict[UUID, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What is written down for one recipient. started_at: of the attempt it belongs to, which
    is there already (`is_written`) or is written with the answer; None: nothing was tried.
    """

    delivery_id: UUID
    state: Delivery.State
    outcome: Attempt.Outcome
    verdict: Verdict
    sealed_reply: bytes
    gateway_id: int | None
    due_at: datetime | None
    tries: int
    started_at: datetime | None
    is_written: bool


def answer_of(offer: Offer, address: str, verdict: Verdict) -> Answer:
    """What a verdict means for a recipient: done, never, or when again."""
    delivery = offer.deliveries[address]
    work, begun = offer.work, offer.begun.get(delivery.pk)
    state, due_at, tries = next_state(work, delivery, verdict)
    started_at = begun or (offer.begun_at if offer.was_tried else None)
    return Answer(
        delivery_id=delivery.pk,
        state=state,
        outcome=_outcome(verdict),
        verdict=verdict,
        sealed_reply=seal_reply(verdict, work.key, delivery),
        gateway_id=offer.gateways.get(address, offer.gateway_id),
        due_at=due_at,
        tries=tries,
        started_at=started_at,
        is_written=begun is not None,
    )


def next_state(
    work: Work, delivery: Delivery, verdict: Verdict
) -> tuple[Delivery.State, datetime | None, int]:
    """A recipient's state after this verdict, the moment of the next try, and the tries so far.

    A gateway that only asked to wait a little (`wait`) has not been tried. An answer about the
    gateway is asked for again before long; one about the recipient on the ladder.
    """
    if not verdict.in_doubt and verdict.accepted:
        return Delivery.State.RELAYED, None, delivery.tries + 1
    if verdict.final:
        return Delivery.State.FAILED, None, delivery.tries + 1
    now, expires_at = work.now(), work.submission.expires_at
    due_at: datetime | None
    if verdict.wait is not None and now + verdict.wait < expires_at:
        # Not all that wait come back at once, to be sent away again.
        spread = random.random() * verdict.over  # noqa: S311  # keeps no secret
        due_at = min(now + verdict.wait + spread, expires_at)
        return Delivery.State.DEFERRED, due_at, delivery.tries
    # What may have arrived is not repeated often.
    of_gateway = verdict.reason in OF_THE_GATEWAY and not verdict.in_doubt
    most = LONGEST_FOR_GATEWAY if of_gateway else LADDER[-1]
    due_at = next_try(delivery.tries + 1, now=now, expires_at=expires_at, most=most)
    state = Delivery.State.UNKNOWN if verdict.in_doubt else Delivery.State.DEFERRED
    return (state if due_at else Delivery.State.EXPIRED), due_at, delivery.tries + 1


def _outcome(verdict: Verdict) -> Attempt.Outcome:
    if verdict.in_doubt:
        return Attempt.Outcome.UNKNOWN
    if verdict.accepted:
        return Attempt.Outcome.ACCEPTED
    return Attempt.Outcome.REFUSED if verdict.final else Attempt.Outcome.DEFERRED
