"""The workers' doors to people: find, call; the rows are the truth and Celery is a nudge."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from accounts.directory import applying, plan
from accounts.directory import nudges as import_nudges
from accounts.directory.files import uploads
from accounts.mandate import night as mandate_night
from accounts.mandate import obligations, reminders
from accounts.models import Agency, ImportBatch, Official, ScanRun, Source
from accounts.people import leaving, retirement
from accounts.people.orders import night
from accounts.provisioning import nudges, queue
from accounts.readiness import scanning
from accounts.readiness.scanning import availability, forgetting
from accounts.readiness.scanning.nudges import probe_soon
from accounts.readiness.telling import days, notices
from accounts.scim import telling
from accounts.scim.nudges import tell_soon

logger = logging.getLogger(__name__)

# --- Opening accounts -----------------------------------------------------

# How many accounts one task opens; then others have their turn, and the queue is looked at anew.
ACCOUNTS_A_TASK = 50


@shared_task(name="accounts.provision")
def provision() -> None:
    jobs, opened = queue.next_jobs(now=timezone.now(), most=ACCOUNTS_A_TASK), []
    for job in jobs:
        try:
            if queue.work(job, now=timezone.now()):
                opened.append(job)
        except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
            queue.put_off(job, failure, now=timezone.now())
    queue.count_as_proof(opened, now=timezone.now())
    if len(jobs) == ACCOUNTS_A_TASK:
        nudges.provision_on()


@shared_task(name="accounts.provision_due")
def provision_due() -> None:
    queue.open_gates(now=timezone.now())
    nudges.provision_on()


# --- What identity systems say (SCIM) -------------------------------------


@shared_task(name="accounts.scim_tell")
def scim_tell(pk: int) -> None:
    source = Source.objects.select_related("agency").filter(pk=pk).first()
    if source is not None:
        telling.tell(source, now=timezone.now())


@shared_task(name="accounts.scim_due")
def scim_due() -> None:
    for source in telling.owed(timezone.now()):
        tell_soon(source)


# --- What files and directories say of people -----------------------------

# How many rows one task carries out; then others have their turn.
ROWS_A_TASK = 500


@shared_task(name="accounts.read_import")
def read_import(pk: int) -> None:
    batch = ImportBatch.objects.select_related("source__agency", "asked_by").filter(pk=pk).first()
    if batch is not None and batch.claim(timezone.now(), plan.LEASE):
        uploads.read(batch, now=timezone.now())


@shared_task(name="accounts.apply_import")
def apply_import(pk: int) -> None:
    batch = ImportBatch.objects.select_related("source__agency", "asked_by").filter(pk=pk).first()
    if batch is None or not batch.claim(timezone.now(), applying.LEASE):
        return
    applying.apply(batch, now=timezone.now(), most=ROWS_A_TASK)
    if batch.state == ImportBatch.State.APPLYING:
        import_nudges.apply_soon(pk)


@shared_task(name="accounts.imports_due")
def imports_due() -> None:
    for pk, state in ImportBatch.objects.due(timezone.now()).values_list("pk", "state"):
        is_read = state != ImportBatch.State.READING
        (import_nudges.apply_soon if is_read else import_nudges.read_soon)(pk)


# --- What personnel orders bring ------------------------------------------

# How many pieces one task carries out: less than a minute's worth, for the next is rung then.
PIECES_A_TASK = 40
LEFT_A_TASK = 1000


@shared_task(name="accounts.carry_out_orders")
def carry_out_orders() -> None:
    for _turn in range(PIECES_A_TASK):
        piece = night.claim(timezone.now())
        if not piece:
            return
        try:
            night.carry_out_piece(piece, now=timezone.now())
        except Exception as failure:
            logger.exception("A piece of %s orders could not be carried out", len(piece))
            night.put_off(piece, failure, now=timezone.now())


@shared_task(name="accounts.plan_retirements")
def plan_retirements() -> None:
    retirement.plan(timezone.now())


@shared_task(name="accounts.retain_left")
def retain_left() -> None:
    leaving.retain_left(timezone.now(), most=LEFT_A_TASK)


# --- The mandate ----------------------------------------------------------

# While one worker closes a day others need not; losing this loses nothing, it is only a courtesy.
CLOSING = "mandate-closes"


@shared_task(name="accounts.close_mandate_day")
def close_mandate_day() -> None:
    if not cache.add(CLOSING, 1, timeout=3600):
        return
    try:
        mandate_night.close_day(timezone.now())
    finally:
        cache.delete(CLOSING)


@shared_task(name="accounts.proof_came")
def proof_came(officials: list[str], name: str) -> None:
    shown = Official.objects.filter(pk__in=officials)
    obligations.recompute(shown, now=timezone.now(), cause=f"proof_{name}"[:32])


@shared_task(name="accounts.remind")
def remind() -> None:
    reminders.send_due(timezone.now())


# --- The readiness gate ---------------------------------------------------

# How many runs one task takes a stage further; the sweep of the next minute rings for the rest.
DNS_A_TASK, NET_A_TASK, JUDGED_A_TASK = 20, 5, 50
RUNS_A_MINUTE = 500
PROBES_A_TASK = 200
# While one worker closes a day others need not.
READINESS_CLOSING = "readiness-closes"
# Rows of a kind that are let go of in an hour: a day's runs of 8,000 domains, in less than one.
FORGOTTEN_A_TASK = 10_000
READINESS_FORGETTING = "readiness-forgets"


@shared_task(name="accounts.readiness_dns")
def readiness_dns() -> None:
    _go_on(ScanRun.Stage.DNS, most=DNS_A_TASK)


@shared_task(name="accounts.readiness_net")
def readiness_net() -> None:
    _go_on(ScanRun.Stage.NET, most=NET_A_TASK)


@shared_task(name="accounts.readiness_judge")
def readiness_judge() -> None:
    _go_on(ScanRun.Stage.JUDGE, most=JUDGED_A_TASK)


def _go_on(stage: ScanRun.Stage, *, most: int) -> None:
    for _turn in range(most):
        run = scanning.next_run(stage, timezone.now())
        if run is None:
            return
        try:
            scanning.work(run, timezone.now())
        except Exception:
            logger.exception("A readiness run broke at its stage %s", stage)
            scanning.put_off(run, timezone.now())


@shared_task(name="accounts.readiness_probe")
def readiness_probe() -> None:
    availability.probe_due(timezone.now(), most=PROBES_A_TASK)


@shared_task(name="accounts.readiness_due")
def readiness_due() -> None:
    now = timezone.now()
    scanning.plan_due(now, most=RUNS_A_MINUTE)
    scanning.ring_due(now)
    if availability.due(now).exists():
        probe_soon()


@shared_task(name="accounts.close_readiness_day")
def close_readiness_day() -> None:
    if not cache.add(READINESS_CLOSING, 1, timeout=3600):
        return
    try:
        for agency in days.owed(timezone.now()):
            _close_readiness_day(agency)
        notices.remind(timezone.now())
    finally:
        cache.delete(READINESS_CLOSING)


@shared_task(name="accounts.forget_readiness")
def forget_readiness() -> None:
    if not cache.add(READINESS_FORGETTING, 1, timeout=3600):
        return
    try:
        gone = forgetting.forget(timezone.now(), most=FORGOTTEN_A_TASK)
    finally:
        cache.delete(READINESS_FORGETTING)
    if any(gone):
        logger.info(
            "Readiness: evidence of %s runs, %s runs and %s days of availability were past their "
            "time",
            *gone,
        )


def _close_readiness_day(agency: Agency) -> None:
    try:
        days.close(agency, timezone.now())
    except Exception:
        # One never holds up the others; it is tried again in a quarter of an hour.
        logger.exception("The gate of agency %s could not be reckoned", agency.pk)
