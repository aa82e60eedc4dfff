"""Telling the author: that a letter is late, or was given up (RFC 3464 §2.3.3)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from mailbox.models import Delivery
from mailbox.outbound.returning import notices
from mailbox.outbound.work import Work

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failed:
    """Whom a letter will not reach: tried for days, or refused for good."""

    expired: list[Delivery]
    refused: list[Delivery]

    def add(self, delivery: Delivery, state: Delivery.State) -> None:
        (self.expired if state == Delivery.State.EXPIRED else self.refused).append(delivery)


def tell_author(work: Work, failed: Failed | None, now: datetime) -> None:
    """File the notices that are due, within the transaction that settles the letter.

    Never for what was written automatically: no bounce for a bounce. A notice that fails is
    logged; the letter's own state stands.
    """
    late = is_late(work, now)
    if work.submission.is_automatic or not (failed or late):
        return
    try:
        with transaction.atomic():
            if failed is not None and failed.expired:
                notices.expired(work, failed.expired, now)
            if failed is not None and failed.refused:
                notices.refused(work, failed.refused, now)
            if late:
                notices.delayed(work, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # P2: its words may quote an address
        kind = type(error).__name__
        logger.error("submission %s: its author was not told (%s)", work.submission.pk, kind)


def is_late(work: Work, now: datetime) -> bool:
    """Whether something is still owed hours after it should have left, and nobody was told."""
    submission = work.submission
    leaves_at = submission.scheduled_for or submission.created_at
    return (
        submission.due_at is not None
        and submission.delay_told_at is None
        and now - leaves_at >= notices.LATE_AFTER
    )
