"""Sending: a draft becomes a submission, one delivery for every recipient, and a copy in Sent.

All of it is one transaction, and the worker is told after the commit, for the end
of the undo window. Until a worker has claimed it, the author can call it back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox.errors import (
    AddressUnreadable,
    AttachmentTooLarge,
    DraftAlreadySent,
    LetterUnreadable,
    LineBreakInHeader,
    NobodyToSendTo,
    TooLateToUndo,
    TooManyShown,
)
from mailbox.filing.contents import store_content
from mailbox.filing.deleting import delete_messages
from mailbox.filing.identity import identity_of
from mailbox.filing.messages import file_own_copy
from mailbox.mime.addresses import CONTROLS, domain_of, is_valid_address
from mailbox.mime.build import Enclosure, Letter, build
from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.mime.reading_process import ReadingFailed, ReadingProcess
from mailbox.mime.rendition import Address, Rendition, summary_of
from mailbox.models import Delivery, Draft, MailboxAddress, Submission
from mailbox.nudges import relay_later
from mailbox.outbound.answering import html_with_quote, text_with_quote
from mailbox.outbound.body import Body
from mailbox.outbound.drafting import draft_key, open_draft
from mailbox.outbound.enclosures import opened
from mailbox.outbound.envelope import Envelope, seal_address, seal_envelope, seal_key
from mailbox.sealing.content import new_key

# How long a message that was called back stays on record before it is forgotten.
CANCELLED_KEPT = timedelta(days=1)
_INSERT_AT_ONCE = 1_000


@dataclass(frozen=True)
class _Addressed:
    """One recipient: in which header field they stand, and who they are."""

    field: str
    who: Address


@dataclass(frozen=True)
class _Written:
    """A letter, built and read as a recipient's portal would read it."""

    packed: bytes
    rendition: Rendition
    identity: bytes


@cache
def reading_process() -> ReadingProcess:
    """This process's own, started at its first letter."""
    return ReadingProcess(settings.PARSE_SECONDS, settings.PARSE_MEMORY)


def send(draft: Draft, *, by: Account, now: datetime) -> Submission:
    """Send a draft; it hides until the undo window has passed.

    Raises NobodyToSendTo, AddressUnreadable, LineBreakInHeader, AttachmentTooLarge,
    TooManyShown, LetterUnreadable; DraftAlreadySent where another window was quicker; NotYours. The
    draft is then as it was.
    """
    if draft.mailbox.account_id != by.pk or not draft.mailbox.is_open:
        raise NotYours
    key = draft_key(draft)
    body = open_draft(draft, key)
    people = addressed(body)
    sender = Address(by.name if by.name != by.address else "", by.address)
    written = _write(_letter(draft, body, sender, people, key=key, now=now))
    return _post(draft, written, people, sender=sender, now=now)


def addressed(body: Body) -> list[_Addressed]:
    """Every recipient once, where they stand first; what is no address is an error."""
    found: dict[str, _Addressed] = {}
    for field in (Delivery.Field.TO, Delivery.Field.CC, Delivery.Field.BCC):
        for who in getattr(body, field.value):
            if isinstance(who, str):
                raise AddressUnreadable
            if CONTROLS.search(who.name + who.address):
                raise LineBreakInHeader
            # Addresses beyond ASCII wait until the whole way, headers too, can carry them.
            if not (is_valid_address(who.address) and who.address.isascii()):
                raise AddressUnreadable
            found.setdefault(who.address.lower(), _Addressed(field, who))
    if not found:
        raise NobodyToSendTo
    return list(found.values())


def _letter(
    draft: Draft,
    body: Body,
    sender: Address,
    people: Sequence[_Addressed],
    *,
    key: bytes,
    now: datetime,
) -> Letter:
    """The letter as it leaves; those in Bcc are no part of it."""
    text = html_to_text(body.html.for_frame()) if body.is_rich else body.text
    is_rich = body.is_rich or (body.mode == "forward" and bool(body.quote and body.quote.html))
    return Letter(
        sender=sender,
        to=tuple(one.who for one in people if one.field == Delivery.Field.TO),
        cc=tuple(one.who for one in people if one.field == Delivery.Field.CC),
        subject=body.subject,
        text=text_with_quote(text, body.quote),
        html=html_with_quote(body.html or text_to_html(text), body.quote) if is_rich else None,
        attachments=tuple(
            Enclosure(file.name, file.type, data) for file, data in opened(draft, key)
        ),
        message_id=f"{uuid.uuid4()}@{domain_of(sender.address)}",
        in_reply_to=body.in_reply_to,
        references=body.references,
        date=now,
        urgency=body.urgency,
    )


