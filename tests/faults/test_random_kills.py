"""kill -9 of everything, at random, while letters leave and arrive: nothing is lost.

The seed is printed; FAULTS_SEED repeats its choices (not its moments: processes have their own).
FAULTS_MESSAGES says how many; `python -m tests.faults` takes 2,000.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connections

from mailbox.models import Attempt, Submission
from tests.cast import Cast
from tests.faults.arrivals import are_filed, count_arrivals, hand_over, letter
from tests.faults.conftest import Record
from tests.faults.counting import count
from tests.faults.far_side import FarSide
from tests.faults.plant import LEASE, Plant, patiently
from tests.faults.post import are_owed, gateway_to, post_one

MESSAGES = int(os.environ.get("FAULTS_MESSAGES", "120"))
SEED = int(os.environ.get("FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
# Slow enough that each is killed several times before the last message.
PAUSE = 0.08 if MESSAGES < 500 else 0.03
ROUNDS = 20


class Killer(threading.Thread):
    """Kills one after the other, and starts it again as a supervisor does."""

    def __init__(self, plant: Plant, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.plant, self.chance = plant, chance
        self.over = threading.Event()
        self.killed: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def run(self) -> None:
        victims: list[str] = []
        try:
            while not self.over.wait(self.chance.uniform(0.2, 1.2)):
                self.revive()
                victims = victims or self.chance.sample(list(VICTIMS), k=len(VICTIMS))
                name = victims.pop()
                VICTIMS[name](self)
                self.killed[name] += 1
        except BaseException as failure:  # noqa: BLE001  # said by the test
            self.failure = failure
        finally:
            connections.close_all()

    def worker(self) -> None:
        self.plant.kill_worker()
        self.plant.stop_worker()
        # Nobody is at work: the leases run out.
        patiently(lambda: self.plant.passes(LEASE))
        self._a_while()
        self.plant.start_worker()

    def child(self) -> None:
        self.plant.kill_child()

    def lmtpd(self) -> None:
        self.plant.kill_lmtpd()
        self._a_while()
        self.plant.start_lmtpd()

    def redis(self) -> None:
        self.plant.kill_redis()
        self._a_while()
        self.plant.start_redis()

    def postgres(self) -> None:
        self.plant.kill_postgres()
        self._a_while()
        self.plant.start_postgres()

    def revive(self) -> None:
        """Celery may have ended of a Redis that went."""
        if self.plant.is_worker_dead():
            self.plant.start_worker()

    def _a_while(self) -> None:
        self.over.wait(self.chance.uniform(0, 0.5))


VICTIMS: dict[str, Callable[[Killer], None]] = {
    "worker": Killer.worker,
    "one of its processes": Killer.child,
    "lmtpd": Killer.lmtpd,
    "Redis": Killer.redis,
    "PostgreSQL": Killer.postgres,
}


class Mta(threading.Thread):
    """Hands letters over, each until its 250."""

    def __init__(self, plant: Plant, names: list[str]) -> None:
        super().__init__(daemon=True)
        self.plant, self.names = plant, names
        self.answered: list[str] = []
        self.tries = 0

    def run(self) -> None:
        for number, name in enumerate(self.names):
            raw = letter(name, is_large=number % 8 == 0)
            self.tries += hand_over(lambda: self.plant.lmtp_port, raw)
            self.answered.append(name)
            threading.Event().wait(PAUSE * 2)


def test_nothing_is_lost_whoever_dies_and_whenever(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    print(f"FAULTS_SEED={SEED}")  # noqa: T201  # to have the same choices again
    gateway_to(people, far_side.port)
    plant.start_lmtpd()
    half = MESSAGES // 2
    killer = Killer(plant, random.Random(SEED))  # noqa: S311  # moments, not secrets
    mtas = [Mta(plant, [f"{n}-of-{i}" for n in range(half // 2)]) for i in (1, 2)]
    for thread in (killer, *mtas):
        thread.start()
    posted: list[Submission] = []
    for number in range(MESSAGES - half):
        posted.append(post_one(people, [f"person{number}@else.example"], f"Letter {number}"))
        plant.ring()
        threading.Event().wait(PAUSE)
    for mta in mtas:
        mta.join(300)
    killer.over.set()
    killer.join(60)
    assert killer.failure is None, killer.failure
    assert set(killer.killed) == set(VICTIMS), killer.killed
    connections.close_all()
    calm_down(plant, posted)

    kills = ", ".join(f"{name} {times}" for name, times in sorted(killer.killed.items()))
    unknown = Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN).count()
    words = f"{unknown} attempts in doubt; killed: {kills}; seed {SEED}"
    row = count("kill -9 at random: letters that leave", posted, far_side, people, sees=words)
    answered = [name for mta in mtas for name in mta.answered]
    tries = sum(mta.tries for mta in mtas)
    came = count_arrivals(
        "kill -9 at random: letters that arrive",
        answered,
        people.mailbox_of(people.bruno),
        f"offered {tries} times until answered 250",
    )
    record(row)
    record(came)
    assert (row.messages, row.relayed, row.lost) == (len(posted), len(posted), 0)
    assert row.duplicates == row.unknown
    assert (came.messages, came.lost, came.duplicates) == (half // 2 * 2, 0, 0)


def calm_down(plant: Plant, posted: list[Submission]) -> None:
    """Nobody is killed any more: the leases run out, again and again, until all is done."""

    def is_done() -> bool:
        return not are_owed(posted) and are_filed()

    for _ in range(ROUNDS):
        plant.stop_worker()
        plant.passes(LEASE)
        plant.start_worker()
        with suppress(AssertionError):
            plant.until(is_done, "not yet", seconds=10)
            return
    pytest.fail(f"something is owed for ever; the worker said: {plant.last_words()}")
