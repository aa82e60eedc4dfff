"""The workers' doors: find, call; the journeys do the work and the rows are the truth."""

from __future__ import annotations

import logging
from functools import cache

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mailbox.filing.sweeping import sweep
from mailbox.inbound import arrivals
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Submission
from mailbox.nudges import SOON, file_all_later, relay_later
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import forget_cancelled

logger = logging.getLogger(__name__)

# So many arrivals are nudged a minute by the sweep; more than two workers can file.
MOST_A_MINUTE = 20_000


# --- Mail that comes in ---------------------------------------------------


@cache
def reading_process() -> ReadingProcess:
    """This worker's own, started at its first message."""
    return ReadingProcess(settings.PARSE_SECONDS, settings.PARSE_MEMORY, settings.AUTHSERV_ID)


@shared_task(name="mailbox.file")
def file_arrivals(pks: list[str]) -> None:
    for arrival in Arrival.objects.filter(pk__in=pks).due(timezone.now()):
        try:
            arrivals.file_arrival(arrival, reader=reading_process(), now=timezone.now())
        except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
            arrivals.put_off(arrival, failure, now=timezone.now())


@shared_task(name="mailbox.file_due")
def file_due_arrivals() -> None:
    due = Arrival.objects.due(timezone.now()).values_list("pk", flat=True)
    file_all_later(list(due[:MOST_A_MINUTE]))


# --- Mail that goes out ---------------------------------------------------


@shared_task(name="mailbox.relay")
def relay_submission(pk: str) -> None:
    submission = Submission.objects.select_related("content").filter(pk=pk).first()
    if submission is not None:
        relay(submission, now=timezone.now())


@shared_task(name="mailbox.relay_urgent")
def relay_urgent_submission(pk: str) -> None:
    relay_submission(pk)


@shared_task(name="mailbox.relay_due")
def relay_due_submissions() -> None:
    near = Submission.objects.due(timezone.now() + SOON)
    for submission in near.only("pk", "urgency", "due_at")[:500]:
        relay_later(submission)


# --- Keeping the store ----------------------------------------------------


@shared_task(name="mailbox.sweep")
def sweep_store() -> None:
    forget_cancelled(timezone.now())
    sweep(timezone.now())
