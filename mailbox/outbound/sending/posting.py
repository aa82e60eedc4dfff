"""Posting: a letter becomes a submission, a delivery for each recipient, and a copy in Sent.

It needs public halves only, so a worker can post what the portal writes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from mailbox.errors import AttachmentTooLarge, LetterUnreadable, TooManyShown
from mailbox.filing.contents import store_content
from mailbox.filing.identity import identity_of
from mailbox.filing.indexed.words import Words, words_of
from mailbox.filing.messages import file_own_copy
from mailbox.ids import new_id
from mailbox.mime.build import Letter, build
from mailbox.mime.reading_process import ReadingFailed, ReadingProcess
from mailbox.mime.rendition import Address, Rendition, summary_of
from mailbox.models import Delivery, Lane, Mailbox, MailboxAddress, Submission
from mailbox.nudges import URGENT, relay_later
from mailbox.outbound.envelope import (
    Envelope,
    address_digest,
    seal_address,
    seal_envelope,
    seal_key,
)
from mailbox.sealing.content import new_key

_INSERT_AT_ONCE = 1_000


@dataclass(frozen=True)
class Addressed:
    """One recipient: in which header field they stand, and who they are."""

    field: str
    who: Address


@dataclass(frozen=True)
class Written:
    """A letter, built and read as a recipient's portal would read it, and its words."""

    packed: bytes
    rendition: Rendition
    identity: bytes
    words: Words


@dataclass(frozen=True)
class Terms:
    """When and how a letter leaves. return_path: "" for none (RFC 5321 §4.5.5).

    leaves_at: until then it can be called back. scheduled_for: the author's own choice
    of that moment; the copy in Sent then waits for it too. written_by: who sends it, where
    that is not the mailbox's own account.
    """

    now: datetime
    leaves_at: datetime
    return_path: str
    scheduled_for: datetime | None = None
    asks_receipt: bool = False
    is_automatic: bool = False
    written_by: Account | None = None


@cache
def reading_process() -> ReadingProcess:
    """This process's own, started at its first letter."""
    return ReadingProcess(settings.PARSE_SECONDS, settings.PARSE_MEMORY)


def write(letter: Letter) -> Written:
    """Build a letter; AttachmentTooLarge, TooManyShown, LetterUnreadable, LineBreakInHeader."""
    raw = build(letter)
    if len(raw) > settings.MESSAGE_SIZE_LIMIT:
        raise AttachmentTooLarge
    try:
        packed, rendition = reading_process().read(raw)
    except ReadingFailed as failure:
        raise LetterUnreadable from failure
    if {"header-too-large", "too-many-addresses"} & set(rendition.notes):
        raise TooManyShown
    words = words_of(rendition, packed, is_awaited=True)
    return Written(packed, rendition, identity_of(rendition, raw), words)


@transaction.atomic
def post(
    mailbox: Mailbox, written: Written, people: Sequence[Addressed], *, terms: Terms
) -> Submission:
    """Store the content, file the copy in Sent, and write down what is owed to whom."""
    content_key, key = new_key(), new_key()
    content = store_content(written.packed, content_key, new_id(), words=written.words)
    copy = None
    if terms.scheduled_for is None and not terms.is_automatic:
        copy = file_own_copy(
            content,
            content_key,
            written.rendition,
            mailbox_id=mailbox.pk,
            received_at=terms.now,
            words=written.words,
        )
    submission = Submission(
        id=new_id(),
        mailbox=mailbox,
        content=content,
        sent_copy=copy,
        size=written.rendition.raw_length,
        urgency=written.rendition.urgency,
        created_at=terms.now,
        undo_until=terms.leaves_at,
        due_at=terms.leaves_at,
        expires_at=(terms.scheduled_for or terms.now) + settings.GIVE_UP_AFTER,
        scheduled_for=terms.scheduled_for,
        asks_receipt=terms.asks_receipt,
        is_automatic=terms.is_automatic,
        written_by=terms.written_by,
        agency_id=_agency_of(mailbox),
        lane=lane_of(written.rendition.urgency, len(people)),
    )
    seal_key(submission, key, mailbox)
    summary = summary_of(written.rendition)
    envelope = Envelope(
        content_key, terms.return_path, written.identity, summary.subject, summary.to_names
    )
    submission.sealed_envelope = seal_envelope(envelope, key, submission)
    submission.save(force_insert=True)
    _owe(submission, people, key, terms)
    relay_later(submission)
    return submission


def lane_of(urgency: int, recipients: int) -> Lane:
    """Which queue a letter waits in: the most urgent have their own, circulars yield."""
    if urgency >= URGENT:
        return Lane.URGENT
    return Lane.BULK if recipients > settings.BULK_RECIPIENTS else Lane.ORDINARY


def _agency_of(mailbox: Mailbox) -> int | None:
    account = mailbox.account
    return None if account is None else account.agency_id


def _owe(submission: Submission, people: Sequence[Addressed], key: bytes, terms: Terms) -> None:
    """One delivery for every recipient; those inside the portal are known by their address."""
    addresses = [one.who.address.lower() for one in people]
    inside = dict(
        MailboxAddress.objects.filter(address__in=addresses, mailbox__is_open=True).values_list(
            "address", "mailbox_id"
        )
    )
    state = Delivery.State.SCHEDULED if terms.scheduled_for else Delivery.State.QUEUED
    deliveries = []
    for position, (one, address) in enumerate(zip(people, addresses, strict=True)):
        delivery = Delivery(
            id=new_id(),
            submission=submission,
            position=position,
            field=one.field,
            mailbox_id=inside.get(address),
            state=state,
            due_at=terms.leaves_at,
            changed_at=terms.now,
        )
        delivery.sealed_address = seal_address(one.who, key, delivery)
        if delivery.mailbox_id is None:
            delivery.address_digest = address_digest(submission.pk, address)
        deliveries.append(delivery)
    Delivery.objects.bulk_create(deliveries, batch_size=_INSERT_AT_ONCE)
    submission.count_again()
