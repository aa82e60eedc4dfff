"""Letters on their way through the gateways of their agency: fail-over, rests, and hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from mailbox.models import Attempt, Delivery, Gateway, GatewayHealth, Submission
from mailbox.outbound.gateways import breaker
from mailbox.outbound.relay import relay
from mailbox.smtp.verdicts import Reason
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.smtp.servers import RecordingServer


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as running:
        yield running


def gateway(cast: Cast, name: str, port: int, order: int = 1) -> Gateway:
    values = {"host": "127.0.0.1", "port": port, "security": "loopback", "order": order}
    return Gateway.objects.create(agency=cast.transport, name=name, **values)


def relayed(submission: Submission, at: datetime) -> Delivery:
    relay(Submission.objects.get(pk=submission.pk), now=at)
    return Delivery.objects.get(submission=submission)


def test_when_the_first_gateway_is_not_there_the_second_takes_the_letter(
    cast: Cast, post: Post, server: RecordingServer, now: datetime
) -> None:
    dead, good = gateway(cast, "dead", 1), gateway(cast, "good", server.port, order=2)
    found = relayed(post(to=["dara@else.example"]), now)
    assert (found.state, found.gateway_id) == (Delivery.State.RELAYED, good.pk)
    health = GatewayHealth.objects.get(gateway=dead)
    assert (health.failures, health.last_reason) == (1, "unreachable")
    assert len(server.taken) == 1


def test_while_every_gateway_rests_a_letter_waits_and_no_try_is_counted(
    cast: Cast, post: Post, server: RecordingServer, now: datetime
) -> None:
    row = gateway(cast, "resting", server.port)
    breaker.bad(row.pk, Reason.LOGIN, now)
    submission = post(to=["dara@else.example"])
    found = relayed(submission, now)
    assert (found.state, found.reason, found.tries) == (Delivery.State.DEFERRED, "login", 0)
    assert found.due_at is not None and now + breaker.REST <= found.due_at
    assert found.due_at <= now + breaker.REST * 2 + timedelta(seconds=1)
    assert not Attempt.objects.exists() and not server.taken
    # Its rest is over: one letter tries it, and that is this one.
    again = relayed(submission, found.due_at + timedelta(seconds=1))
    assert again.state == Delivery.State.RELAYED
    assert GatewayHealth.objects.get().state == GatewayHealth.State.CLOSED
