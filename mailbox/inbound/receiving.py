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
    members = _members(raw, incoming, now)
    boxes: list[UUID] = []
    reports: list[UUID] = []
    refusals: list[Refusal | None] = []
    for one in incoming.recipients:
        found = members[one.group.pk] if one.group is not None else []
        refusals.append(found if isinstance(found, Refusal) else None)
        if one.mailbox is not None:
            boxes.append(one.mailbox)
        elif one.returned_to is not None:
            reports.append(one.returned_to)
        elif not isinstance(found, Refusal):
            boxes += found

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


def _members(raw: bytes, incoming: Incoming, now: datetime) -> dict[int, list[UUID] | Refusal]:
    """For whom each list among the recipients takes this letter of its author, or why not."""
    groups = {one.group.pk: one.group for one in incoming.recipients if one.group is not None}
    if not groups:
        return {}
    author, found = author_of(headers_of(raw), settings.AUTHSERV_ID)
    day = timezone.localdate(now)

    def taken(group: DistributionList) -> list[UUID] | Refusal:
        if not may_write(group, author, is_proven=found.is_proven, day=day):
            return Refusal.NOT_FOR_LIST
        # Kept for nobody is not kept: its author must hear of it.
        return sorted(members_of(group, day)) or Refusal.NOBODY_ON_LIST

    return {pk: taken(group) for pk, group in groups.items()}
