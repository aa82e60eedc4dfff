"""kill -9 of Redis and PostgreSQL while a worker is at work; and Redis that forgets everything."""

from __future__ import annotations

from threading import Event

import pytest
from django.conf import settings
from django.db import connections
from redis import Redis

from mailbox.models import Attempt
from tests.cast import Cast
from tests.faults.conftest import Record
from tests.faults.counting import count, said
from tests.faults.far_side import FarSide
from tests.faults.plant import LEASE, Plant, wait_for
from tests.faults.post import gateway_to, go_on, post, settle

LETTERS = 3
MOMENTS = ("MAIL", "DATA", "DOT", "ANSWERED")


@pytest.mark.parametrize("moment", MOMENTS)
def test_redis_killed_costs_time_and_nothing_else(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, moment: str
) -> None:
    gateway_to(people, far_side.port)
    far_side.once_at(moment, lambda _: plant.kill_redis(), after=1)
    posted = post(people, LETTERS)
    plant.until(lambda: not far_side.is_waiting_for(moment), "nobody was killed")
    # Nobody can be rung for now; who presses "send" is not told of it.
    later = post(people, LETTERS)
    plant.start_redis()
    # Celery finds its way back, or ends of it and is started again: then a lease is left.
    settle(plant, later[-1:])
    go_on(plant, [*posted, *later])
    posted += later
    sees = said(posted, people)
    row = count(f"kill -9 of Redis at {moment}", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.lost) == (2 * LETTERS, 0)
    assert row.duplicates == row.unknown


@pytest.mark.parametrize("moment", MOMENTS)
def test_postgresql_killed_leaves_what_was_being_sent_in_doubt_and_the_worker_goes_on(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, moment: str
) -> None:
    gateway_to(people, far_side.port)
    # The far side greets when all letters are posted.
    is_posted = Event()
    far_side.once_at("CONNECT", lambda _: is_posted.wait(20))
    far_side.once_at(moment, lambda _: plant.kill_postgres(), after=1)
    posted = post(people, LETTERS)
    is_posted.set()
    wait_for(lambda: not far_side.is_waiting_for(moment), "nobody was killed")
    connections.close_all()
    plant.start_postgres()
    # The same worker serves what is posted now; what it had in hand waits for the lease.
    later = post(people, 1)
    settle(plant, later)
    plant.stop_worker()
    plant.passes(LEASE)
    sees = said(posted, people)
    go_on(plant, posted)
    posted += later
    row = count(f"kill -9 of PostgreSQL at {moment}", posted, far_side, people, sees=sees)
    record(row)
    assert (row.messages, row.relayed, row.lost) == (len(posted), len(posted), 0)
    assert row.duplicates == row.unknown
    assert bool(row.duplicates) >= (moment in ("DOT", "ANSWERED"))
    if row.duplicates:
        assert Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN).exists()


def test_redis_flushed_in_mid_flight_is_repaired_by_the_sweep(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway_to(people, far_side.port)
    with Redis.from_url(settings.REDIS_URL) as redis:
        far_side.once_at("DATA", lambda _: redis.flushall(), after=1)
        posted = post(people, LETTERS)
        wait_for(lambda: not far_side.is_waiting_for("DATA"), "nothing was flushed")
        posted += post(people, LETTERS)
        redis.flushall()
    settle(plant, posted)
    sees = said(posted, people)
    row = count("Redis flushed in mid-flight", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (2 * LETTERS, 0, 0)
