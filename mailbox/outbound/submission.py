"""Sending: a draft becomes a submission, one delivery for every recipient, and a copy in Sent.

All of it is one transaction, and the worker is told after the commit, for the end
of the undo window. Until a worker has claimed it, the author can call it back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox.errors import (
    AddressUnreadable,
    DraftAlreadySent,
    LineBreakInHeader,
    NobodyToSendTo,
    NoSuchMoment,
    TooLateToUndo,
)
from mailbox.filing.deleting import delete_messages
from mailbox.mime.addresses import CONTROLS, domain_of, is_valid_address
from mailbox.mime.build import Enclosure, Letter
from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.models import Delivery, Draft, Mailbox, Submission
from mailbox.models.delegations import may_write
from mailbox.outbound.answering import html_with_quote, text_with_quote
from mailbox.outbound.body import Body
from mailbox.outbound.composing.senders import From, sender_of
from mailbox.outbound.drafting import draft_key, open_draft
from mailbox.outbound.enclosures import opened
from mailbox.outbound.sending import gate, limits
from mailbox.outbound.sending.leaving import call_back
from mailbox.outbound.sending.posting import Addressed, Terms, post, write
from mailbox.outbound.stationery.forced import under_html, under_text

# How long a message that was called back stays on record before it is forgotten.
CANCELLED_KEPT = timedelta(days=1)
# Nobody plans a letter further ahead; a slip of the year's digits would.
FURTHEST = timedelta(days=366)


def send(
    draft: Draft,
    *,
    by: Account,
    now: datetime,
    at: datetime | None = None,
    undo_seconds: int | None = None,
) -> Submission:
    """Send a draft; it hides until the undo window has passed, or until `at`.

    at: when it is to leave, and the date it bears. undo_seconds: of settings, unless said.
    Raises NobodyToSendTo, AddressUnreadable, LineBreakInHeader, AttachmentTooLarge,
    TooManyShown, LetterUnreadable, NoSuchMoment; DraftAlreadySent where another window
    was quicker; NotYours, MayNotSend, OutsideIsClosed, TooManyRecipients, TooManyToday. The
    draft is then as it was.
    """
    if not may_write(draft.mailbox, by):
        raise NotYours
    if at is not None and not now <= at <= now + FURTHEST:
        raise NoSuchMoment
    key = draft_key(draft)
    body = open_draft(draft, key)
    people = addressed(body)
    sender = sender_of(draft.mailbox, by, on_behalf=body.on_behalf)
    gate.check(sender.account, [one.who.address for one in people])
    written = write(_letter(draft, body, sender, people, key=key, date=at or now))
    wait = settings.UNDO_SECONDS if undo_seconds is None else undo_seconds
    terms = Terms(
        now,
        leaves_at=at or now + timedelta(seconds=wait),
        # What comes back comes back to the mailbox that keeps the copy.
        return_path=sender.account.address,
        scheduled_for=at,
        asks_receipt=body.asks_receipt,
        written_by=None if sender.account == by else by,
    )
    with transaction.atomic():
        limits.take(draft.mailbox, _reached(people, now), now)
        submission = post(draft.mailbox, written, people, terms=terms)
        mine = Draft.objects.unsent().filter(pk=draft.pk, version=draft.version)
        if not mine.update(submission=submission):
            raise DraftAlreadySent
    draft.submission = submission
    return submission


def post_letter(
    mailbox: Mailbox, letter: Letter, *, by: Account, now: datetime, is_automatic: bool = False
) -> Submission:
    """Send a letter that is no draft, at once, to those in its To and Cc.

    is_automatic: written by the portal itself (RFC 3834, RFC 8098): no return path, no copy
    in Sent, not in the outbox. Opens nothing, so a worker may call it. Errors as for `send`.
    """
    if not may_write(mailbox, by):
        raise NotYours
    people = addressed(Body(to=letter.to, cc=letter.cc))
    terms = Terms(
        now,
        leaves_at=now,
        return_path="" if is_automatic else letter.sender.address,
        is_automatic=is_automatic,
        written_by=None if mailbox.account_id == by.pk else by,
    )
    return post(mailbox, write(letter), people, terms=terms)


def addressed(body: Body) -> list[Addressed]:
    """Every recipient once, where they stand first; what is no address is an error."""
    found: dict[str, Addressed] = {}
    for field in (Delivery.Field.TO, Delivery.Field.CC, Delivery.Field.BCC):
        for who in getattr(body, field.value):
            if isinstance(who, str):
                raise AddressUnreadable
            if CONTROLS.search(who.name + who.address):
                raise LineBreakInHeader
            # Addresses beyond ASCII wait until the whole way, headers too, can carry them.
            if not (is_valid_address(who.address) and who.address.isascii()):
                raise AddressUnreadable
            found.setdefault(who.address.lower(), Addressed(field, who))
    if not found:
        raise NobodyToSendTo
    return list(found.values())


def _reached(people: Sequence[Addressed], now: datetime) -> int:
    return limits.reached_by([one.who.address for one in people], now)


def _letter(
    draft: Draft,
    body: Body,
    sender: From,
    people: Sequence[Addressed],
    *,
    key: bytes,
    date: datetime,
) -> Letter:
    """The letter as it leaves; those in Bcc are no part of it."""
    text = html_to_text(body.html.for_frame()) if body.is_rich else body.text
    forced = sender.account.agency.forced_signature
    is_rich = body.is_rich or (body.mode == "forward" and bool(body.quote and body.quote.html))
    return Letter(
        sender=sender.author,
        on_behalf=sender.delegate,
        to=tuple(one.who for one in people if one.field == Delivery.Field.TO),
        cc=tuple(one.who for one in people if one.field == Delivery.Field.CC),
        subject=body.subject,
        text=text_with_quote(under_text(text, forced), body.quote),
        html=html_with_quote(under_html(body.html or text_to_html(text), forced), body.quote)
        if is_rich
        else None,
        attachments=tuple(
            Enclosure(file.name, file.type, data, file.cid, file.picture)
            for file, data in opened(draft, key)
        ),
        message_id=f"{uuid.uuid4()}@{domain_of(sender.account.address)}",
        in_reply_to=body.in_reply_to,
        references=body.references,
        date=date,
        urgency=body.urgency,
        receipt_to=sender.author if body.asks_receipt else None,
    )


@transaction.atomic
def undo(submission: Submission, *, by: Account, now: datetime) -> Draft:
    """Call a message back: nothing leaves, Sent forgets it, the draft is there again.

    TooLateToUndo after the window, or once a worker has it; NotYours.
    """
    if not may_write(submission.mailbox, by):
        raise NotYours
    current = Submission.objects.filter(pk=submission.pk, undo_until__gt=now)
    draft = call_back(submission, now) if current.exists() else None
    if draft is None:
        raise TooLateToUndo
    limits.give_back(submission, _reached(addressed(open_draft(draft)), now))
    if submission.sent_copy_id is not None:
        delete_messages([submission.sent_copy_id], {submission.mailbox_id})
    return draft


def forget_cancelled(now: datetime) -> int:
    """Delete submissions that were called back a day ago; their content is swept after them."""
    old = Submission.objects.filter(cancelled_at__lt=now - CANCELLED_KEPT)
    return old.delete()[0]
