"""What arrived at a return path: a report is noted, all else is mail for the author.

Servers of people who are away answer to the return path as well (RFC 3834 §4), and some
reports are prose: what cannot be read as a report, or is about nobody we know, is filed as
an ordinary letter, or as spam where our filter says so: whoever has had a letter knows its
return path. Nothing that was answered 250 is thrown away unless its letter is gone.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import transaction

from mailbox.filing.contents import store_content
from mailbox.filing.identity import identity_of
from mailbox.filing.indexed.words import words_of
from mailbox.filing.messages import file_copies
from mailbox.ids import new_id
from mailbox.mime.reading_process import ReadingProcess
from mailbox.mime.returned import reports
from mailbox.mime.trust import hops
from mailbox.models import Arrival, Folder, Submission
from mailbox.outbound.returning import notices
from mailbox.outbound.returning.matching import note
from mailbox.sealing.content import new_key

logger = logging.getLogger(__name__)


@cache
def reading_process() -> ReadingProcess:
    """This worker's own, started at its first message that is no report."""
    return ReadingProcess(settings.PARSE_SECONDS, settings.PARSE_MEMORY, settings.AUTHSERV_ID)


@transaction.atomic
def take(arrival: Arrival, raw: bytes, now: datetime) -> None:
    """Take in what came back to the submission `arrival.returned_to`; now: aware.

    The caller deletes the arrival in the same transaction. Done twice it changes nothing
    more. ReadingFailed where mail for the author cannot be read; KeyMissing outside a worker.
    """
    submission = _letter_of(arrival)
    if submission is None:
        logger.warning("arrival %s: came back to a letter that is gone", arrival.pk)
        return
    report = reports.read(raw)
    if report is None:
        _file(arrival, submission, raw)
        return
    noted = note(report, submission.pk, now)
    for returned in (noted.bounced, noted.late):
        notices.came_back(submission, returned, report, subject=report.subject, now=now)
    if noted.strangers:
        _file(arrival, submission, raw)
    logger.info(
        "submission %s: a report on it, %d came back, %d late, %d unknown",
        *(submission.pk, len(noted.bounced), len(noted.late), len(noted.strangers)),
    )


def _letter_of(arrival: Arrival) -> Submission | None:
    if arrival.returned_to is None:
        return None
    found = Submission.objects.select_related("mailbox__account")
    return found.filter(pk=arrival.returned_to).first()


def _file(arrival: Arrival, submission: Submission, raw: bytes) -> None:
    packed, rendition = reading_process().read(raw)
    is_spam = hops.is_called_spam(hops.headers_of(raw), settings.AUTHSERV_ID)
    words, key = words_of(rendition, packed), new_key()
    file_copies(
        store_content(packed, key, new_id(), words=words),
        key,
        rendition,
        mailbox_ids=[submission.mailbox_id],
        received_at=arrival.received_at,
        duplicate_of=identity_of(rendition, raw, standing="spam" if is_spam else ""),
        folder_kind=Folder.Kind.SPAM if is_spam else Folder.Kind.INBOX,
        return_path="",
        words=words,
    )
