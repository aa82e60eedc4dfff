"""Recipients outside the portal: offered to the agency's gateways, every answer kept."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """The transactions that a letter needs, of a hundred recipients at most each."""
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
    """Try the gateways in order until each recipient has an answer that is theirs, and return
    everybody's verdict: what one gateway is unable to carry the next may.
    """
    found: dict[str, Verdict] = {}
    left: Sequence[str] = list(offer.deliveries)
    offer.was_tried = False
    for gateway in road.for_work(offer.work):
        answers, is_away = _ask(road, gateway, offer, left, ledger, ahead)
        for address in left:
            _keep(offer, address, found, answers[address], gateway)
        before, left = left, [one for one in left if is_away or answers[one].another_may]
        if not left:
            return found
        # What is settled does not wait for the next gateway, which may hang, or cost us the lease.
        settled = {address: found.pop(address) for address in before if address not in left}
        if settled:
            ledger.answer(offer, settled)
            ledger.write()
        ahead = ()
    return found or dict.fromkeys(left, _NO_GATEWAY)


def _ask(
    road: Road,
    gateway: Gateway,
    offer: Offer,
    left: Sequence[str],
    ledger: Ledger,
    ahead: Sequence[Offer],
) -> tuple[Mapping[str, Verdict], bool]:
    """What one gateway says of those who are left, and whether it could not be spoken to."""
    verdict = road.verdict_on(gateway)
    if verdict is None:
        offer.gateway_id = gateway.gateway_id
        begun_at = monotonic()
        try:
            said = _offer_to(gateway, offer, left, ledger, ahead[: road.ahead])
        except OutOfReach as failure:
            verdict = failure.verdict
            road.is_silent(gateway, verdict)
            # One that only asks to wait has not been tried.
            offer.was_tried = offer.was_tried or verdict.wait is None
        else:
            offer.was_tried = True
            road.pace = monotonic() - begun_at
            return said, False
    return dict.fromkeys(left, verdict), True


def _keep(
    offer: Offer, address: str, found: dict[str, Verdict], said: Verdict, gateway: Gateway
) -> None:
    """Keep what one gateway more said of a recipient.

    Where none could carry it, what is shown is why the first could not, as it is the one to be
    mended; but nothing is final as long as one may yet. The soonest that asked for no more than
    patience says when to come back.
    """
    before = found.get(address)
    is_away = said.code == 0 and not said.in_doubt
    if before is None or not (is_away or said.another_may) or (before.final and not said.final):
        found[address] = said
        offer.gateways[address] = gateway.gateway_id
    elif said.wait is not None and not before.final:
        soonest = said.wait if before.wait is None else min(before.wait, said.wait)
        found[address] = replace(before, wait=soonest, over=said.over)


def _offer_to(
    gateway: Gateway, offer: Offer, to: Sequence[str], ledger: Ledger, ahead: Sequence[Offer]
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
            recipients=to,
            about_to_send=written_down if offer.is_at_data else begin,
        )
    except (OutOfReach, LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: what breaks one never holds up the next
        kind = type(error).__name__  # its words may quote an address
        logger.error("submission %s: a transaction broke (%s)", work.submission.pk, kind)
        doubt = because(Reason.LOST_AFTER, in_doubt=True)
        return {
            address: doubt
            if offer.is_at_data and offer.deliveries[address].pk in offer.begun
            else _BROKEN
            for address in to
        }


def _number(gateway: Gateway) -> int:
    return gateway.gateway_id or id(gateway)
