"""Recipients inside the portal: filed directly, sealed to each mailbox, without SMTP."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic

from django.db import InterfaceError, OperationalError, transaction

from mailbox.filing.messages import BATCH, file_copies
from mailbox.models import Delivery, Message
from mailbox.outbound.relaying.ledger import Ledger
from mailbox.outbound.relaying.offers import Offer
from mailbox.outbound.work import LeaseLost, Work
from mailbox.smtp.verdicts import Reason, Verdict, because

logger = logging.getLogger(__name__)

_CLOSED = because(Reason.MAILBOX_CLOSED, code=550)
_FULL = because(Reason.MAILBOX_FULL, code=452)
_BROKEN = because(Reason.INTERNAL, code=451)


def file_insiders(
    work: Work, owed: Sequence[Delivery], ledger: Ledger, *, until: float | None = None
) -> None:
    """File the message for everyone inside who is owed it; safe to do again.

    owed: with their mailboxes, sorted by them. A mailbox that fails is put off, and the others
    of its batch are filed without it. until: as `time.monotonic()` says it; what is not filed
    by then is another turn's. One batch at least is filed.
    """
    ready = _sorted_out(work, owed, ledger)
    for start in range(0, len(ready), BATCH):
        if start and until is not None and monotonic() > until:
            return
        batch = ready[start : start + BATCH]
        if _file(work, batch):
            continue
        broken = [one for one in batch if not _file(work, [one])]
        _answer(work, broken, _BROKEN, ledger)


def _sorted_out(work: Work, owed: Sequence[Delivery], ledger: Ledger) -> list[Delivery]:
    """Answer for the closed and the full mailboxes; return the rest."""
    closed, full, ready = [], [], []
    for delivery in owed:
        box = delivery.mailbox
        if box is None or not box.is_open:
            closed.append(delivery)
        elif box.used_bytes >= box.quota_bytes:
            full.append(delivery)
        else:
            ready.append(delivery)
    _answer(work, closed, _CLOSED, ledger)
    _answer(work, full, _FULL, ledger)
    return ready


def _file(work: Work, batch: Sequence[Delivery]) -> bool:
    """File a batch and write it down in one transaction; False where it failed as a whole."""
    now = work.now()
    try:
        with transaction.atomic():
            work.hold_lease()
            file_copies(
                work.submission.content,
                work.envelope.content_key,
                work.rendition,
                mailbox_ids=[one.mailbox_id for one in batch if one.mailbox_id is not None],
                received_at=now,
                duplicate_of=work.envelope.identity,
                origin=Message.Origin.PORTAL,
                return_path=work.envelope.sender,
            )
            Delivery.objects.filter(pk__in=[one.pk for one in batch]).filed(now)
            if len(batch) == BATCH:  # of a circular, which is watched while it goes on
                work.submission.count_again()
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: one mailbox never holds up the others
        kind, count = type(error).__name__, len(batch)  # its words may quote content
        logger.error("submission %s: %d mailboxes not filed (%s)", work.submission.pk, count, kind)
        return False
    return True


def _answer(work: Work, those: Sequence[Delivery], verdict: Verdict, ledger: Ledger) -> None:
    if those:
        offer = Offer(work, {str(one.pk): one for one in those}, work.now(), was_tried=False)
        ledger.answer(offer, dict.fromkeys(offer.deliveries, verdict))
