"""Recipients inside the portal: filed directly, sealed to each mailbox, without SMTP."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from mailbox.filing.messages import BATCH, file_copies
from mailbox.models import Delivery, Message
from mailbox.outbound.envelope import seal_reply
from mailbox.outbound.work import LeaseLost, Work
from mailbox.smtp.verdicts import Reason, Verdict, because

logger = logging.getLogger(__name__)

_CLOSED = because(Reason.MAILBOX_CLOSED, code=550)
_FULL = because(Reason.MAILBOX_FULL, code=452)
_BROKEN = because(Reason.INTERNAL, code=451)


@dataclass(frozen=True)
class _Owed:
    """A delivery into a mailbox of the portal."""

    delivery_id: UUID
    mailbox_id: UUID


def file_insiders(work: Work) -> None:
    """File the message for everyone inside who is owed it; safe to do again.

    A mailbox that fails is put off, and the others of its batch are filed without it.
    """
    owed = _sorted_out(work)
    for start in range(0, len(owed), BATCH):
        batch = owed[start : start + BATCH]
        if _file(work, batch):
            continue
        for one in batch:
            if not _file(work, [one]):
                _answer(work, [one.delivery_id], _BROKEN, Delivery.State.DEFERRED)


def _sorted_out(work: Work) -> list[_Owed]:
    """Answer for the closed and the full mailboxes; return the rest."""
    rows = (
        work.submission.deliveries.owed()
        .filter(mailbox__isnull=False)
        .order_by("mailbox_id")
        .values_list(
            *("pk", "mailbox_id", "mailbox__is_open"),
            *("mailbox__used_bytes", "mailbox__quota_bytes"),
        )
    )
    owed, closed, full = [], [], []
    for pk, mailbox_id, is_open, used, quota in rows:
        if not is_open:
            closed.append(pk)
        elif used >= quota:
            full.append(pk)
        else:
            owed.append(_Owed(pk, mailbox_id))
    _answer(work, closed, _CLOSED, Delivery.State.FAILED)
    _answer(work, full, _FULL, Delivery.State.DEFERRED)
    return owed


def _file(work: Work, batch: Sequence[_Owed]) -> bool:
    """File a batch and write it down in one transaction; False where it failed as a whole."""
    try:
        with transaction.atomic():
            work.hold_lease()
            file_copies(
                work.submission.content,
                work.envelope.content_key,
                work.rendition,
                mailbox_ids=[one.mailbox_id for one in batch],
                received_at=work.now(),
                duplicate_of=work.envelope.identity,
                origin=Message.Origin.PORTAL,
                return_path=work.envelope.sender,
            )
            Delivery.objects.filter(pk__in=[one.delivery_id for one in batch]).update(
                state=Delivery.State.FILED,
                reply_code=None,
                sealed_reply=None,
                changed_at=work.now(),
            )
            work.submission.count_again()
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: one mailbox never holds up the others
        kind, count = type(error).__name__, len(batch)  # its words may quote content
        logger.error("submission %s: %d mailboxes not filed (%s)", work.submission.pk, count, kind)
        return False
    return True


def _answer(
    work: Work, delivery_ids: Sequence[UUID], verdict: Verdict, state: Delivery.State
) -> None:
    deliveries = list(Delivery.objects.filter(pk__in=delivery_ids).only("pk"))
    for delivery in deliveries:
        delivery.state, delivery.reply_code = state, verdict.code
        delivery.sealed_reply = seal_reply(verdict, work.key, delivery)
        delivery.changed_at = work.now()
    fields = ["state", "reply_code", "sealed_reply", "changed_at"]
    if deliveries:
        Delivery.objects.bulk_update(deliveries, fields, batch_size=500)
        work.submission.count_again()
