"""Limits of a gateway: how many letters a minute, and how many connections at a time.

Both hold for all workers together: tokens are a row, places are PostgreSQL's advisory locks,
which a killed worker lets go of at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from mailbox.outbound.gateways.breaker import begin_row

# What may leave at once is what may leave in so many seconds.
BURST = 10.0
# The first half of an advisory lock's number: "GATE", for nobody else.
_LOCKS = 0x47415445
_MOST_PLACES = 128
# "PROB".
_PROBES, _URGENT = 0x50524F42, 1_000_000

# One statement: reads what there is, takes one, and says what there was. A clock that was set
# back gives nothing for the time it repeats, and loses nothing.
_TAKE = """
UPDATE mailbox_gatewayhealth h
SET tokens = CASE WHEN was.tokens >= 1 THEN was.tokens - 1 ELSE was.tokens END, tokens_at = %(now)s
FROM (
  SELECT gateway_id, CASE WHEN tokens_at IS NULL THEN %(burst)s ELSE
    least(%(burst)s, tokens + greatest(0, extract(epoch FROM %(now)s - tokens_at)) * %(rate)s)
  END AS tokens
  FROM mailbox_gatewayhealth WHERE gateway_id = %(gateway)s FOR UPDATE
) was WHERE h.gateway_id = was.gateway_id RETURNING was.tokens
"""
_held = threading.local()


def take_token(gateway_id: int, now: datetime, *, a_minute: int) -> timedelta:
    """Take leave to send one letter; return nothing to wait, or how long until there is one."""
    rate = a_minute / 60
    values = {
        "gateway": gateway_id,
        "now": now,
        "rate": rate,
        "burst": max(1.0, rate * BURST),
    }
    found = _take(values)
    if not found:
        begin_row(gateway_id)
        found = _take(values)
    tokens = float(found[0][0]) if found else 1.0  # a gateway that is gone limits nobody
    return timedelta() if tokens >= 1 else timedelta(seconds=(1 - tokens) / rate)


def is_tight(most_connections: int) -> bool:
    """Whether the workers together could open more connections than this.

    Each has one at a time to a gateway; those for urgent mail come on top.
    """
    return bool(most_connections < settings.RELAY_PROCESSES * 2)


def holds_place(gateway_id: int) -> bool:
    """Whether this thread holds one of a gateway's connections already."""
    held = _mine()
    return gateway_id in held and held[gateway_id][1] is connection.connection


def hold_place(gateway_id: int, most: int) -> bool:
    """Hold one of a gateway's connections until `let_go`; False where all are taken."""
    if holds_place(gateway_id):
        return True
    held = _mine()
    base = gateway_id * _MOST_PLACES
    for number in range(base, base + min(most, _MOST_PLACES)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, number])
            ((got,),) = cursor.fetchall()
        if got:
            held[gateway_id] = (number, connection.connection)
            return True
    return False


@contextmanager
def place_to_probe(*, is_urgent: bool) -> Iterator[bool]:
    """One of the few places for trying gateways that failed; False where all are taken.

    A quarter of the workers, of all agencies together: where a ministry's network is away, a
    hundred dead gateways wait for each other, and nobody else waits for them. Urgent letters
    have a place of their own.
    """
    places = [_URGENT] if is_urgent else range(max(1, settings.RELAY_PROCESSES // 4))
    with connection.cursor() as cursor:
        for number in places:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_PROBES, number])
            if cursor.fetchone()[0]:
                break
        else:
            number = -1
    try:
        yield number >= 0
    finally:
        if number >= 0:
            # A connection that broke has let go of it already.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_PROBES, number])


def let_go() -> None:
    """Give back every place that this thread holds."""
    held = _mine()
    for number, session in list(held.values()):
        # A session that ended has let go of it already.
        if session is connection.connection:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, number])
    held.clear()


def _mine() -> dict[int, tuple[int, Any]]:
    """Of this thread: the place held at each gateway, and the session that holds it."""
    if not hasattr(_held, "places"):
        _held.places = {}
    places: dict[int, tuple[int, Any]] = _held.places
    return places


def _take(values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
