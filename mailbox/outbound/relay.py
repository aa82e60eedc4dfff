"""Relaying: a worker takes a submission and offers it to everyone still owed an answer.

Those inside the portal are filed directly; all others go through the gateways of
the sender's agency. What is about to be sent is written down before DATA, so that
a crash leaves it at "unknown" and never at nothing (ADR 0005). Needs the relay
key, and opens no mailbox.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from mailbox.errors import KeyMissing, SealBroken
from mailbox.filing.placements import announce
from mailbox.models import Delivery, Submission
from mailbox.outbound.insiders import file_insiders
from mailbox.outbound.outsiders import offer_outsiders
from mailbox.outbound.routing import Routes, gateways_for
from mailbox.outbound.schedule import next_try
from mailbox.outbound.sending.leaving import file_copy_when_it_leaves, forget_draft, is_held
from mailbox.outbound.work import LeaseLost, Work

logger = logging.getLogger(__name__)


def relay(submission: Submission, *, gateways: Routes = gateways_for, now: datetime) -> bool:
    """Offer a message to all who are owed it, and keep every answer; False where it is not ours.

    gateways: gives the servers of the sender's agency, in order. now: when this
    began; what is written down later is that much later.
    """
    if is_held(submission, now) or not submission.claim(now, now + settings.RELAY_LEASE):
        return False
    forget_draft(submission)
    _doubt_what_was_begun(submission, now)
    try:
        work = Work.begin(submission, now)
    except (KeyMissing, SealBroken) as error:
        logger.error("submission %s: does not open (%s)", submission.pk, type(error).__name__)
        _settle(submission, now)
        return True
    try:
        file_copy_when_it_leaves(work)
        file_insiders(work)
        offer_outsiders(work, lambda: gateways(_sender(submission).agency))
        _settle(submission, work.now())
    except LeaseLost:
        logger.warning("submission %s: another worker has it", submission.pk)
    return True


def _sender(submission: Submission) -> Account:
    return Account.objects.select_related("agency").get(mailbox=submission.mailbox_id)


def _doubt_what_was_begun(submission: Submission, now: datetime) -> None:
    """What an earlier worker was sending when it died may have arrived: nobody knows."""
    begun = submission.deliveries.filter(state=Delivery.State.SENDING)
    if begun.update(state=Delivery.State.UNKNOWN, changed_at=now):
        logger.warning("submission %s: an earlier try ended without a word", submission.pk)


def _settle(submission: Submission, now: datetime) -> None:
    """Say when to go on; when nobody is owed anything any more, the relay's key is wiped."""
    with transaction.atomic():
        # Locked first: who asks for another try meanwhile must not be forgotten.
        list(Submission.objects.select_for_update().filter(pk=submission.pk).values_list("pk"))
        owed = submission.deliveries.owed()
        due_at = None
        if owed.exists():
            due_at = next_try(submission.attempts, now=now, expires_at=submission.expires_at)
            if due_at is None:
                owed.update(state=Delivery.State.EXPIRED, changed_at=now)
        values: dict[str, Any] = {"due_at": due_at}
        if due_at is None:
            values |= {"relay_key_id": "", "sealed_key_for_relay": None}
        mine = Submission.objects.filter(pk=submission.pk, attempts=submission.attempts)
        if not mine.update(**values):
            raise LeaseLost  # and so nothing here is written
        submission.count_again()
        announce([submission.mailbox_id])
    submission.due_at = due_at
