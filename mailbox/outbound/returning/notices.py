"""When an author is told: a letter is late, was given up, or came back.

Never of what the portal wrote itself. A notice is filed in the transaction that writes
down what it tells, so that each is filed once.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from mailbox.errors import KeyMissing, SealBroken
from mailbox.mime.addresses import is_valid_address
from mailbox.mime.returned.reports import Action, Report
from mailbox.models import Attempt, Delivery, Submission
from mailbox.outbound.envelope import open_address, open_reply
from mailbox.outbound.returning.matching import Returned
from mailbox.outbound.returning.telling import MOST_NAMED, Notice, Recipient, tell
from mailbox.outbound.work import Work
from mailbox.smtp.verdicts import Verdict

logger = logging.getLogger(__name__)

# Authors are told once that something is still under way.
LATE_AFTER = timedelta(hours=4)
# Recipients of one letter who came back, until its author is told no more by letters.
MOST_TOLD_ONE_BY_ONE = 50
# Letters told of by one sweep; the next comes in a few minutes.
PIECE = 200
_EXPIRED = "4.4.7"  # RFC 3463 §3.5: delivery time expired
# What may stand in a References field of ours.
_ID = re.compile(r"[!-;=?-~]{1,900}")


def tell_of_delays(now: datetime, *, most: int = PIECE) -> int:
    """Tell the authors of letters that are late, and that nobody has tried of late; give how many.

    In a worker, every few minutes: a gateway at rest, full queues, a long rung of the ladder.
    Once for each letter. now: aware.
    """
    late = Submission.objects.filter(
        due_at__isnull=False,
        delay_told_at__isnull=True,
        undo_until__lte=now - LATE_AFTER,
        cancelled_at__isnull=True,
        held_at__isnull=True,
        is_automatic=False,
    )
    told = 0
    for pk in list(late.order_by("due_at").values_list("pk", flat=True)[:most]):
        try:
            told += _tell_unless_told(pk, now)
        except KeyMissing:
            logger.warning("no notices of delay: this process has no relay key")
            break
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # P2: one letter never holds up the others
            logger.error("submission %s: no notice of delay (%s)", pk, type(error).__name__)
    return told


def _tell_unless_told(pk: UUID, now: datetime) -> bool:
    submission = Submission.objects.select_related("mailbox__account", "content").get(pk=pk)
    try:
        with transaction.atomic():
            return delayed(Work.begin(submission, now), now)
    except (SealBroken, ValueError, LookupError) as error:
        logger.error("submission %s: no notice of delay (%s)", pk, type(error).__name__)
        # Not to be looked at every few minutes, before all others.
        Submission.objects.filter(pk=pk).update(delay_told_at=now)
        return False


def delayed(work: Work, now: datetime) -> bool:
    """Tell an author, unless they were told, who is still being tried; in a transaction.

    False where there was nothing to tell. SealBroken where an address does not open.
    """
    submission = work.submission
    untold = Submission.objects.filter(
        pk=submission.pk, delay_told_at__isnull=True, due_at__isnull=False, is_automatic=False
    )
    if not untold.update(delay_told_at=now):
        return False
    submission.delay_told_at = now
    owed = list(submission.deliveries.owed()[:MOST_NAMED])
    more = submission.deliveries.owed().count() - len(owed)
    notice = _of_work(work, owed, Action.DELAYED)
    return tell(submission, replace(notice, until=submission.expires_at, more=more), now=now)


def expired(work: Work, deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Tell an author that these recipients were tried for days, and are not any more.

    Inside the transaction that makes them EXPIRED. SealBroken as `delayed`.
    """
    return _not_delivered(work, deliveries, now, is_expired=True)


def refused(work: Work, deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Tell an author that a gateway refused these recipients for good; as `expired`."""
    return _not_delivered(work, deliveries, now, is_expired=False)


def _not_delivered(
    work: Work, deliveries: Sequence[Delivery], now: datetime, *, is_expired: bool
) -> bool:
    if work.submission.is_automatic or not deliveries:
        return False
    notice = _of_work(work, deliveries[:MOST_NAMED], Action.FAILED, is_expired=is_expired)
    more = max(0, len(deliveries) - MOST_NAMED)
    return tell(work.submission, replace(notice, more=more), now=now)


def came_back(
    submission: Submission,
    returned: Sequence[Returned],
    report: Report,
    *,
    subject: str = "",
    now: datetime,
) -> bool:
    """Tell an author what a server reported: inside the transaction of `matching.note`.

    All of `returned` are bounced, or all are late. subject: of the letter, as the report
    quotes it.
    """
    if not returned:
        return False
    action = returned[0].outcome.action
    submission.refresh_from_db(fields=["tally"])
    if submission.tally.get(Delivery.State.BOUNCED, 0) > MOST_TOLD_ONE_BY_ONE:
        return False  # a circular to old addresses: the outbox has them all
    if action == Action.DELAYED:
        untold = Submission.objects.filter(pk=submission.pk, delay_told_at__isnull=True)
        if not untold.update(delay_told_at=now):
            return False
    recipients = [
        Recipient(_named(one), one.verdict, _status(one)) for one in returned[:MOST_NAMED]
    ]
    notice = Notice(
        action=action,
        recipients=recipients,
        subject=subject,
        message_id=_usable(report.original_id),
        more=max(0, len(returned) - MOST_NAMED),
    )
    return tell(submission, notice, now=now)


def _of_work(
    work: Work, deliveries: Sequence[Delivery], action: Action, *, is_expired: bool = False
) -> Notice:
    """A notice from what a worker with the submission key knows; SealBroken."""
    recipients = []
    doubtful = Attempt.objects.filter(delivery__in=deliveries, outcome=Attempt.Outcome.UNKNOWN)
    maybe = set(doubtful.values_list("delivery_id", flat=True))
    for delivery in deliveries:
        verdict = open_reply(delivery, work.key) or Verdict(delivery.reply_code or 0)
        fallback = "4.0.0" if action == Action.DELAYED else "5.0.0"
        status = _EXPIRED if is_expired else verdict.enhanced or fallback
        address, may_have = open_address(delivery, work.key).address, delivery.pk in maybe
        recipients.append(Recipient(address, verdict, status, may_have_arrived=may_have))
    return Notice(
        action=action,
        recipients=recipients,
        subject=work.envelope.subject,
        message_id=_usable(work.rendition.message_id),
        is_expired=is_expired,
    )


def _named(one: Returned) -> str:
    """Whom a report names; "" for what is no address: a letter of ours says nobody's words as
    if they were its own.
    """
    said = (one.outcome.original, one.outcome.recipient)
    return next((each for each in said if is_valid_address(each)), "")


def _status(one: Returned) -> str:
    fallback = "4.0.0" if one.outcome.action == Action.DELAYED else "5.0.0"
    return one.outcome.status or fallback


def _usable(message_id: str) -> str:
    return message_id if _ID.fullmatch(message_id) else ""
