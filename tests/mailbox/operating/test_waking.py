"""A gateway that is used again, mended or entered: what waited for it alone goes on at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Account, AuditEvent
from mailbox import tasks
from mailbox.models import Delivery, Gateway, GatewayHealth, Submission
from mailbox.operating import waking
from mailbox.operating.deeds import Hand
from mailbox.outbound.gateways import breaker
from mailbox.outbound.relay import relay
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import fresh, through

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(cast: Cast) -> Gateway:
    return Gateway.objects.create(agency=cast.transport, name="g", host="g.test")


def offered(submission: Submission, gateway: FakeGateway, now: datetime) -> Submission:
    assert relay(submission, gateways=through(gateway), now=now)
    return fresh(submission)


def test_what_waits_for_the_gateway_goes_on_and_nothing_else(
    post: Post, row: Gateway, officer: Account, now: datetime
) -> None:
    away = FakeGateway(out_of_reach=True, gateway_id=row.pk)
    other = Gateway.objects.create(agency=row.agency, name="other", host="other.test")
    waits = offered(post(to=["a@else.example", "b@else.example"]), away, now)
    elsewhere = offered(
        post(to=["c@else.example"]), FakeGateway(out_of_reach=True, gateway_id=other.pk), now
    )
    greylisted = FakeGateway(gateway_id=row.pk, d=Verdict(451, "later", "4.7.1"))
    later = offered(post(to=["d@else.example"]), greylisted, now)
    breaker.bad(row.pk, Reason.LOGIN, now)

    assert waking.use_again(row, Hand(officer, now)) == 1

    assert fresh(waits).due_at == now
    assert set(waits.deliveries.values_list("due_at", flat=True)) == {now}
    assert fresh(elsewhere).due_at == elsewhere.due_at != now
    assert fresh(later).due_at == later.due_at != now
    assert GatewayHealth.objects.get().state == GatewayHealth.State.CLOSED
    assert AuditEvent.objects.get().act == "gateway_used_again"
    offered(fresh(waits), FakeGateway(gateway_id=row.pk), now)
    assert set(waits.deliveries.values_list("state", flat=True)) == {Delivery.State.RELAYED}


def test_of_a_letter_to_several_only_those_who_wait_for_the_gateway(
    post: Post, row: Gateway, now: datetime
) -> None:
    letter = offered(
        post(to=["a@else.example", "b@else.example"]),
        FakeGateway(out_of_reach=True, gateway_id=row.pk),
        now,
    )
    first, second = letter.deliveries.all()
    greylisted = Delivery.objects.filter(pk=second.pk)
    greylisted.update(reason=Reason.GREYLISTED, due_at=letter.due_at)

    assert waking.wake_for(row, now) == 1

    first.refresh_from_db()
    assert (first.due_at, greylisted.get().due_at) == (now, letter.due_at)
    assert fresh(letter).due_at == now


def test_a_worker_wakes_what_waits_for_a_gateway_that_is_back(
    post: Post, row: Gateway, now: datetime
) -> None:
    letter = offered(
        post(to=["a@else.example"]), FakeGateway(out_of_reach=True, gateway_id=row.pk), now
    )
    tasks.wake_for_gateway(row.pk + 1)
    assert fresh(letter).due_at == letter.due_at
    tasks.wake_for_gateway(row.pk)
    woken = fresh(letter).due_at
    assert woken is not None and letter.due_at is not None and woken < letter.due_at


@pytest.mark.parametrize("reason", ["own-limit", "off-hours", "relay-denied"])
def test_what_waits_for_its_limits_or_hours_goes_on_when_they_are_changed(
    post: Post, row: Gateway, now: datetime, reason: str
) -> None:
    away = FakeGateway(out_of_reach=True, gateway_id=row.pk)
    letter = offered(post(to=["a@else.example"]), away, now)
    letter.deliveries.update(reason=reason)
    assert waking.wake_for(row, now) == 1
    assert fresh(letter).due_at == now


def test_a_letter_that_a_worker_has_in_hand_keeps_its_lease(
    post: Post, row: Gateway, now: datetime
) -> None:
    away = FakeGateway(out_of_reach=True, gateway_id=row.pk)
    letter = offered(post(to=["a@else.example"]), away, now)
    lease = now + timedelta(hours=2)
    assert letter.due_at is not None
    assert letter.claim(letter.due_at, lease)

    assert waking.wake_for(row, now) == 0

    assert fresh(letter).due_at == lease


def test_what_waits_for_any_gateway_goes_by_the_one_that_is_entered(
    post: Post, cast: Cast, now: datetime
) -> None:
    letter = post(to=["a@else.example"])
    relay(letter, gateways=through(), now=now)
    letter = fresh(letter)
    assert letter.due_at is not None and letter.due_at > now
    stranger = Gateway.objects.create(
        agency=cast.interior, name="x", host="x.test", serves_below=True
    )
    assert waking.wake_for(stranger, now) == 0
    cast.transport.parent = cast.interior
    cast.transport.save()
    assert waking.wake_for(stranger, now) == 1
    assert fresh(letter).due_at == now


def test_a_gateway_that_is_not_in_use_wakes_nobody(
    post: Post, row: Gateway, officer: Account, now: datetime
) -> None:
    away = FakeGateway(out_of_reach=True, gateway_id=row.pk)
    letter = offered(post(to=["a@else.example"]), away, now)
    row.is_enabled = False
    row.save()
    assert waking.use_again(row, Hand(officer, now)) == 0
    assert fresh(letter).due_at == letter.due_at
