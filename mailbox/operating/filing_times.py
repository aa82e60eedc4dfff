"""How long arrivals wait until they are filed: counted by all workers, in Redis.

A histogram as Prometheus has it. Redis may forget it: Prometheus knows counters that begin
anew, and no letter depends on it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from mailbox.models import Arrival

logger = logging.getLogger(__name__)

KEY = "govmail:filing-times"
# Seconds; what is above the last is in "+Inf" alone.
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
_MICRO = 1_000_000


@dataclass(frozen=True)
class Histogram:
    """buckets: how many took at most so many seconds, "+Inf" last; total: seconds of all."""

    buckets: list[tuple[str, float]]
    total: float


def note(waited: Mapping[UUID, timedelta]) -> None:
    """Count arrivals a worker is done with; those still there were put off, and do not count."""
    if not waited:
        return
    left = set(Arrival.objects.filter(pk__in=list(waited)).values_list("pk", flat=True))
    filed = [time.total_seconds() for pk, time in waited.items() if pk not in left]
    try:
        with _redis().pipeline(transaction=False) as pipe:
            for seconds in filed:
                pipe.hincrby(KEY, _bucket_of(seconds), 1)
            pipe.hincrby(KEY, "sum", int(sum(filed) * _MICRO))
            pipe.execute()
    except (RedisError, OSError) as error:
        logger.warning("filing times not counted (%s)", type(error).__name__)


def read() -> Histogram | None:
    """What has been counted; None where Redis does not answer."""
    try:
        kept = {name: int(count) for name, count in _redis().hgetall(KEY).items()}
    except (RedisError, OSError):
        return None
    buckets, count = [], 0.0
    for name in (*map(str, BOUNDS), "+Inf"):
        count += kept.get(name, 0)
        buckets.append((name, count))
    return Histogram(buckets, kept.get("sum", 0) / _MICRO)


def _bucket_of(seconds: float) -> str:
    return next((str(bound) for bound in BOUNDS if seconds <= bound), "+Inf")


@cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, decode_responses=True, socket_timeout=1, socket_connect_timeout=1
    )
