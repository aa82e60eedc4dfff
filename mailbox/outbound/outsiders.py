"""Recipients outside the portal: offered to the agency's gateways, every answer kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from mailbox.errors import SealBroken
from mailbox.models import Attempt, Delivery
from mailbox.outbound.envelope import open_address, seal_reply
from mailbox.outbound.work import LeaseLost, Work
from mailbox.smtp.gateway import MOST_RECIPIENTS, Gateway, OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict, because

logger = logging.getLogger(__name__)

_NO_GATEWAY = because(Reason.NO_GATEWAY)
_BROKEN = because(Reason.INTERNAL, code=451)
_KEPT = ["state", "reply_code", "sealed_reply", "gateway", "changed_at"]


@dataclass
class _Round:
    """The gateways of one turn. silent: those that did not answer, with what was learnt."""

    gateways: Sequence[Gateway]
    silent: dict[int, Verdict] = field(default_factory=dict)


@dataclass
class _Offer:
    """One transaction's recipients, and what was written down before DATA."""

    deliveries: Mapping[str, Delivery]
    begun_at: datetime
    gateway_id: int | None = None
    attempts: dict[UUID, Attempt] = field(default_factory=dict)


def offer_outsiders(work: Work, routes: Callable[[], Sequence[Gateway]]) -> None:
    """Offer the message to everyone outside who is owed it, a hundred to a transaction.

    routes: the gateways in order, asked for only when there is somebody outside.
    """
    owed = list(work.submission.deliveries.owed().filter(mailbox__isnull=True))
    if not owed:
        return
    turn = _Round(routes())
    for start in range(0, len(owed), MOST_RECIPIENTS):
        with transaction.atomic():
            work.hold_lease()
        offer = _Offer(_addressed(work, owed[start : start + MOST_RECIPIENTS]), work.now())
        verdicts = _hand_over(work, turn, offer)
        _record(work, offer, verdicts)


def _addressed(work: Work, deliveries: Sequence[Delivery]) -> dict[str, Delivery]:
    found = {}
    for delivery in deliveries:
        try:
            found[open_address(delivery, work.key).address] = delivery
        except SealBroken:
            logger.error("delivery %s: its address does not open", delivery.pk)
            offer = _Offer({"": delivery}, work.now())
            _record(work, offer, {"": _BROKEN})
    return found


def _hand_over(work: Work, turn: _Round, offer: _Offer) -> Mapping[str, Verdict]:
    """Try the gateways in order until one begins a transaction; return everybody's verdict."""
    everybody = list(offer.deliveries)
    verdict = _NO_GATEWAY
    for place, gateway in enumerate(turn.gateways):
        if place not in turn.silent:
            try:
                return _offer_to(work, gateway, offer)
            except OutOfReach as failure:
                turn.silent[place] = failure.verdict
                logger.warning(
                    "gateway %s: out of reach (%s)", gateway.gateway_id, failure.verdict.reason
                )
        # What is shown is why the first of them failed: it is the one to be mended.
        verdict = turn.silent[min(turn.silent)]
        offer.gateway_id = turn.gateways[min(turn.silent)].gateway_id
    return dict.fromkeys(everybody, verdict)


def _offer_to(work: Work, gateway: Gateway, offer: _Offer) -> Mapping[str, Verdict]:
    offer.gateway_id = gateway.gateway_id
    everybody = list(offer.deliveries)
    try:
        return gateway.hand_over(
            work.message,
            sender=work.envelope.sender,
            recipients=everybody,
            about_to_send=lambda accepted: _write_down(work, offer, accepted),
        )
    except (OutOfReach, LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: what breaks one never holds up the next
        kind = type(error).__name__  # its words may quote an address
        logger.error("submission %s: a transaction broke (%s)", work.submission.pk, kind)
        doubt = because(Reason.LOST_AFTER, in_doubt=True)
        return {
            address: doubt if delivery.pk in offer.attempts else _BROKEN
            for address, delivery in offer.deliveries.items()
        }


def _write_down(work: Work, offer: _Offer, accepted: Sequence[str]) -> None:
    """Commit, before DATA, that these are being sent to: P9."""
    now = work.now()
    chosen = [offer.deliveries[address] for address in accepted]
    with transaction.atomic():
        work.hold_lease()
        attempts = Attempt.objects.bulk_create(
            Attempt(delivery=one, gateway_id=offer.gateway_id, started_at=now) for one in chosen
        )
        Delivery.objects.filter(pk__in=[one.pk for one in chosen]).update(
            state=Delivery.State.SENDING, gateway_id=offer.gateway_id, changed_at=now
        )
    offer.attempts = {attempt.delivery_id: attempt for attempt in attempts}


def _record(work: Work, offer: _Offer, verdicts: Mapping[str, Verdict]) -> None:
    """Keep every answer: on the recipient, and on the attempt."""
    now = work.now()
    new: list[Attempt] = []
    with transaction.atomic():
        ids = [delivery.pk for delivery in offer.deliveries.values()]
        owed = {
            one.pk: one for one in Delivery.objects.owed().select_for_update().filter(pk__in=ids)
        }
        for address, verdict in verdicts.items():
            pk = offer.deliveries[address].pk
            attempt = offer.attempts.get(pk)
            if attempt is None:
                attempt = Attempt(delivery_id=pk, started_at=offer.begun_at)
                new.append(attempt)
            attempt.gateway_id = offer.gateway_id
            attempt.finished_at, attempt.reply_code = now, verdict.code or None
            attempt.outcome = _outcome(verdict)
            # Whoever is already settled, by another worker's hand, stays so.
            if pk in owed:
                _settle(owed[pk], verdict, work, offer.gateway_id)
        Attempt.objects.bulk_create(new)
        written = list(offer.attempts.values())
        Attempt.objects.bulk_update(written, ["finished_at", "reply_code", "outcome", "gateway"])
        Delivery.objects.bulk_update(list(owed.values()), _KEPT)
        work.submission.count_again()


def _settle(delivery: Delivery, verdict: Verdict, work: Work, gateway_id: int | None) -> None:
    delivery.state = _state(verdict)
    delivery.reply_code = verdict.code or None
    delivery.sealed_reply = seal_reply(verdict, work.key, delivery)
    delivery.gateway_id = gateway_id
    delivery.changed_at = work.now()


def _state(verdict: Verdict) -> Delivery.State:
    if verdict.in_doubt:
        return Delivery.State.UNKNOWN
    if verdict.accepted:
        return Delivery.State.RELAYED
    return Delivery.State.FAILED if verdict.final else Delivery.State.DEFERRED


def _outcome(verdict: Verdict) -> Attempt.Outcome:
    if verdict.in_doubt:
        return Attempt.Outcome.UNKNOWN
    if verdict.accepted:
        return Attempt.Outcome.ACCEPTED
    return Attempt.Outcome.REFUSED if verdict.final else Attempt.Outcome.DEFERRED
