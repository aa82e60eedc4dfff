"""Forwarding outside by itself: only by an officer's leave, and until a moment.

The letter is posted anew, as it came, with two fields on top: whose mailbox it has been in
(RFC 9228), so that it is never passed on twice, and the seals of what we found out about it
(ARC, RFC 8617). Reports on it come back to the mailbox it was passed on from. Whatever is
wrong with passing it on, it lies in the mailbox.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.indexed.words import words_of
from mailbox.inbound.letters import Copy, Letter
from mailbox.inbound.permissions import NotOutside, is_outside, open_for_worker
from mailbox.mime.addresses import domain_of
from mailbox.mime.reading_process import ReadingFailed, ReadingProcess
from mailbox.mime.rendition import Address
from mailbox.mime.trust import hops
from mailbox.models import Delivery, ForwardPermission, Mailbox, Message
from mailbox.outbound.domains import signing
from mailbox.outbound.sending.posting import Addressed, Terms, Written, post

logger = logging.getLogger(__name__)

# Further than this no honest letter travels (RFC 5321 6.3); one in a circle would.
MOST_HOPS = 30


@dataclass(frozen=True)
class Onward:
    """A letter made ready to be passed on from a mailbox to an address outside."""

    mailbox: Mailbox
    to: str
    written: Written


def prepared(mailboxes: Collection[UUID], letter: Letter, reader: ReadingProcess) -> list[Onward]:
    """Make a letter ready for every mailbox that has leave to pass it on; most have none.

    One query. A letter that is spam, or has been there before, or has gone too far, is
    passed on by nobody.
    """
    leaves = ForwardPermission.objects.in_force(letter.received_at).filter(
        mailbox__in=mailboxes, mailbox__is_open=True, mailbox__account__isnull=False
    )
    found = list(leaves.select_related("mailbox__account__agency"))
    if not found or letter.is_spam or hops.hops_of(letter.raw) > MOST_HOPS:
        return []
    onward: dict[UUID, Onward] = {}
    for leave in found:
        try:
            one = _made_ready(leave, letter, reader)
        except (KeyMissing, SealBroken, ReadingFailed, NotOutside, ValueError) as error:
            logger.error("leave to forward %s: not used (%s)", leave.pk, type(error).__name__)
            continue
        if one is not None:
            onward.setdefault(leave.mailbox_id, one)
    return list(onward.values())


def _made_ready(leave: ForwardPermission, letter: Letter, reader: ReadingProcess) -> Onward | None:
    account = leave.mailbox.account
    assert account is not None
    if hops.was_delivered_to(letter.raw, account.address):
        logger.warning("leave to forward %s: a letter came round in a circle", leave.pk)
        return None
    to = open_for_worker(leave)
    if not is_outside(to):  # any more: their agency has come to the portal
        raise NotOutside
    raw = f"Delivered-To: {account.address}\r\n".encode() + letter.raw
    raw = signing.sealed(raw, domain_of(account.address), sealed_at=letter.received_at)
    packed, rendition = reader.read(raw)
    return Onward(
        leave.mailbox, to, Written(packed, rendition, letter.identity, words_of(rendition, packed))
    )


def pass_on(onward: Onward, copy: Copy) -> None:
    """File a letter for a mailbox and post it onward, both or neither.

    Once, however often it comes: it is posted by whoever files it.
    """
    box = onward.mailbox
    with transaction.atomic():
        copy.file_for([box.pk])
        if Message.objects.filter(mailbox=box, content=copy.content).exists():
            whom = Addressed(Delivery.Field.TO, Address("", onward.to))
            post(box, onward.written, [whom], terms=_terms(onward, copy.letter))


def _terms(onward: Onward, letter: Letter) -> Terms:
    now: datetime = letter.received_at
    account = onward.mailbox.account
    assert account is not None
    return Terms(
        now,
        leaves_at=now,
        # No report on a report: an empty return path stays empty.
        return_path=account.address if letter.return_path else "",
        is_automatic=True,
    )
