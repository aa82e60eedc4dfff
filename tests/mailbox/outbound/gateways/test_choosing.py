"""Which gateways carry an agency's mail."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agency
from govmail_portal.dates import BANGKOK
from mailbox.models import Gateway, GatewayHealth
from mailbox.outbound.gateways import breaker, choosing
from mailbox.outbound.gateways.hours import opens_in
from mailbox.outbound.routing import seal_password
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.gateway import Gateway as Door
from mailbox.smtp.gateway import OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def gateway(agency: Agency, name: str, **values: Any) -> Gateway:
    return Gateway.objects.create(agency=agency, name=name, host=f"{name}.test", **values)


def names(agency: Agency, domain: str = "") -> list[str]:
    return [row.name for row in choosing.rows_for(agency.pk, domain)]


def refusal_of(door: Door) -> Verdict:
    with pytest.raises(OutOfReach) as caught:
        door.hand_over(b"", sender="", recipients=[], about_to_send=lambda _: None)
    return caught.value.verdict


def test_an_agencys_gateways_come_in_their_order(cast: Cast) -> None:
    gateway(cast.transport, "second", order=2)
    gateway(cast.transport, "first", order=1)
    gateway(cast.transport, "unused", order=0, is_enabled=False)
    gateway(cast.interior, "other")
    assert names(cast.transport) == ["first", "second"]


def test_an_agency_without_gateways_uses_its_parents_by_permission(cast: Cast) -> None:
    office = Agency.objects.create(name_th="สำนัก", parent=cast.transport)
    section = Agency.objects.create(name_th="ฝ่าย", parent=office)
    ministry = gateway(cast.transport, "ministry")
    assert names(section) == []
    ministry.serves_below = True
    ministry.save()
    assert names(section) == ["ministry"]
    own = gateway(office, "office")
    assert names(section) == ["ministry"]
    own.serves_below = True
    own.save()
    assert names(section) == ["office"]


def test_a_circle_of_agencies_ends(cast: Cast) -> None:
    office = Agency.objects.create(name_th="สำนัก", parent=cast.transport)
    Agency.objects.filter(pk=cast.transport.pk).update(parent=office)
    assert names(office) == []


def test_a_gateway_for_some_domains_takes_these_and_automatic_mail(cast: Cast) -> None:
    gateway(cast.transport, "first", domains=["Mot.Example"])
    gateway(cast.transport, "second", order=2)
    assert names(cast.transport, "mot.example") == ["first", "second"]
    assert names(cast.transport, "other.example") == ["second"]
    assert names(cast.transport) == ["first", "second"]


def test_weights_share_an_order_and_nothing_else(cast: Cast) -> None:
    rows = [
        gateway(cast.transport, "large", weight=300),
        gateway(cast.transport, "small", weight=100),
        gateway(cast.transport, "spare", weight=1000, order=2),
    ]
    draw = Random(5).random  # noqa: S311  # the same every time
    shuffled = [[row.name for row in choosing.in_turn(rows, draw)] for _ in range(1000)]
    first = Counter(each[0] for each in shuffled)
    assert 700 < first["large"] < 800 and first["large"] + first["small"] == 1000
    assert {each[2] for each in shuffled} == {"spare"}


def test_a_resting_gateway_is_left_out_and_the_last_one_says_until_when(
    cast: Cast, now: datetime
) -> None:
    first, second = gateway(cast.transport, "first"), gateway(cast.transport, "second", order=2)
    breaker.bad(first.pk, Reason.LOGIN, now)
    (left,) = choosing.gateways_for(cast.transport.pk, "", now=now)
    assert left.gateway_id == second.pk
    for _ in range(breaker.FAILURES):
        breaker.bad(second.pk, Reason.TIMED_OUT, now + timedelta(seconds=10))
    (resting,) = choosing.gateways_for(cast.transport.pk, "", now=now + timedelta(seconds=10))
    verdict = refusal_of(resting)
    assert (resting.gateway_id, verdict.reason) == (first.pk, Reason.LOGIN)
    assert verdict.wait is not None and verdict.wait >= breaker.REST - timedelta(seconds=10)


@pytest.mark.parametrize(
    ("begins", "ends", "at", "hours"),
    [
        (time(8), time(17), "12:00", 0),
        (time(8), time(17), "17:00", 15),
        (time(8), time(17), "07:00", 1),
        (time(22), time(6), "23:00", 0),
        (time(22), time(6), "05:00", 0),
        (time(22), time(6), "06:00", 16),
        (time(8), None, "23:00", 0),
        (None, time(17), "18:00", 6),
        (None, None, "03:00", 0),
    ],
)
def test_hours_are_those_of_thailand_and_may_go_over_midnight(
    begins: time | None, ends: time | None, at: str, hours: int
) -> None:
    moment = datetime.fromisoformat(f"2026-11-23T{at}").replace(tzinfo=BANGKOK)
    row = Gateway(active_from=begins, active_to=ends)
    assert opens_in(row, moment.astimezone(UTC)) == timedelta(hours=hours)


def test_outside_its_hours_a_letter_waits_for_them_and_is_told_so(cast: Cast) -> None:
    row = gateway(cast.transport, "office", active_from=time(8), active_to=time(17))
    evening = datetime(2026, 11, 23, 20, tzinfo=BANGKOK)
    (closed,) = choosing.gateways_for(cast.transport.pk, "", now=evening)
    verdict = refusal_of(closed)
    assert (closed.gateway_id, verdict.reason) == (row.pk, Reason.OFF_HOURS)
    assert verdict.wait is not None and timedelta(hours=12) <= verdict.wait < timedelta(hours=13)


def test_a_password_sealed_to_another_gateway_or_key_puts_one_gateway_out_of_reach(
    cast: Cast, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    first, second = gateway(cast.transport, "first"), gateway(cast.transport, "second", order=2)
    seal_password(first, "a password")
    Gateway.objects.filter(pk=second.pk).update(
        sealed_password=first.sealed_password, relay_key_id=first.relay_key_id
    )
    with using(key_set["worker"]):
        good, bad = choosing.gateways_for(cast.transport.pk, "", now=now)
    assert getattr(good, "gateway").password == "a password"  # noqa: B009  # not of the protocol
    assert refusal_of(bad).reason == Reason.PASSWORD
    assert GatewayHealth.objects.get().state == GatewayHealth.State.OPEN
    with using(key_set["web"]):
        (locked,) = choosing.gateways_for(cast.transport.pk, "", now=now)
    assert refusal_of(locked).reason == Reason.PASSWORD
