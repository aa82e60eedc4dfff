"""A worker of the night that is killed again and again, at a random statement each time.

`python -m tests.promises.people.october_worker KILLS SEED`: children work the orders due and
kill themselves with SIGKILL; the last one finishes. Prints how many were killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from datetime import date, datetime
from typing import Any

import django

PIECE = 8
# Below what one piece takes, so that each child dies with one in its hands.
LAST_STATEMENT = 60


def main(kills: int, seed: int) -> None:
    from accounts.people.days import midnight
    from accounts.people.orders import night

    night.PIECE = PIECE
    chance = random.Random(seed)  # noqa: S311  # no secret
    now, killed = midnight(date(2026, 10, 1)), 0
    for _child in range(kills):
        killed += _work_and_die(now, chance.randrange(1, LAST_STATEMENT))
        now += night.LEASE
    _work(now)
    sys.stdout.write(f"{killed}\n")


def _work_and_die(now: datetime, statement: int) -> bool:
    from django.db import connection

    connection.close()
    child = os.fork()
    if child == 0:
        with connection.execute_wrapper(_Killer(statement)):
            _work(now)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


class _Killer:
    """Ends this process without a word before its n-th statement."""

    def __init__(self, statement: int) -> None:
        self._left = statement

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)


def _work(now: datetime) -> None:
    from accounts.people.orders import night

    while piece := night.claim(now):
        night.carry_out_piece(piece, now=now)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]))
