"""The night of 1 October: 30,000 leave and 60,000 move, two workers, killed ten times at random.

The people are made once; a copy of the database has the same night without a kill. Afterwards
both must say the same of everybody. Each worker runs as `accounts.carry_out_orders` does, with
a clock that stands at midnight when the night begins.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

import psycopg
from django.db import connection

from accounts.people import retirement
from accounts.people.days import BANGKOK, midnight
from bench.engines import ROOT
from bench.measuring import Figure, at_most
from bench.people import october_people

LEAVERS, MOVES, EXTENDED = 30_000, 60_000, 500
WORKERS, KILLS = 2, 10
SPRING = datetime(2026, 6, 1, 9, 0, tzinfo=BANGKOK)
NIGHT = midnight(date(2026, 10, 1))
PATIENCE = 3600.0
_DUE = "SELECT count(*) FROM accounts_personnelorder WHERE due_at <= %s"
# What a worker is: the task's loop, on the night's clock. Argument: seconds since it began.
_WORKER = """
import sys, time
import django; django.setup()
from bench.people.october import work
work(float(sys.argv[1]))
"""


def measure() -> list[Figure]:
    begun = time.perf_counter()
    october_people.make(leavers=LEAVERS, moves=MOVES)
    made = time.perf_counter() - begun
    begun = time.perf_counter()
    planned = retirement.plan(SPRING)
    planning = time.perf_counter() - begun
    october_people.extend(EXTENDED)
    connection.close()
    _copy()
    quiet, _none = night(_url("quiet"), kills=0)
    wild, killed = night(_url(), kills=KILLS)
    differing = october_people.differing(_url(), _url("quiet"))
    disabled = october_people.extended_but_closed(_url(), NIGHT)
    return [
        Figure(f"make {LEAVERS + MOVES:,} officials with duties", made, "s"),
        Figure("retirements planned by the rule", planned, "orders"),
        Figure("time to plan them", planning, "s"),
        at_most(f"the night: {LEAVERS:,} leave, {MOVES:,} move", quiet, "s", 3600),
        at_most(f"the night, kill -9 of a worker {killed} times", wild, "s", 3600),
        at_most("kills that were missing", KILLS - killed, "kills", 0),
        at_most("rows that differ after the kills", differing, "rows", 0),
        at_most("closed though an extension is on file", disabled, "accounts", 0),
    ]


def work(elapsed: float) -> None:
    """What one worker does until nothing is due; elapsed: seconds since midnight, now."""
    from accounts.people.orders import night as orders_of_the_night

    zero = time.monotonic() - elapsed

    def now() -> datetime:
        return NIGHT + timedelta(seconds=time.monotonic() - zero)

    while piece := orders_of_the_night.claim(now()):
        orders_of_the_night.carry_out_piece(piece, now=now())


def night(url: str, *, kills: int) -> tuple[float, int]:
    """Let the workers work until nothing is left, killing some; return seconds and kills."""
    begun = time.monotonic()
    workers = [_start(url, 0.0) for _number in range(WORKERS)]
    killed, next_kill = 0, begun + _pause()
    try:
        while _left(url):
            passed = time.monotonic() - begun
            if passed > PATIENCE:
                raise RuntimeError(f"{_left(url)} orders are left.")
            if killed < kills and time.monotonic() >= next_kill:
                os.kill(random.choice(workers).pid, signal.SIGKILL)  # noqa: S311  # no secret
                killed, next_kill = killed + 1, time.monotonic() + _pause()
            for number, worker in enumerate(workers):
                # One that has ended found nothing due; a killed one's lease may run out yet.
                if worker.poll() is not None:
                    workers[number] = _start(url, passed)
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return time.monotonic() - begun, killed


def _pause() -> float:
    # The same moments in every run would prove little; the seed is not fixed on purpose.
    return random.uniform(4.0, 14.0)  # noqa: S311  # no secret


def _start(url: str, elapsed: float) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DATABASE_URL": url}
    command = [sys.executable, "-c", _WORKER, str(elapsed)]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def _left(url: str) -> int:
    with psycopg.connect(url) as database:
        # A lease lies in the future: what is claimed is not done.
        return int(database.execute(_DUE, [NIGHT + timedelta(days=1)]).fetchall()[0][0])


def _copy() -> None:
    name = urlsplit(_url()).path.lstrip("/")
    with psycopg.connect(_url(database="postgres"), autocommit=True) as database:
        database.execute("DROP DATABASE IF EXISTS quiet")
        database.execute(f'CREATE DATABASE quiet TEMPLATE "{name}"')


def _url(database: str = "") -> str:
    url = urlsplit(os.environ["DATABASE_URL"])
    return url._replace(path=f"/{database}").geturl() if database else url.geturl()
