"""Giving up: an officer has taken a letter out of the queue; nobody is offered it any more."""

from __future__ import annotations

from collections.abc import Sequence

from mailbox.models import Delivery
from mailbox.outbound.relaying.ledger import Ledger
from mailbox.outbound.relaying.offers import Offer
from mailbox.outbound.work import Work
from mailbox.smtp.verdicts import Reason, because

_GIVEN_UP = because(Reason.GIVEN_UP)


def is_given_up(work: Work) -> bool:
    """No letter expires when it is written, but one an officer gave up (`operating.deeds`)."""
    return bool(work.submission.expires_at <= work.submission.created_at)


def give_up(work: Work, owed: Sequence[Delivery], ledger: Ledger) -> None:
    """Make whoever is still owed it expired, without another try; the author is told."""
    if owed:
        offer = Offer(work, {str(one.pk): one for one in owed}, work.now(), was_tried=False)
        ledger.answer(offer, dict.fromkeys(offer.deliveries, _GIVEN_UP))
    ledger.finish(work)
