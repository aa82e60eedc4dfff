"""A gateway that takes only so much: urgent letters first, and nobody comes back in vain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

from mailbox.models import Delivery, Gateway, Lane, Submission
from mailbox.outbound.gateways import choosing, limits, pools, sharing
from mailbox.outbound.gateways.guarded import Guarded
from mailbox.outbound.gateways.sharing import Asker
from mailbox.smtp.gateway import OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.smtp.servers import RecordingServer

LETTER = b"From: a@mot.example\r\nTo: b@else.example\r\n\r\nHello\r\n"


@pytest.fixture
def row(cast: Cast) -> Iterator[Gateway]:
    with RecordingServer() as server:
        place = {"host": "127.0.0.1", "port": server.port, "security": "loopback"}
        yield Gateway.objects.create(agency=cast.transport, name="g", **place)


def asked_to_wait(post: Post, row: Gateway, at: datetime) -> Submission:
    """An urgent letter that found no room at the gateway and comes back at a moment."""
    submission = post(to=["dara@else.example"], urgency=3)
    assert submission.lane == Lane.URGENT
    why = {"gateway": row, "reason": Reason.OWN_LIMIT, "state": Delivery.State.DEFERRED}
    submission.deliveries.update(due_at=at, **why)
    Submission.objects.filter(pk=submission.pk).update(due_at=at)
    return submission


def said_to(row: Gateway, now: datetime, lane: int) -> Verdict:
    """What a letter of this lane hears at the gateway."""
    (found,) = choosing.gateways_for(row.agency_id, "", now=now, lane=lane)
    assert isinstance(found, Guarded)
    try:
        said = found.hand_over(
            LETTER, sender="a@mot.example", recipients=["b@x.example"], about_to_send=lambda _: None
        )
    except OutOfReach as failure:
        return failure.verdict
    finally:
        pools.let_go()
    return said["b@x.example"]


@pytest.mark.parametrize(
    "limit", [{"most_connections": 1}, {"messages_a_minute": 60}], ids=["places", "tokens"]
)
def test_an_ordinary_letter_lets_an_urgent_one_that_waits_go_first(
    post: Post, row: Gateway, now: datetime, limit: dict[str, int]
) -> None:
    Gateway.objects.update(**limit)
    urgent = asked_to_wait(post, row, now + timedelta(seconds=2))
    for lane in (Lane.ORDINARY, Lane.BULK):
        said = said_to(row, now, lane)
        assert said.reason == Reason.OWN_LIMIT
        assert said.wait is not None and said.wait <= timedelta(seconds=2)
    assert said_to(row, now, Lane.URGENT).accepted
    urgent.deliveries.update(state=Delivery.State.RELAYED, due_at=None)
    assert said_to(row, now, Lane.ORDINARY).accepted


def test_an_urgent_letter_nobody_fetches_keeps_nobody_away(
    post: Post, row: Gateway, now: datetime
) -> None:
    Gateway.objects.update(most_connections=1)
    asked_to_wait(post, row, now - timedelta(minutes=1))
    assert said_to(row, now, Lane.ORDINARY).accepted
    held = asked_to_wait(post, row, now + timedelta(seconds=2))
    Submission.objects.filter(pk=held.pk).update(held_at=now)
    assert said_to(row, now, Lane.ORDINARY).accepted


def test_a_gateway_without_limits_is_not_asked_about(
    post: Post, row: Gateway, now: datetime
) -> None:
    asked_to_wait(post, row, now + timedelta(seconds=2))
    assert said_to(row, now, Lane.ORDINARY).accepted


def test_what_waits_for_a_slow_gateway_is_spread_over_the_time_it_needs(
    post: Post, row: Gateway, now: datetime
) -> None:
    Gateway.objects.update(messages_a_minute=60)
    for _ in range(4):
        post(to=["dara@else.example"])
    post(to=["dara@else.example"], urgency=3)
    asker = Asker(row.agency_id)
    assert sharing.busy_for(asker, now, a_minute=60) == timedelta(seconds=2)
    assert sharing.busy_for(asker, now, a_minute=1) == timedelta(minutes=2)
    assert not sharing.busy_for(Asker(row.agency_id, Lane.URGENT), now, a_minute=60)
    while not limits.take_token(row.pk, now, a_minute=60):
        pass
    said = said_to(row, now, Lane.ORDINARY)
    assert (said.reason, said.over) == (Reason.OWN_LIMIT, timedelta(seconds=2))
    assert not said_to(row, now, Lane.URGENT).over


def test_however_much_waits_a_letter_comes_back_within_the_hour(
    post: Post, row: Gateway, now: datetime
) -> None:
    pk = post(to=["dara@else.example"]).pk
    with connection.cursor() as cursor:
        names = [each.column for each in Submission._meta.concrete_fields if each.name != "id"]
        cursor.execute(
            f"INSERT INTO mailbox_submission (id, {', '.join(names)})"  # noqa: S608
            f" SELECT gen_random_uuid(), {', '.join(names)} FROM mailbox_submission"
            " CROSS JOIN generate_series(1, 200) WHERE id = %s",
            [pk],
        )
    assert sharing.busy_for(Asker(row.agency_id), now, a_minute=1) == sharing.FURTHEST
