"""Receiving: a message that has come in whole, and for which of its recipients it is kept.

Lists are judged here, when the header is there: the author must be allowed, and proven by
our own MTA. LMTP answers each recipient by itself, so who may not is refused at the door
and nobody else hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
from mailbox.readiness.arriving import MOST_BYTES


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
    comes back to a return path, or to a test letter, is an arrival of its own. Raises as `take_in`.
    """
    members = _members(raw, incoming, now)
    refusals = [_refusal(one, members, len(raw)) for one in incoming.recipients]
    taken = [one for one, no in zip(incoming.recipients, refusals, strict=True) if no is None]
    boxes = [one.mailbox for one in taken if one.mailbox is not None]
    for group in (one.group for one in taken if one.group is not None):
        boxes += _boxes(members[group.pk])
    reports = [one.returned_to for one in taken if one.returned_to is not None]
    tests = [one.test_letter for one in taken if one.test_letter is not None]

    def keep(mailboxes: Sequence[UUID] = (), **instead: Any) -> None:
        take_in(
            raw,
            sender=incoming.sender,
            mailboxes=mailboxes,
            recipients=incoming.addresses,
            options=incoming.options,
            now=now,
            nudge=nudge,
            **instead,
        )

    if boxes:
        keep(boxes)
    for submission in dict.fromkeys(reports):
        keep(returned_to=submission)
    for letter in dict.fromkeys(tests):
        keep(test_letter=letter)
    return refusals


def _refusal(one: Recipient, members: dict[int, list[UUID] | Refusal], size: int) -> Refusal | None:
    """Why a message of so many octets is not kept for a recipient, now that it is there."""
    if one.test_letter is not None and size > MOST_BYTES:
        return Refusal.TEST_TOO_LARGE
    found = members[one.group.pk] if one.group is not None else None
    return found if isinstance(found, Refusal) else None


def _boxes(found: list[UUID] | Refusal) -> list[UUID]:
    return [] if isinstance(found, Refusal) else found


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
