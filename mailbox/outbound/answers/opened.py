"""That a letter was opened, told to its sender: where a policy or a receipt says so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.models import Account
from mailbox.models import Delivery, Mailbox, Message


def tell_senders(threads: Collection[UUID], *, by: Account, now: datetime) -> int:
    """Note at senders inside that a reader has opened conversations; how many deliveries learnt it.

    Only where the reader's agency shows it (`Agency.shows_opened`). A letter from inside
    shares its content with its submission, so one UPDATE finds them all.
    """
    if not by.agency.shows_opened:
        return 0
    box = Mailbox.objects.filter(account=by).values_list("pk", flat=True).first()
    read = Message.objects.filter(
        mailbox=box, thread__in=list(threads), is_own=False, origin=Message.Origin.PORTAL
    )
    return Delivery.objects.filter(
        submission__content__in=list(read.values_list("content_id", flat=True)),
        mailbox=box,
        state=Delivery.State.FILED,
        opened_at__isnull=True,
    ).update(opened_at=now)
