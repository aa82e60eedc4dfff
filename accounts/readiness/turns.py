"""Whose turn it is to speak to a server, among all workers: kept in Redis.

A worker that dies holding a turn loses it when its lease is over. What stands in Redis is the
address of a public server, and a random token.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from redis import Redis
from redis.exceptions import LockError, RedisError

from accounts.probing.ground import LocalTurns

logger = logging.getLogger(__name__)

# Longer than any connection lasts: a question is over after 20 seconds.
LEASE = 60.0
# How often one who waits looks again.
_AGAIN = 0.05


class RedisTurns:
    """Turns among threads first, and then among workers: one thread of each asks Redis."""

    def __init__(self, url: str, *, lease: float = LEASE) -> None:
        self._url, self._lease = url, lease
        self._here = LocalTurns()

    @contextmanager
    def take(self, server: str, *, wait: float) -> Iterator[bool]:
        with self._here.take(server, wait=wait) as is_ours:
            if not is_ours:
                yield False
                return
            lock = _redis(self._url).lock(
                f"readiness:turn:{server}",
                timeout=self._lease,
                sleep=_AGAIN,
                blocking_timeout=max(wait, 0),
                thread_local=False,
            )
            try:
                is_mine = bool(lock.acquire())
            except (RedisError, OSError) as error:
                logger.warning("no turn at a server (%s)", type(error).__name__)
                is_mine = False
            try:
                yield is_mine
            finally:
                if is_mine:
                    # One that lapsed, or that Redis forgot, needs no giving back.
                    with contextlib.suppress(LockError, RedisError, OSError):
                        lock.release()


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