def _write(letter: Letter) -> _Written:
    raw = build(letter)
    if len(raw) > settings.MESSAGE_SIZE_LIMIT:
        raise AttachmentTooLarge
    try:
        packed, rendition = reading_process().read(raw)
    except ReadingFailed as failure:
        raise LetterUnreadable from failure
    if {"header-too-large", "too-many-addresses"} & set(rendition.notes):
        raise TooManyShown
    return _Written(packed, rendition, identity_of(rendition, raw))


@transaction.atomic
def _post(
    draft: Draft,
    written: _Written,
    people: Sequence[_Addressed],
    *,
    sender: Address,
    now: datetime,
) -> Submission:
    """Store the content and the copy in Sent, and write down what is owed to whom."""
    mailbox, content_key, key = draft.mailbox, new_key(), new_key()
    content = store_content(written.packed, content_key, uuid.uuid4())
    copy = file_own_copy(
        content, content_key, written.rendition, mailbox_id=mailbox.pk, received_at=now
    )
    due_at = now + timedelta(seconds=settings.UNDO_SECONDS)
    submission = Submission(
        id=uuid.uuid4(),
        mailbox=mailbox,
        content=content,
        sent_copy=copy,
        size=written.rendition.raw_length,
        urgency=written.rendition.urgency,
        created_at=now,
        undo_until=due_at,
        due_at=due_at,
        expires_at=now + settings.GIVE_UP_AFTER,
    )
    seal_key(submission, key, mailbox)
    summary = summary_of(written.rendition)
    envelope = Envelope(
        content_key, sender.address, written.identity, summary.subject, summary.to_names
    )
    submission.sealed_envelope = seal_envelope(envelope, key, submission)
    submission.save(force_insert=True)
    _owe(submission, people, key, now)
    mine = Draft.objects.unsent().filter(pk=draft.pk, version=draft.version)
    if not mine.update(submission=submission):
        raise DraftAlreadySent
    draft.submission = submission
    relay_later(submission)
    return submission


def _owe(submission: Submission, people: Sequence[_Addressed], key: bytes, now: datetime) -> None:
    """One delivery for every recipient; those inside the portal are known by their address."""
    addresses = [one.who.address.lower() for one in people]
    inside = dict(
        MailboxAddress.objects.filter(address__in=addresses, mailbox__is_open=True).values_list(
            "address", "mailbox_id"
        )
    )
    deliveries = []
    for position, (one, address) in enumerate(zip(people, addresses, strict=True)):
        delivery = Delivery(
            id=uuid.uuid4(),
            submission=submission,
            position=position,
            field=one.field,
            mailbox_id=inside.get(address),
            changed_at=now,
        )
        delivery.sealed_address = seal_address(one.who, key, delivery)
        deliveries.append(delivery)
    Delivery.objects.bulk_create(deliveries, batch_size=_INSERT_AT_ONCE)


@transaction.atomic
def undo(submission: Submission, *, by: Account, now: datetime) -> Draft:
    """Call a message back: nothing leaves, Sent forgets it, the draft is there again.

    TooLateToUndo after the window, or once a worker has it; NotYours.
    """
    if submission.mailbox.account_id != by.pk:
        raise NotYours
    still_here = Submission.objects.filter(
        pk=submission.pk, attempts=0, cancelled_at__isnull=True, undo_until__gt=now
    )
    draft = Draft.objects.filter(submission=submission).select_related("mailbox").first()
    changed = still_here.update(
        cancelled_at=now, due_at=None, relay_key_id="", sealed_key_for_relay=None
    )
    if not changed or draft is None:
        raise TooLateToUndo
    submission.deliveries.update(state=Delivery.State.CANCELLED, changed_at=now)
    Draft.objects.filter(pk=draft.pk).update(submission=None)
    draft.submission = None
    if submission.sent_copy_id is not None:
        delete_messages([submission.sent_copy_id], {submission.mailbox_id})
    return draft


def forget_cancelled(now: datetime) -> int:
    """Delete submissions that were called back a day ago; their content is swept after them."""
    old = Submission.objects.filter(cancelled_at__lt=now - CANCELLED_KEPT)
    return old.delete()[0]
