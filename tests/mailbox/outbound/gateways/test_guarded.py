"""A gateway behind its breaker and its limits, over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailbox import nudges
from mailbox.models import Gateway, GatewayHealth
from mailbox.outbound.gateways import breaker, choosing, guarded, limits, pools
from mailbox.outbound.gateways.guarded import Guarded
from mailbox.outbound.gateways.sharing import Asker
from mailbox.outbound.work import Clock, LeaseLost
from mailbox.smtp.gateway import OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.mailbox.smtp.servers import RecordingServer

LETTER = b"From: a@mot.example\r\nTo: b@else.example\r\n\r\nHello\r\n"
State = GatewayHealth.State


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer(rules={"emil": "550 5.1.1 No such person"}) as running:
        yield running


@pytest.fixture
def row(cast: Cast, server: RecordingServer) -> Gateway:
    return Gateway.objects.create(
        agency=cast.transport, name="g", host="127.0.0.1", port=server.port, security="loopback"
    )


def door(row: Gateway, now: datetime | None = None) -> Guarded:
    """As a turn finds it that begins now."""
    (found,) = choosing.gateways_for(row.agency_id, "", now=now or timezone.now())
    assert isinstance(found, Guarded)
    return found


def hand_over(door: Guarded, who: str = "dara@else.example") -> Verdict:
    said = door.hand_over(
        LETTER, sender="a@mot.example", recipients=[who], about_to_send=lambda _: None
    )
    return said[who]


def wait_of(door: Guarded) -> Verdict:
    with pytest.raises(OutOfReach) as caught:
        hand_over(door)
    return caught.value.verdict


def test_while_all_is_well_a_letter_costs_no_statement(row: Gateway) -> None:
    found = door(row)
    assert hand_over(found).accepted
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert hand_over(found).accepted
    assert len(asked) == 0
    assert GatewayHealth.objects.get().last_good_at is not None


def test_a_recipient_who_is_not_there_is_no_fault_of_the_gateway(row: Gateway) -> None:
    found = door(row)
    for _ in range(breaker.FAILURES + 1):
        assert hand_over(found, "emil@else.example").code == 550
    assert GatewayHealth.objects.get().state == State.CLOSED


@pytest.mark.parametrize("word", ["450 4.3.2 later", "451 4.4.5 busy", "550 5.7.57 not signed in"])
def test_words_said_of_a_recipient_do_not_shut_a_gateway_for_all(
    row: Gateway, server: RecordingServer, word: str
) -> None:
    server.rules["emil"] = word
    found = door(row)
    for _ in range(breaker.FAILURES + 1):
        assert not hand_over(found, "emil@else.example").final
    assert GatewayHealth.objects.get().state == State.CLOSED
    assert hand_over(found).accepted


def test_one_that_is_not_there_is_shut_after_some_failures_and_says_when_again(
    row: Gateway,
) -> None:
    Gateway.objects.update(port=1)
    found = door(row)
    for _ in range(breaker.FAILURES):
        assert wait_of(found).wait is None
    verdict = wait_of(found)
    assert (verdict.reason, verdict.code) == (Reason.UNREACHABLE, 0)
    assert verdict.wait is not None and verdict.wait > breaker.REST / 2


def test_a_shut_one_is_tried_with_one_letter_and_used_again(
    row: Gateway, server: RecordingServer
) -> None:
    now = timezone.now()
    breaker.bad(row.pk, Reason.LOGIN, now)
    later = now + breaker.REST
    first, second = door(row, later), door(row, later)
    breaker.may_probe(row.pk, later)
    assert wait_of(second).wait is not None
    assert wait_of(first).wait is not None and not server.taken
    much_later = later + breaker.PROBE
    assert hand_over(door(row, much_later)).accepted
    assert GatewayHealth.objects.get().state == State.CLOSED


def test_what_waits_is_woken_once_when_a_probe_succeeds(
    row: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, object]] = []
    send = lambda task, *, args, **_: told.append((task, args))  # noqa: E731
    monkeypatch.setattr(nudges.current_app, "send_task", send)
    now = timezone.now()
    breaker.bad(row.pk, Reason.LOGIN, now)
    monkeypatch.setattr(nudges.transaction, "on_commit", lambda ring, **_: ring())
    found = door(row, now + breaker.REST)
    assert hand_over(found).accepted and hand_over(found).accepted
    assert told == [("mailbox.wake_for_gateway", (row.pk,))]


def test_one_that_costs_a_worker_much_time_is_shut_at_the_first_failure(
    row: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    Gateway.objects.update(port=1)
    monkeypatch.setattr(guarded, "_DEAR", -1.0)
    assert wait_of(door(row)).wait is None
    assert GatewayHealth.objects.get().state == State.OPEN


def test_one_that_hangs_over_a_letter_is_shut_at_the_first_failure(
    row: Gateway, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.rules["emil"] = "421 4.3.2 not today"
    monkeypatch.setattr(guarded, "_DEAR_WITH_A_LETTER", -1.0)
    assert hand_over(door(row)).accepted
    assert GatewayHealth.objects.get().state == State.CLOSED
    assert hand_over(door(row), "emil@else.example").code == 421
    assert GatewayHealth.objects.get().state == State.OPEN


def test_a_quarter_of_the_workers_try_dead_gateways_and_the_others_go_on(
    row: Gateway, server: RecordingServer
) -> None:
    now = timezone.now()
    breaker.bad(row.pk, Reason.LOGIN, now)
    later = now + breaker.REST
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [limits._PROBES, 0])
        verdict = wait_of(door(row, later))
        assert verdict.wait is not None and verdict.wait >= breaker.REST
        assert not server.taken and GatewayHealth.objects.get().state == State.OPEN
    finally:
        other.close()
    with connection.cursor() as cursor:
        # Waits until PostgreSQL has seen that it ended.
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [limits._PROBES, 0])
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [limits._PROBES, 0])
    assert hand_over(door(row, later)).accepted
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [limits._PROBES, 0])
        assert cursor.fetchall() == [(True,)]
    other.close()


def test_what_another_worker_learnt_is_known_within_seconds(
    row: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = door(row)
    assert hand_over(found).accepted
    breaker.bad(row.pk, Reason.LOGIN, timezone.now())
    monkeypatch.setattr(guarded, "_BELIEVED", -1.0)
    assert wait_of(found).reason == Reason.LOGIN


def test_no_more_letters_a_minute_than_it_takes(row: Gateway, server: RecordingServer) -> None:
    Gateway.objects.update(messages_a_minute=6)
    found = door(row)
    assert hand_over(found).accepted
    verdict = wait_of(found)
    assert verdict.reason == Reason.OWN_LIMIT
    assert verdict.wait is not None and verdict.wait > timedelta(seconds=5)
    assert len(server.taken) == 1
    assert GatewayHealth.objects.get().state == State.CLOSED


def test_a_gateway_with_one_connection_keeps_it_for_a_turn_and_gives_it_back(
    row: Gateway, server: RecordingServer
) -> None:
    Gateway.objects.update(most_connections=1)
    found = door(row)
    assert hand_over(found).accepted and hand_over(found).accepted
    assert (len(pools.COUNTED), len(pools.WARM)) == (1, 0)
    other = connection.copy()
    lock = "SELECT pg_try_advisory_lock(%s, %s)"
    try:
        with other.cursor() as cursor:
            cursor.execute(lock, [0x47415445, row.pk * 128])
            assert cursor.fetchall() == [(False,)]
            pools.let_go()
            cursor.execute(lock, [0x47415445, row.pk * 128])
            assert cursor.fetchall() == [(True,)]
        assert len(pools.COUNTED) == 0
        assert wait_of(found).reason == Reason.OWN_LIMIT
    finally:
        other.close()


def test_a_lost_lease_says_nothing_of_the_gateway(row: Gateway) -> None:
    def lost(_: object) -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        door(row).hand_over(
            LETTER, sender="a@mot.example", recipients=["b@else.example"], about_to_send=lost
        )
    assert not GatewayHealth.objects.exists()


def test_a_clock_that_lags_still_knows_what_was_read(row: Gateway) -> None:
    clock = Clock(timezone.now() - timedelta(days=1))
    found = Guarded(door(row).gateway, row, None, clock, Asker(row.agency_id))
    assert hand_over(found).accepted


def test_a_health_that_cannot_be_written_costs_no_answer(
    row: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise DatabaseError("no space left")

    monkeypatch.setattr(breaker, "good", broken)
    assert hand_over(door(row)).accepted
