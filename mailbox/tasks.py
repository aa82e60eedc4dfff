"""The workers' doors: find, call; the journeys do the work and the rows are the truth."""

from __future__ import annotations

import logging
from functools import cache

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.models import TestLetter
from accounts.readiness.letters import close_overdue
from mailbox.filing.sweeping import sweep
from mailbox.inbound import arrivals
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, AutoReply, Gateway, SortingJob, Submission
from mailbox.nudges import (
    SOON,
    answer_later,
    file_all_later,
    read_test_letter_later,
    relay_line_later,
    rung,
    sort_later,
    write_to_saraban_later,
)
from mailbox.operating import filing_times, waking
from mailbox.outbound.automatic import vacation
from mailbox.outbound.domains import rotation
from mailbox.outbound.gateways import trial
from mailbox.outbound.relay import relay
from mailbox.outbound.relaying.lines import Line, owing
from mailbox.outbound.relaying.turns import take_turn
from mailbox.outbound.returning import notices
from mailbox.outbound.submission import forget_cancelled
from mailbox.people import newcomers, records
from mailbox.readiness import writing
from mailbox.reading.deeds import jobs, snoozing

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
    waited = {}
    for arrival in Arrival.objects.filter(pk__in=pks).due(timezone.now()):
        if arrival.test_letter is not None:
            read_test_letter_later(arrival)
            continue
        try:
            if arrivals.file_arrival(arrival, reader=reading_process(), now=timezone.now()):
                waited[arrival.pk] = timezone.now() - arrival.received_at
        except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
            arrivals.put_off(arrival, failure, now=timezone.now())
    filing_times.note(waited)


@shared_task(name="mailbox.file_due")
def file_due_arrivals() -> None:
    due = Arrival.objects.due(timezone.now()).values_list("pk", flat=True)
    file_all_later(list(due[:MOST_A_MINUTE]))


# --- Test letters of the readiness gate -------------------------------------


@shared_task(name="mailbox.read_test_letter")
def read_test_letter(pk: str) -> None:
    arrival = Arrival.objects.filter(pk=pk).due(timezone.now()).first()
    if arrival is None:
        return
    try:
        arrivals.file_arrival(arrival, reader=reading_process(), now=timezone.now())
    except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
        arrivals.put_off(arrival, failure, now=timezone.now())


@shared_task(name="mailbox.write_to_saraban")
def write_to_saraban(letter_id: int) -> None:
    letter = TestLetter.objects.select_related("domain").filter(pk=letter_id).first()
    if letter is None:
        return
    try:
        writing.write(letter, now=timezone.now())
    except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
        logger.error("test letter %s was not written: %s", letter_id, type(failure).__name__)


@shared_task(name="mailbox.test_letters_due")
def test_letters_due() -> None:
    close_overdue(timezone.now())
    for letter_id in writing.due(timezone.now())[:500]:
        write_to_saraban_later(letter_id)


# --- Mail that goes out ---------------------------------------------------


@shared_task(name="mailbox.relay_turn")
def relay_turn(lane: int, agency: int | None) -> None:
    take_turn(Line(lane, agency), now=timezone.now())


@shared_task(name="mailbox.relay_urgent_turn")
def relay_urgent_turn(lane: int, agency: int | None) -> None:
    relay_turn(lane, agency)


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
    for line, due_at in owing(timezone.now() + SOON):
        # A nudge that was lost has left its mark; the sweep does not believe it.
        rung(line.lane, line.agency_id)
        relay_line_later(line.lane, line.agency_id, due_at)


@shared_task(name="mailbox.try_gateway")
def try_gateway(ticket: str) -> None:
    trial.carry_out(ticket)


@shared_task(name="mailbox.wake_for_gateway")
def wake_for_gateway(pk: int) -> None:
    if (row := Gateway.objects.filter(pk=pk).first()) is not None:
        waking.wake_for(row, timezone.now())


@shared_task(name="mailbox.tell_of_delays")
def tell_of_delays() -> None:
    notices.tell_of_delays(timezone.now())


@shared_task(name="mailbox.look_for_records")
def look_for_records() -> None:
    rotation.end_what_is_over(timezone.now())
    rotation.look_around(timezone.now())


@shared_task(name="mailbox.tell_of_records")
def tell_of_records() -> None:
    records.tell(timezone.now())


@shared_task(name="mailbox.answer")
def answer_for_the_absent(pks: list[str]) -> None:
    for reply in AutoReply.objects.filter(pk__in=pks).due(timezone.now()):
        vacation.answer(reply, now=timezone.now())


@shared_task(name="mailbox.answer_due")
def answer_due_replies() -> None:
    due = AutoReply.objects.due(timezone.now()).values_list("pk", flat=True)[:500]
    answer_later(list(due))


# --- People -----------------------------------------------------------------


@shared_task(name="mailbox.tell_of_newcomers")
def tell_of_newcomers() -> None:
    while newcomers.tell(timezone.now()) == newcomers.PIECE:
        pass


# --- Sorting --------------------------------------------------------------


@shared_task(name="mailbox.sort")
def sort_list(pk: str) -> None:
    job = SortingJob.objects.select_related("mailbox", "folder", "label").filter(pk=pk).first()
    if job is None:
        return
    try:
        jobs.work(job, now=timezone.now())
    except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
        jobs.put_off(job, failure, now=timezone.now())


@shared_task(name="mailbox.sort_due")
def sort_due_lists() -> None:
    for job in SortingJob.objects.due(timezone.now())[:500]:
        sort_later(job)


@shared_task(name="mailbox.wake_due")
def wake_due_conversations() -> None:
    snoozing.wake_due(timezone.now())


# --- Keeping the store ----------------------------------------------------


@shared_task(name="mailbox.sweep")
def sweep_store() -> None:
    forget_cancelled(timezone.now())
    jobs.forget_finished(timezone.now())
    sweep(timezone.now())
