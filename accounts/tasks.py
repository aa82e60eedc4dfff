"""The workers' doors to people: find, call; the rows are the truth and Celery is a nudge."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.provisioning import nudges, queue

# --- Opening accounts -----------------------------------------------------

# How many accounts one task opens; then others have their turn, and the queue is looked at anew.
ACCOUNTS_A_TASK = 50


@shared_task(name="accounts.provision")
def provision() -> None:
    jobs = queue.next_jobs(now=timezone.now(), most=ACCOUNTS_A_TASK)
    for job in jobs:
        try:
            queue.work(job, now=timezone.now())
        except Exception as failure:  # noqa: BLE001  # a door: one never holds up the others
            queue.put_off(job, failure, now=timezone.now())
    if len(jobs) == ACCOUNTS_A_TASK:
        nudges.provision_on()


@shared_task(name="accounts.provision_due")
def provision_due() -> None:
    queue.open_gates(now=timezone.now())
    nudges.provision_on()
