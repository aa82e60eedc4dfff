"""Limits hold for all workers together, and a killed worker keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from mailbox.models import Gateway, GatewayHealth
from mailbox.outbound.gateways import limits
from tests.cast import Cast


@pytest.fixture
def row(cast: Cast) -> Gateway:
    return Gateway.objects.create(agency=cast.transport, name="g", host="127.0.0.1")


@pytest.fixture(autouse=True)
def nothing_held(db: None) -> Iterator[None]:
    limits.let_go()
    yield
    limits.let_go()


def test_ten_seconds_worth_leave_at_once_and_then_one_after_the_other(row: Gateway) -> None:
    now = timezone.now()
    waits = [limits.take_token(row.pk, now, a_minute=60) for _ in range(11)]
    assert waits[:10] == [timedelta()] * 10
    assert waits[10] == timedelta(seconds=1)
    assert not limits.take_token(row.pk, now + timedelta(seconds=1), a_minute=60)
    assert limits.take_token(row.pk, now + timedelta(seconds=1.5), a_minute=60)
    # However long nobody sent anything.
    much_later = now + timedelta(days=1)
    assert [limits.take_token(row.pk, much_later, a_minute=60) for _ in range(11)] == waits


def test_a_clock_set_back_gives_nothing_twice_and_goes_on(row: Gateway) -> None:
    now: datetime = timezone.now()
    for _ in range(10):
        limits.take_token(row.pk, now, a_minute=60)
    earlier = now - timedelta(hours=1)
    assert limits.take_token(row.pk, earlier, a_minute=60) == timedelta(seconds=1)
    assert not limits.take_token(row.pk, earlier + timedelta(seconds=1), a_minute=60)


def test_a_slow_gateway_still_takes_one_letter(row: Gateway) -> None:
    now = timezone.now()
    assert not limits.take_token(row.pk, now, a_minute=1)
    assert limits.take_token(row.pk, now, a_minute=1) == timedelta(minutes=1)
    assert GatewayHealth.objects.get().state == GatewayHealth.State.CLOSED


def test_places_are_held_once_and_given_back_together(row: Gateway) -> None:
    other = connection.copy()
    try:
        assert limits.hold_place(row.pk, 1) and limits.hold_place(row.pk, 1)
        assert not got_by(other, row.pk)
        limits.let_go()
        assert got_by(other, row.pk)
        assert not limits.hold_place(row.pk, 1)
        # There is a second one.
        assert limits.hold_place(row.pk, 2)
        limits.let_go()
    finally:
        # A worker that is killed ends like this.
        other.close()
    with connection.cursor() as cursor:
        # Waits until PostgreSQL has seen that it ended.
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [limits._LOCKS, row.pk * 128])
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [limits._LOCKS, row.pk * 128])
    assert limits.hold_place(row.pk, 1)


def got_by(other: object, gateway_id: int) -> bool:
    """Whether another worker's session gets the one place."""
    with other.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [limits._LOCKS, gateway_id * 128])
        ((got,),) = cursor.fetchall()
    return bool(got)
