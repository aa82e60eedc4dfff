"""Figures for Prometheus, from rows at the moment of asking: true for all processes together.

Names begin with govmail_. Labels are words of closed lists, ids of gateways and codes of
agencies; never an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from mailbox.models import Arrival, Delivery, Gateway, GatewayHealth, Lane, SigningKey, Submission
from mailbox.operating import filing_times

VERDICTS_OVER = timedelta(minutes=1)
# Tries are looked at from the newest back; so many a minute are more than all gateways take.
_MOST_TRIES = 100_000
_VERDICTS = """
SELECT outcome, coalesce(reply_code / 100, 0), reason, count(*)
FROM (SELECT outcome, reply_code, reason, coalesce(finished_at, started_at) AS at
      FROM mailbox_attempt ORDER BY id DESC LIMIT %s) newest
WHERE at > %s GROUP BY 1, 2, 3
"""
# The sequence is read, not the table counted: tries of deleted letters count as well.
_TRIES = "SELECT last_value, is_called FROM mailbox_attempt_id_seq"
_RECIPIENTS = """
SELECT s.lane, t.key, sum(t.value::bigint)::bigint
FROM mailbox_submission s, jsonb_each_text(s.tally) t
WHERE s.due_at IS NOT NULL AND s.cancelled_at IS NULL AND t.key = ANY(%s) GROUP BY 1, 2
"""


class Figures(Collector):
    """Reads the database each time it is asked. now: for tests; None: of the moment."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        now = self._now or timezone.now()
        yield from _queue(now)
        yield _recipients()
        yield from _tries(now)
        yield from _gateways()
        yield _signing_keys()
        yield from _arrivals(now)

    def describe(self) -> Iterable[Metric]:
        return ()


def page(now: datetime | None = None) -> bytes:
    """All figures in Prometheus' text format (version 0.0.4)."""
    registry = CollectorRegistry()
    registry.register(Figures(now))
    return bytes(generate_latest(registry))


def _queue(now: datetime) -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "govmail_queue_letters", "Letters still owed to somebody", labels=["lane", "agency"]
    )
    late = GaugeMetricFamily(
        "govmail_queue_due_letters", "Of those, due now and not held", labels=["lane"]
    )
    oldest = GaugeMetricFamily(
        "govmail_queue_oldest_seconds",
        "How long ago the oldest of them should have left",
        labels=["lane"],
    )
    owed = Submission.objects.filter(due_at__isnull=False, cancelled_at__isnull=True)
    by_agency = owed.order_by().values_list("lane", "agency__letter_code").annotate(Count("pk"))
    for lane, agency, count in by_agency:
        depth.add_metric([_lane(lane), agency or ""], count)
    left = Q(scheduled_for__isnull=True) | Q(scheduled_for__lte=now)
    by_lane = (
        owed.order_by()
        .values_list("lane")
        .annotate(
            due=Count("pk", filter=Q(due_at__lte=now, held_at__isnull=True)),
            since=Min("undo_until", filter=left & Q(undo_until__lte=now)),
        )
    )
    known = {lane: (due, since) for lane, due, since in by_lane}
    for each in Lane:
        due, since = known.get(each.value, (0, None))
        late.add_metric([_lane(each.value)], due)
        oldest.add_metric([_lane(each.value)], _age(since, now))
    yield from (depth, late, oldest)


def _recipients() -> Metric:
    family = GaugeMetricFamily(
        "govmail_queue_recipients", "Recipients still owed a letter", labels=["lane", "state"]
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECIPIENTS, [[state.value for state in Delivery.OWED]])
        for lane, state, count in cursor.fetchall():
            family.add_metric([_lane(lane), state], count)
    return family


def _tries(now: datetime) -> Iterator[Metric]:
    total = CounterMetricFamily("govmail_tries", "Tries for one recipient at a gateway, ever")
    verdicts = GaugeMetricFamily(
        "govmail_verdicts_last_minute",
        "Answers of the last minute",
        labels=["outcome", "class", "reason"],
    )
    with connection.cursor() as cursor:
        cursor.execute(_TRIES)
        ((last, is_called),) = cursor.fetchall()
        total.add_metric([], last if is_called else 0)
        cursor.execute(_VERDICTS, [_MOST_TRIES, now - VERDICTS_OVER])
        for outcome, first, reason, count in cursor.fetchall():
            verdicts.add_metric([outcome, f"{first}xx" if first else "none", reason], count)
    yield from (total, verdicts)


def _gateways() -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "govmail_gateway_breaker",
        "1 for the state the breaker of a gateway in use is in",
        labels=["gateway", "agency", "state"],
    )
    failures = GaugeMetricFamily(
        "govmail_gateway_failures", "Failures since the last success", labels=["gateway"]
    )
    rows = Gateway.objects.filter(is_enabled=True).order_by("pk")
    found = rows.values_list("pk", "agency__letter_code", "health__state", "health__failures")
    for pk, agency, now_in, count in found:
        for state in GatewayHealth.State:
            is_in = state == (now_in or GatewayHealth.State.CLOSED)
            family.add_metric([str(pk), agency or "", state.value], int(is_in))
        failures.add_metric([str(pk)], count or 0)
    yield from (family, failures)


def _signing_keys() -> Metric:
    family = GaugeMetricFamily(
        "govmail_signing_keys",
        "DKIM keys that sign, by what was last found of their records in DNS",
        labels=["agency", "record"],
    )
    in_use = SigningKey.objects.filter(state=SigningKey.State.ACTIVE).order_by()
    counts = in_use.values_list("domain__agency__letter_code", "seen").annotate(Count("pk"))
    for agency, seen, count in counts:
        family.add_metric([agency or "", seen or "not-yet"], count)
    return family


def _arrivals(now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "govmail_arrivals", "Messages taken in and not yet filed", labels=["held"]
    )
    oldest = GaugeMetricFamily(
        "govmail_arrivals_oldest_seconds", "Since the oldest that is not held came in"
    )
    held_since = GaugeMetricFamily(
        "govmail_arrivals_held_oldest_seconds", "Since the oldest that is held was put aside"
    )
    is_held = Q(held_at__isnull=False)
    counts = Arrival.objects.aggregate(
        held_since=Min("held_at"),
        held=Count("pk", filter=is_held),
        waiting=Count("pk", filter=~is_held),
        since=Min("received_at", filter=~is_held),
    )
    waiting.add_metric(["yes"], counts["held"])
    waiting.add_metric(["no"], counts["waiting"])
    oldest.add_metric([], _age(counts["since"], now))
    held_since.add_metric([], _age(counts["held_since"], now))
    yield from (waiting, oldest, held_since)
    if (times := filing_times.read()) is not None:
        histogram = HistogramMetricFamily(
            "govmail_arrival_filing_seconds", "From the 250 to the mailbox"
        )
        histogram.add_metric([], times.buckets, times.total)
        yield histogram


def _lane(number: int) -> str:
    return Lane(number).name.lower()


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
