"""The circuit breaker: when a gateway rests, who may try it, and what closes it again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from mailbox.models import Gateway, GatewayHealth
from mailbox.outbound.gateways import breaker
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast

State = GatewayHealth.State


@pytest.fixture
def row(cast: Cast) -> Gateway:
    return Gateway.objects.create(agency=cast.transport, name="g", host="127.0.0.1")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def shut(row: Gateway, now: datetime, times: int = breaker.FAILURES) -> GatewayHealth:
    for _ in range(times):
        health = breaker.bad(row.pk, Reason.UNREACHABLE, now)
    assert health is not None
    return health


def test_failures_in_a_row_shut_it_and_a_success_between_them_does_not(
    row: Gateway, now: datetime
) -> None:
    assert shut(row, now, breaker.FAILURES - 1).state == State.CLOSED
    breaker.good(row.pk, now)
    assert shut(row, now, breaker.FAILURES - 1).state == State.CLOSED
    assert shut(row, now, 1).state == State.OPEN
    assert GatewayHealth.objects.open_now(now).get().last_reason == "unreachable"


def test_a_login_that_fails_is_not_tried_again_and_again(row: Gateway, now: datetime) -> None:
    health = breaker.bad(row.pk, Reason.LOGIN, now)
    assert health is not None and health.state == State.OPEN


def test_after_its_rest_one_may_probe_and_all_others_wait(row: Gateway, now: datetime) -> None:
    shut(row, now)
    assert not breaker.may_probe(row.pk, now + breaker.REST / 2)
    later = now + breaker.REST
    assert breaker.may_probe(row.pk, later)
    assert GatewayHealth.objects.get().state == State.HALF_OPEN
    assert not breaker.may_probe(row.pk, later)
    # Whoever probed was killed.
    assert breaker.may_probe(row.pk, later + breaker.PROBE)


def test_each_probe_that_fails_makes_the_rest_longer_up_to_ten_minutes(
    row: Gateway, now: datetime
) -> None:
    health, rests = shut(row, now), []
    for _ in range(8):
        assert health.probe_at is not None
        rests.append((health.probe_at - now).total_seconds())
        now = health.probe_at
        assert breaker.may_probe(row.pk, now)
        health = shut(row, now, 1)
    assert rests == [30, 30, 60, 120, 240, 480, 600, 600]


def test_a_probe_that_succeeds_forgets_everything(row: Gateway, now: datetime) -> None:
    shut(row, now)
    assert breaker.may_probe(row.pk, now + breaker.REST)
    breaker.good(row.pk, now + breaker.REST)
    health = GatewayHealth.objects.get()
    assert (health.state, health.failures, health.probe_at) == (State.CLOSED, 0, None)


def test_what_others_had_under_way_when_it_was_shut_does_not_prolong_the_rest(
    row: Gateway, now: datetime
) -> None:
    before = shut(row, now)
    after = shut(row, now + timedelta(seconds=20), 3)
    assert (after.probe_at, after.failures) == (before.probe_at, before.failures)


def test_a_clock_set_back_keeps_no_gateway_shut(row: Gateway, now: datetime) -> None:
    shut(row, now)
    yesterday = now - timedelta(days=1)
    assert not breaker.rest_left(GatewayHealth.objects.get(), yesterday)
    assert breaker.may_probe(row.pk, yesterday)


def test_a_gateway_that_is_gone_is_no_error(row: Gateway, now: datetime) -> None:
    number = row.pk
    row.delete()
    assert breaker.bad(number, Reason.UNREACHABLE, now) is None
    breaker.good(number, now)
