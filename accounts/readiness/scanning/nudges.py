"""Ring the workers of the readiness runs: quicker than the sweep of every minute, no more."""

from __future__ import annotations

from functools import partial

from celery import current_app
from django.db import transaction

from accounts.models import ScanRun

_TASKS = {
    ScanRun.Stage.DNS: "accounts.readiness_dns",
    ScanRun.Stage.NET: "accounts.readiness_net",
    ScanRun.Stage.JUDGE: "accounts.readiness_judge",
}


def scan_soon(stage: str) -> None:
    """Have this stage's runs taken up once the transaction is committed; a broker that is down
    is logged, and the sweep finds what nobody was told of."""
    task = _TASKS[ScanRun.Stage(stage)]
    ring = partial(current_app.send_task, task, retry=False, ignore_result=True)
    transaction.on_commit(ring, robust=True)


def probe_soon() -> None:
    """Have the availability of what is due asked."""
    ring = partial(
        current_app.send_task, "accounts.readiness_probe", retry=False, ignore_result=True
    )
    transaction.on_commit(ring, robust=True)
