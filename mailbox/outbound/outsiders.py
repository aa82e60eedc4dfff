"""Recipients outside the portal: offered to the agency's gateways, every answer kept."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from uuid import UUID

from django.db import InterfaceError, OperationalError

from mailbox.errors import SealBroken
from mailbox.mime.addresses import domain_of
from mailbox.models import Delivery
from mailbox.outbound.envelope import open_address
from mailbox.outbound.relaying.ledger import MOST, Ledger
from mailbox.outbound.relaying.offers import Asked, Offer, Ways
from mailbox.outbound.relaying.signing import return_path, signed
from mailbox.outbound.work import LeaseLost, Work
from mailbox.smtp.gateway import MOST_RECIPIENTS, Gateway, OutOfReach, written_down
from mailbox.smtp.verdicts import Reason, Verdict, because

logger = logging.getLogger(__name__)

_NO_GATEWAY = because(Reason.NO_GATEWAY)
_BROKEN = because(Reason.INTERNAL, code=451)
# Written down ahead is what goes in so many seconds: that much a crash leaves in doubt.
_IN_DOUBT = 0.05


@dataclass
class Road:
    """The gateways of one turn. silent: those that did not answer, with what was learnt.

    pace: seconds that the last letter took, by which the next ones are written down ahead.
    """

    ways: Ways
    silent: dict[int, Verdict] = field(default_factory=dict)
    pace: float = _IN_DOUBT
    _known: dict[tuple[int | None, str], Sequence[Gateway]] = field(default_factory=dict)

    def for_work(self, work: Work) -> Sequence[Gateway]:
        """The gateways for a letter, in order; asked for once for an agency and domain."""
        sender = work.envelope.sender
        whose = (work.submission.agency_id, domain_of(sender) if sender else "")
        if whose not in self._known:
            self._known[whose] = self.ways(Asked(work.submission, sender, work.now()))
        return self._known[whose]

    @property
    def ahead(self) -> int:
        """How many letters behind the next one are written down with it."""
        return max(min(int(_IN_DOUBT / max(self.pace, 1e-6)), MOST) - 1, 0)

    def verdict_on(self, gateway: Gateway) -> Verdict | None:
        return self.silent.get(_number(gateway))

    def is_silent(self, gateway: Gateway, verdict: Verdict) -> None:
        """It will not be asked again in this turn."""
        self.silent[_number(gateway)] = verdict
        logger.warning("gateway %s: out of reach (%s)", gateway.gateway_id, verdict.reason)


def offers_of(work: Work, owed: Sequence[Delivery], ledger: Ledger) -> list[Offer]:
    """The transactions that a letter needs, of a hundred recipients each."""
    offers = []
    for start in range(0, len(owed), MOST_RECIPIENTS):
        known = _addressed(work, owed[start : start + MOST_RECIPIENTS], ledger)
        if known:
            offers.append(Offer(work, known, work.now()))
    return offers


def offer_outsiders(
    offers: Sequence[Offer], road: Road, ledger: Ledger, *, until: float | None = None
) -> None:
    """Make these offers in order; what is not begun by `until` is another turn's.

    until: as `time.monotonic()` says it. One offer at least is made.
    """
    lost: set[UUID] = set()
    for place, offer in enumerate(offers):
        work = offer.work
        if work.submission.pk in lost:
            continue
        if place and until is not None and not offer.begun and monotonic() > until:
            return
        try:
            verdicts = _hand_over(road, offer, ledger, offers[place + 1 :])
        except LeaseLost:
            logger.warning("submission %s: another worker has it", work.submission.pk)
            lost.add(work.submission.pk)
            continue
        ledger.answer(offer, verdicts)
        if place + 1 == len(offers) or offers[place + 1].work is not work:
            work.forget_message()
            ledger.finish(work)


def _addressed(work: Work, deliveries: Sequence[Delivery], ledger: Ledger) -> dict[str, Delivery]:
    found = {}
    for delivery in deliveries:
        try:
            found[open_address(delivery, work.key).address] = delivery
        except SealBroken:
            logger.error("delivery %s: its address does not open", delivery.pk)
            ledger.answer(Offer(work, {"": delivery}, work.now()), {"": _BROKEN})
    return found


def _hand_over(
    road: Road, offer: Offer, ledger: Ledger, ahead: Sequence[Offer]
) -> Mapping[str, Verdict]:
    """Try the gateways in order until one begins a transaction; return everybody's verdict."""
    worst: tuple[Verdict, int | None] = (_NO_GATEWAY, None)
    offer.was_tried = False
    for gateway in road.for_work(offer.work):
        verdict = road.verdict_on(gateway)
        if verdict is None:
            offer.was_tried, offer.gateway_id = True, gateway.gateway_id
            begun_at = monotonic()
            try:
                verdicts = _offer_to(gateway, offer, ledger, ahead[: road.ahead])
            except OutOfReach as failure:
                verdict = failure.verdict
                # One that only asks to wait has not been tried.
                offer.was_tried = verdict.wait is None
                road.is_silent(gateway, verdict)
            else:
                road.pace = monotonic() - begun_at
                return verdicts
        # What is shown is why the first of them failed: it is the one to be mended.
        if worst[0] is _NO_GATEWAY:
            worst = (verdict, gateway.gateway_id)
    offer.gateway_id = worst[1]
    return dict.fromkeys(offer.deliveries, worst[0])


def _offer_to(
    gateway: Gateway, offer: Offer, ledger: Ledger, ahead: Sequence[Offer]
) -> Mapping[str, Verdict]:
    work = offer.work
    for one in ahead:
        one.gateway_id = one.gateway_id or gateway.gateway_id
    # The gateway itself wants to know that nothing waits for us: it saves a round trip.
    offer.is_at_data = ledger.is_ahead(offer)
    begin = partial(ledger.begin, offer, ahead=ahead)
    try:
        return gateway.hand_over(
            signed(work),
            sender=return_path(work),
            recipients=list(offer.deliveries),
            about_to_send=written_down if offer.is_at_data else begin,
        )
    except (OutOfReach, LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: what breaks one never holds up the next
        kind = type(error).__name__  # its words may quote an address
        logger.error("submission %s: a transaction broke (%s)", work.submission.pk, kind)
        doubt = because(Reason.LOST_AFTER, in_doubt=True)
        return {
            address: doubt if offer.is_at_data and delivery.pk in offer.begun else _BROKEN
            for address, delivery in offer.deliveries.items()
        }


def _number(gateway: Gateway) -> int:
    return gateway.gateway_id or id(gateway)
