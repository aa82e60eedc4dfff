"""The readiness gate at night: 8,000 domains, and one tarpit among the servers of one of them.

200 domains on the loopback, each with servers of its own that answer after a round trip through
the country, are run over by two workers, and some have a tarpit; 8,000 are reckoned from them.
The servers share the machine, so a worker has less of it than in production.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from accounts.readiness.profiles import in_force, lines_of
from bench.measuring import Figure, at_most

DOMAINS, NIGHT, WORKERS, SLOW_ONE = 200, 8_000, 2, 1000
# One domain in so many has a mail server and a web host that never answer.
SLOW_EVERY = 19
# From when on a worker's memory must no longer grow, and by how much it still may (MB).
_WARM, _GROWTH = 20, 16


def measure() -> list[Figure]:
    lines = [asdict(line) for line in lines_of(in_force(timezone.localdate()))]
    with town() as place:
        task = {"town": place, "lines": lines}
        (slow,) = _worker({**task, "numbers": [SLOW_ONE]})["runs"]
        numbers = [
            number + SLOW_ONE * (number % SLOW_EVERY == 0) for number in range(1, DOMAINS + 1)
        ]
        shares = [numbers[share::WORKERS] for share in range(WORKERS)]
        with ThreadPoolExecutor(WORKERS) as pool:
            workers = list(pool.map(lambda share: _worker({**task, "numbers": share}), shares))
    return [*_of_the_slow_one(slow), *_of_the_night(workers)]


def _of_the_slow_one(slow: dict[str, Any]) -> list[Figure]:
    held_up = [each for each in slow["silent"] + slow["unable"] if "tarpit" not in each]
    return [
        at_most("one domain with a tarpit in it: wall", slow["wall"], "s", 60),
        at_most("one domain with a tarpit in it: CPU", slow["cpu"], "s", 2),
        at_most("questions to others that the tarpit held up", len(held_up), "", 0),
        Figure("questions of that run", slow["asked"], ""),
        Figure("its evidence, packed", slow["packed"] / 1024, "kB"),
    ]


def _of_the_night(workers: list[dict[str, Any]]) -> list[Figure]:
    runs = [run for worker in workers for run in worker["runs"]]
    took = max(worker["took"] for worker in workers)
    grown = max(worker["memory"][-1] - worker["memory"][_WARM] for worker in workers)
    lost = [each for run in runs for each in run["silent"] + run["unable"] if "tarpit" not in each]
    return [
        Figure("domains measured", len(runs), ""),
        Figure("of them with a tarpit", sum(run["wall"] > 20 for run in runs), ""),
        Figure("a run: CPU, mean", sum(run["cpu"] for run in runs) / len(runs), "s"),
        Figure("a run: wall, mean", sum(run["wall"] for run in runs) / len(runs), "s"),
        at_most("questions that were lost besides", len(lost), "", 0),
        at_most("the longest run: wall", max(run["wall"] for run in runs), "s", 60),
        at_most("the longest run: CPU", max(run["cpu"] for run in runs), "s", 2),
        at_most("8,000 domains in a night, two workers", took / DOMAINS * NIGHT / 3600, "h", 6),
        at_most("growth of a worker's memory after 20 runs", grown, "MB", _GROWTH),
        Figure("a worker's memory", max(max(worker["memory"]) for worker in workers), "MB"),
    ]


@contextmanager
def town() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "bench.readiness.town"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as town:
        assert town.stdout is not None and town.stdin is not None
        yield json.loads(town.stdout.readline())
        town.stdin.close()


def _worker(task: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.readiness.worker"]
    done = subprocess.run(
        command, input=json.dumps(task), stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
