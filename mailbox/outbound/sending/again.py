"""Second thoughts about a letter that was sent: sooner, later, once more, written anew.

All of it by its author, in the web tier: the submission key is opened with the mailbox's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import TooLateToUndo
from mailbox.mime.rendition import read_attachment, unpack_head
from mailbox.models import Delivery, Draft, MailboxAddress, Submission
from mailbox.models.delegations import may_write
from mailbox.nudges import relay_later
from mailbox.outbound.body import Body, Recipient
from mailbox.outbound.drafting import begin
from mailbox.outbound.enclosures import LETTER_TYPE, attach, attach_letter
from mailbox.outbound.envelope import (
    address_digest,
    key_for_owner,
    open_address,
    open_envelope,
    seal_for_relay,
)
from mailbox.outbound.relaying.settling import wake
from mailbox.outbound.submission import send, undo

MOST_WRITTEN_AGAIN = 500
# An undo window that is being looked at stays open, but not for ever.
LONGEST_WAIT = timedelta(minutes=5)


def leave_now(submission: Submission, *, by: Account, now: datetime) -> Submission:
    """Let a letter leave at once, without what is left of its wait. TooLateToUndo, NotYours."""
    _check(submission, by)
    if submission.scheduled_for is not None:
        return leave_at(submission, None, by=by, now=now)
    waiting = Submission.objects.filter(pk=submission.pk, attempts=0, undo_until__gt=now)
    if not waiting.filter(cancelled_at__isnull=True).update(due_at=now, undo_until=now):
        raise TooLateToUndo
    submission.due_at = submission.undo_until = now
    relay_later(submission)
    return submission


def wait_a_moment(submission: Submission, *, by: Account, now: datetime) -> bool:
    """Begin the undo window anew while it is open; False once it is not. NotYours."""
    _check(submission, by)
    until = now + timedelta(seconds=settings.UNDO_SECONDS)
    open_ones = Submission.objects.filter(
        pk=submission.pk,
        attempts=0,
        cancelled_at__isnull=True,
        scheduled_for__isnull=True,
        undo_until__gt=now,
        created_at__gt=now - LONGEST_WAIT,
    )
    if not open_ones.update(due_at=until, undo_until=until):
        return False
    submission.due_at = submission.undo_until = until
    relay_later(submission)
    return True


@transaction.atomic
def leave_at(
    submission: Submission, at: datetime | None, *, by: Account, now: datetime
) -> Submission:
    """Give a scheduled letter another moment, or none: now.

    It bears the date it leaves at, so it is made anew from its draft; the submission that
    takes the other's place is returned. TooLateToUndo, NoSuchMoment, and as for `send`.
    """
    draft = undo(submission, by=by, now=now)
    Submission.objects.filter(pk=submission.pk).delete()
    return send(draft, by=by, now=now, at=at, undo_seconds=0)


@transaction.atomic
def try_again(delivery: Delivery, *, by: Account, now: datetime) -> bool:
    """Offer the letter once more to somebody it did not reach; False where nobody waits for it.

    The same letter under the same Message-ID, for `settings.GIVE_UP_AFTER` more. NotYours.
    """
    submission = delivery.submission
    _check(submission, by)
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    key = key_for_owner(locked, opening.mailbox_key(submission.mailbox))
    address = open_address(delivery, key).address.lower()
    inside = MailboxAddress.objects.filter(address=address, mailbox__is_open=True).first()
    failed = Delivery.objects.filter(pk=delivery.pk, state__in=Delivery.NOT_REACHED)
    if not failed.update(
        state=Delivery.State.QUEUED,
        mailbox_id=inside.mailbox_id if inside else None,
        address_digest=None if inside else address_digest(submission.pk, address),
        reply_code=None,
        sealed_reply=None,
        reason="",
        enhanced="",
        tries=0,
        due_at=now,
        changed_at=now,
    ):
        return False
    locked.expires_at = now + settings.GIVE_UP_AFTER
    if locked.due_at is None:
        locked.due_at = now
        seal_for_relay(locked, key)
    locked.save(
        update_fields=["due_at", "expires_at", "relay_key_id", "sealed_key_for_relay"],
    )
    wake(locked, [delivery.pk], now)
    locked.count_again()
    relay_later(locked)
    return True


def write_again(submission: Submission, *, by: Account, now: datetime) -> Draft:
    """A new draft of the same letter to those it did not reach, to be mended. NotYours."""
    _check(submission, by)
    key = key_for_owner(submission, opening.mailbox_key(submission.mailbox))
    failed = submission.deliveries.filter(state__in=Delivery.NOT_REACHED)[:MOST_WRITTEN_AGAIN]
    envelope = open_envelope(submission, key)
    reader = opening.content_reader(submission.content, envelope.content_key)
    letter = unpack_head(reader.read)
    whom: dict[str, list[Recipient]] = {field: [] for field in Delivery.Field.values}
    for one in failed:
        whom[one.field].append(open_address(one, key))
    body = Body(
        # Whoever was hidden stays so.
        to=tuple(whom[Delivery.Field.TO]),
        cc=tuple(whom[Delivery.Field.CC]),
        bcc=tuple(whom[Delivery.Field.BCC]),
        subject=letter.subject,
        text="" if letter.html else letter.text,
        html=letter.html,
        urgency=letter.urgency,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
    )
    with transaction.atomic():
        draft = begin(submission.mailbox, body, by=by, now=now)
        for file in letter.attachments:
            data = read_attachment(reader.read, file)
            if file.type == LETTER_TYPE:
                attach_letter(draft, name=file.name, raw=data)
            else:
                attach(draft, name=file.name, type=file.type, data=data)
    return draft


def _check(submission: Submission, by: Account) -> None:
    if not may_write(submission.mailbox, by):
        raise NotYours
