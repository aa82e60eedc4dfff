"""The moment a letter leaves: the draft goes, and what was put off until then is done.

A scheduled letter's copy in Sent is filed here, from the submission alone: no session
and no mailbox's key is needed. Runs in a worker.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from mailbox.filing.messages import file_own_copy
from mailbox.models import Delivery, Draft, Submission
from mailbox.outbound.drafting import delete_all
from mailbox.outbound.work import Work

logger = logging.getLogger(__name__)

# How often a held letter asks whether its author's account is open again.
HELD_FOR = timedelta(hours=1)


def is_held(submission: Submission, now: datetime) -> bool:
    """Put a scheduled letter off while its author's account or mailbox is closed.

    Held for longer than `settings.GIVE_UP_AFTER`, it becomes a draft again: nobody
    expects it any more. Once it has begun to leave it is held no longer.
    """
    is_due = submission.due_at is not None and submission.due_at <= now
    if submission.scheduled_for is None or submission.attempts or not is_due:
        return False
    if _may_send(submission):
        return False
    if now >= submission.scheduled_for + settings.GIVE_UP_AFTER:
        if call_back(submission, now) is None:
            _give_up(submission, now)
        return True
    again = now + HELD_FOR
    mine = Submission.objects.filter(pk=submission.pk, due_at=submission.due_at, attempts=0)
    mine.filter(cancelled_at__isnull=True).update(
        due_at=again, undo_until=again, expires_at=again + settings.GIVE_UP_AFTER
    )
    logger.info("submission %s: held, its author's account is closed", submission.pk)
    return True


@transaction.atomic
def call_back(submission: Submission, now: datetime) -> Draft | None:
    """Cancel a submission no worker has begun; None where one was quicker, else its draft."""
    untouched = Submission.objects.filter(
        pk=submission.pk, attempts=0, cancelled_at__isnull=True, draft__isnull=False
    )
    if not untouched.update(
        cancelled_at=now, due_at=None, relay_key_id="", sealed_key_for_relay=None
    ):
        return None
    submission.deliveries.update(state=Delivery.State.CANCELLED, changed_at=now)
    submission.count_again()
    draft = Draft.objects.select_related("mailbox").get(submission=submission)
    Draft.objects.filter(pk=draft.pk).update(submission=None)
    draft.submission = None
    return draft


def forget_drafts(submissions: Sequence[Submission]) -> None:
    """Their authors can call nothing back any more: the drafts are gone for good."""
    drafts = list(Draft.objects.filter(submission__in=submissions).only("pk"))
    if drafts:
        delete_all(drafts)


def file_copy_when_it_leaves(work: Work) -> None:
    """File a scheduled letter's copy in Sent, once: the step is its deliveries' own state."""
    submission = work.submission
    if submission.scheduled_for is None:
        return
    with transaction.atomic():
        work.hold_lease()
        waiting = submission.deliveries.filter(state=Delivery.State.SCHEDULED)
        if not waiting.update(state=Delivery.State.QUEUED, changed_at=work.now()):
            return
        submission.count_again()
        submission.sent_copy = file_own_copy(
            submission.content,
            work.envelope.content_key,
            work.rendition,
            mailbox_id=submission.mailbox_id,
            received_at=submission.scheduled_for,
        )
        Submission.objects.filter(pk=submission.pk).update(sent_copy=submission.sent_copy)


@transaction.atomic
def _give_up(submission: Submission, now: datetime) -> None:
    """Cancel a letter whose draft went with its mailbox: nobody is left to call it back to."""
    untouched = Submission.objects.filter(
        pk=submission.pk, attempts=0, cancelled_at__isnull=True, draft__isnull=True
    )
    if untouched.update(cancelled_at=now, due_at=None, relay_key_id="", sealed_key_for_relay=None):
        submission.deliveries.update(state=Delivery.State.CANCELLED, changed_at=now)
        submission.count_again()


def _may_send(submission: Submission) -> bool:
    """Whether the mailbox is open, and the accounts of its owner and of who wrote, if another."""
    active = Account.objects.active()
    owners = active.filter(mailbox=submission.mailbox_id, mailbox__is_open=True)
    writer = submission.written_by_id
    return owners.exists() and (writer is None or active.filter(pk=writer).exists())
