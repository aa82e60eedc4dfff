"""The same night by the whole road: rows, rings, the gate's own workers, evidence, standings.

200 domains of the town are due at once. Two Celery processes on the queues of DNS and servers
take them through their stages and one judges, as in production; PostgreSQL, Redis and the town
share the machine with them.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from subprocess import Popen
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts import tasks
from accounts.models import Agency, CheckedDomain, RuleResult, RuleStanding, ScanRun
from bench.engines import spawn_workers
from bench.measuring import Figure, at_most
from bench.readiness.night import DOMAINS, NIGHT, SLOW_EVERY, SLOW_ONE, WORKERS, town

_PATIENCE = timedelta(minutes=20)
# A worker's memory is looked at when so many runs are over, and at the end.
_WARM, _GROWTH = 60, 16
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> list[Figure]:
    with town() as place:
        os.environ |= _settings(place)
        _rows(timezone.now())
        probing = spawn_workers("dns,net", WORKERS, "probing")
        judging = spawn_workers("people", 1, "judging")
        try:
            # What a process takes to start is no part of a night.
            time.sleep(10)
            before = [_cpu(each) for each in (probing, judging)]
            begun = timezone.now()
            tasks.readiness_due()
            warm = _wait(_WARM, probing)
            end = _wait(DOMAINS, probing)
            spent = [_cpu(each) - was for each, was in zip((probing, judging), before, strict=True)]
        finally:
            for each in (probing, judging):
                each.terminate()
                each.wait()
    return _figures(begun, spent, end - warm)


def _settings(place: dict[str, Any]) -> dict[str, str]:
    ports = {int(known): port for known, port in place["ports"].items()}
    resolver = f"127.0.0.1:{ports[53]}"
    return {
        "READINESS_TEST_PROFILE": "yes",
        "READINESS_ALSO": "127.0.0.0/8",
        "READINESS_PORTS": ",".join(f"{known}={port}" for known, port in ports.items()),
        "READINESS_RESOLVERS": resolver,
        "READINESS_REFERENCES": resolver,
        "READINESS_CA_FILE": place["ca_file"],
        "READINESS_NAME": "scanner.example",
    }


def _rows(now: datetime) -> None:
    """An agency for each domain; one in so many has a tarpit among its servers."""
    for number in range(1, DOMAINS + 1):
        is_slow = number % SLOW_EVERY == 0
        name = f"d{number + SLOW_ONE * is_slow}.go.th"
        CheckedDomain.objects.create(
            agency=Agency.objects.create(name_th=f"กรมที่ {number}"),
            name=name,
            hosts=[f"www.{name}", *([f"tarpit-www.{name}"] if is_slow else [])],
            logins=[f"imap.{name}:143"],
            selectors=["s1"],
            verified_at=now,
            added_at=now,
            next_run_at=now,
            next_probe_at=now + timedelta(days=30),
        )


def _wait(count: int, probing: Popen[bytes]) -> float:
    """Until so many runs are over; gives the largest worker's memory then, MB."""
    end = timezone.now() + _PATIENCE
    while ScanRun.objects.filter(finished_at__isnull=False).count() < count:
        assert timezone.now() < end, "the runs did not come to their end"
        time.sleep(1)
    return max(_memory(each) for each in _family(probing.pid))


# --- What processes took --------------------------------------------------


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *(below for child in text.split() for below in _family(int(child)))]


def _cpu(process: Popen[bytes]) -> float:
    """Seconds of CPU that a process and its workers have used."""
    found = 0
    for pid in _family(process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        found += int(fields[11]) + int(fields[12])
    return found / _TICKS


def _memory(pid: int) -> float:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1024**2


# --- What it comes to -----------------------------------------------------


def _figures(begun: datetime, spent: list[float], grown: float) -> list[Figure]:
    runs = list(
        ScanRun.objects.order_by("finished_at").values("finished_at", "stage", "domain__name")
    )
    ends = [run["finished_at"] for run in runs]
    took = (ends[-1] - begun).total_seconds()
    pauses = [(after - before).total_seconds() for before, after in pairwise([begun, *ends])]
    failed = sum(run["stage"] != ScanRun.Stage.DONE for run in runs)
    rows = _bytes(ScanRun, RuleResult, RuleStanding) / len(runs) / 1024
    return [
        Figure("domains measured", len(runs), ""),
        Figure("of them with a tarpit", DOMAINS // SLOW_EVERY, ""),
        at_most("runs that could not be done", failed, "", 0),
        Figure("all of them: wall", took, "s"),
        at_most("8,000 domains in a night, two workers", took / DOMAINS * NIGHT / 3600, "h", 6),
        at_most("a run: CPU of those who ask", spent[0] / DOMAINS, "s", 2),
        Figure("a run: CPU of who judges", spent[1] / DOMAINS, "s"),
        at_most("the longest pause between two that ended", max(pauses), "s", 60),
        at_most("growth of a worker's memory", grown, "MB", _GROWTH),
        Figure("a run in the database, with its indexes", rows, "kB"),
    ]


def _bytes(*models: Any) -> int:
    with connection.cursor() as cursor:
        names = [model._meta.db_table for model in models]
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name",
            [names],
        )
        (found,) = cursor.fetchone()
    return int(found)
