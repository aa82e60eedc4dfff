"""Receiving: a message that has come in whole, and for which of its recipients it is kept.

Lists are judged here, when the header is there: the author must be allowed, and proven by
our own MTA. LMTP answers each recipient by itself, so who may not is refused at the door
and nobody else hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from mailbox.filing.lists.members import members_of
from mailbox.filing.lists.writers import may_write
from mailbox.inbound.arrivals import take_in
from mailbox.inbound.recipients import Recipient, Refusal
from mailbox.mime.trust.hops import author_of, headers_of
from mailbox.models import Arrival, DistributionList
from mailbox.nudges import file_later


@dataclass(frozen=True)
class Incoming:
    """A transaction's envelope: recipients[i] is what is behind addresses[i].

    sender: the return path, empty for a report. options: of MAIL, in upper case.
    """

    sender: str
    addresses: Sequence[str]
    recipients: Sequence[Recipient]
    options: Sequence[str] = ()


def receive(
    raw: bytes,
    incoming: Incoming,
    *,
    now: datetime,
    nudge: Callable[[Arrival], None] = file_later,
) -> list[Refusal | None]:
    """Keep a message, and return for each recipient why it is not kept for them, or None.

    Committed when it returns; called again after a lost answer, it is shown once. What
    comes back to a return path is an arrival of its own. Raises as `take_in`.
    """
    allowed = _lists_that_take(raw, incoming, now)
    boxes: list[UUID] = []
    reports: list[UUID] = []
    refusals: list[Refusal | None] = []
    for one in incoming.recipients:
        refusal = None
        if one.mailbox is not None:
            boxes.append(one.mailbox)
        elif one.returned_to is not None:
            reports.append(one.returned_to)
        elif one.group is not None and one.group.pk not in allowed:
            refusal = Refusal.NOT_FOR_LIST
        elif one.group is not None:
            members = sorted(members_of(one.group, timezone.localdate(now)))
            boxes += members
            # Kept for nobody is not kept: its author must hear of it.
            refusal = None if members else Refusal.NOBODY_ON_LIST
        refusals.append(refusal)

    def keep(mailboxes: Sequence[UUID], returned_to: UUID | None) -> None:
        take_in(
            raw,
            sender=incoming.sender,
            mailboxes=mailboxes,
            recipients=incoming.addresses,
            options=incoming.options,
            returned_to=returned_to,
            now=now,
            nudge=nudge,
        )

    if boxes:
        keep(boxes, None)
    for submission in dict.fromkeys(reports):
        keep([], submission)
    return refusals


def _lists_that_take(raw: bytes, incoming: Incoming, now: datetime) -> set[int]:
    """The lists among the recipients that take this letter of its author."""
    groups = {one.group.pk: one.group for one in incoming.recipients if one.group is not None}
    if not groups:
        return set()
    author, found = author_of(headers_of(raw), settings.AUTHSERV_ID)
    day = timezone.localdate(now)

    def takes(group: DistributionList) -> bool:
        return may_write(group, author, is_proven=found.is_proven, day=day)

    return {pk for pk, group in groups.items() if takes(group)}
