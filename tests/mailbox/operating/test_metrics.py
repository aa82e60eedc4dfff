"""/metrics: figures from the rows, for Prometheus and nobody else, with nobody's data in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from mailbox import tasks
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Gateway, GatewayHealth, SigningKey, Submission
from mailbox.operating import filing_times, measures
from mailbox.outbound.relay import relay
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.operating.test_deeds import deferred
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import through
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db

PATH = "/metrics"


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    filing_times._redis().delete(filing_times.KEY)
    yield
    filing_times._redis().delete(filing_times.KEY)


def figures(now: datetime | None = None) -> dict[tuple[str, ...], float]:
    """By name and labels' values, in the order of the labels' names."""
    families = text_string_to_metric_families(measures.page(now).decode())
    return {
        (sample.name, *(sample.labels[each] for each in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_key_that_signs_without_a_record_is_told(cast: Cast, now: datetime) -> None:
    domain = cast.transport.domains.get()
    for seen, kind in (("missing", "rsa-sha256"), ("", "ed25519-sha256")):
        SigningKey.objects.create(
            domain=domain, selector=kind, algorithm=kind, state="active", seen=seen, created_at=now
        )
    told = figures(now)
    assert told["govmail_signing_keys", "คค", "missing"] == 1
    assert told["govmail_signing_keys", "คค", "not-yet"] == 1


def test_the_queue_is_told_by_lane_agency_and_state(post: Post, now: datetime) -> None:
    deferred(post(to=["a@else.example", "b@else.example"]), now)
    post(to=["c@else.example"])
    later = now + timedelta(minutes=1)
    told = figures(later)
    assert told["govmail_queue_letters", "คค", "ordinary"] == 2
    assert told["govmail_queue_recipients", "ordinary", "deferred"] == 2
    assert told["govmail_queue_recipients", "ordinary", "queued"] == 1
    assert told["govmail_queue_due_letters", "ordinary"] == 1
    assert told["govmail_queue_oldest_seconds", "ordinary"] == pytest.approx(60)
    assert told["govmail_queue_due_letters", "urgent"] == 0


def test_tries_are_told_by_class_and_reason(post: Post, now: datetime) -> None:
    before = figures(now)["govmail_tries_total",]
    deferred(post(to=["a@else.example"]), now)
    relay(post(to=["b@else.example"]), gateways=through(FakeGateway()), now=now)
    told = figures(now + timedelta(seconds=30))
    verdicts = {each[1:]: n for each, n in told.items() if each[0].startswith("govmail_verdicts")}
    assert sorted(verdicts) == [("2xx", "accepted", ""), ("4xx", "deferred", "")]
    assert told["govmail_tries_total",] == before + 2
    over = figures(now + timedelta(minutes=2))
    assert not [each for each in over if each[0].startswith("govmail_verdicts")]


def test_breakers_of_gateways_in_use_are_told(cast: Cast, now: datetime) -> None:
    gateway = Gateway.objects.create(agency=cast.transport, name="canary", host="127.0.0.1")
    name = ("govmail_gateway_breaker", "คค", str(gateway.pk))
    assert (figures(now)[*name, "closed"], figures(now)[*name, "open"]) == (1, 0)
    GatewayHealth.objects.create(gateway=gateway, state="open", failures=3)
    told = figures(now)
    assert (told[*name, "closed"], told[*name, "open"]) == (0, 1)
    assert told["govmail_gateway_failures", str(gateway.pk)] == 3


def arrive(cast: Cast, at: datetime) -> Arrival:
    return take_in(
        raw_letter("canary"),
        sender="canary@else.example",
        mailboxes=[cast.mailbox_of(cast.amina).pk],
        recipients=[cast.amina.address],
        now=at,
        nudge=lambda _: None,
    )


def test_filing_is_timed_by_the_worker_and_what_is_put_off_is_not(
    cast: Cast, now: datetime
) -> None:
    one = arrive(cast, now - timedelta(seconds=20))
    assert figures(now)["govmail_arrivals", "no"] == 1
    assert figures(now)["govmail_arrivals_oldest_seconds",] == pytest.approx(20)
    tasks.file_arrivals([str(one.pk)])
    told = figures(now)
    assert told["govmail_arrivals", "no"] == 0
    assert told["govmail_arrival_filing_seconds_bucket", "10.0"] == 0
    assert told["govmail_arrival_filing_seconds_bucket", "+Inf"] == 1
    assert told["govmail_arrival_filing_seconds_sum",] >= 20
    left = arrive(cast, now)
    filing_times.note({left.pk: timedelta(seconds=1), uuid4(): timedelta(seconds=2)})
    assert figures(now)["govmail_arrival_filing_seconds_bucket", "+Inf"] == 2


def test_held_arrivals_are_told_with_the_age_of_the_oldest(cast: Cast, now: datetime) -> None:
    assert figures(now)["govmail_arrivals_held_oldest_seconds",] == 0
    arrive(cast, now - timedelta(days=1))
    Arrival.objects.update(due_at=None, held_at=now - timedelta(hours=2))
    told = figures(now)
    assert told["govmail_arrivals", "yes"] == 1
    assert told["govmail_arrivals_held_oldest_seconds",] == pytest.approx(7200)
    assert told["govmail_arrivals_oldest_seconds",] == 0


def test_without_redis_the_rest_is_told_and_mail_is_filed(
    cast: Cast, now: datetime, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    filing_times._redis.cache_clear()
    try:
        tasks.file_arrivals([str(arrive(cast, now).pk)])
        told = figures(now)
    finally:
        settings.REDIS_URL = settings.CACHES["default"]["LOCATION"]
        filing_times._redis.cache_clear()
    assert not Arrival.objects.exists()
    assert ("govmail_arrivals", "no") in told
    assert not [each for each in told if each[0].startswith("govmail_arrival_filing")]


def test_only_the_loopback_sees_it_where_there_is_no_token(db: None) -> None:
    assert Client().get(PATH).status_code == 200
    assert Client(REMOTE_ADDR="::1").get(PATH).status_code == 200
    for headers in (
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
    ):
        assert Client(**headers).get(PATH).status_code == 404
    assert Client().post(PATH).status_code == 405


def test_with_a_token_only_who_has_it_sees_it(settings: Any) -> None:
    settings.METRICS_TOKEN = "some-long-token"
    far = {"REMOTE_ADDR": "192.0.2.7"}
    for given, status in (("Bearer some-long-token", 200), ("Bearer x", 404), ("", 404)):
        assert Client(**far, HTTP_AUTHORIZATION=given).get(PATH).status_code == status
    assert Client().get(PATH).status_code == 404


def test_no_figure_names_anybody(post: Post, cast: Cast, now: datetime) -> None:
    Gateway.objects.create(agency=cast.transport, name="canary", host="canary.example")
    deferred(post(to=["canary@else.example"], subject="canary"), now)
    arrive(cast, now)
    page = measures.page(now).decode()
    assert "canary" not in page and "@" not in page and "amina" not in page
    assert Submission.objects.count() == 1
