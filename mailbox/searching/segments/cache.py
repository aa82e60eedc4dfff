"""What a search has opened, kept in this process for the next letter that is typed.

Bounded in bytes and in time, and nowhere else: not in Redis, not on disk. Whoever asks has
opened the index's key before; an id of a segment is never used again for other columns.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

MOST_BYTES = 64 * 1024 * 1024
SECONDS = 300
# What a value takes beside its own bytes: its key, its place, the objects around it.
AROUND = 500


class Cache:
    """Values by key; the longest unused go first."""

    def __init__(
        self,
        most_bytes: int = MOST_BYTES,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._seconds, self._clock = most_bytes, seconds, clock
        self._held: OrderedDict[Hashable, tuple[float, int, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            self._drop_old()
            found = self._held.get(key)
            if found is None:
                return None
            self._held[key] = (self._clock() + self._seconds, *found[1:])
            self._held.move_to_end(key)
            return found[2]

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value of so many bytes."""
        with self._lock:
            self._forget(key)
            size += AROUND
            self._held[key] = (self._clock() + self._seconds, size, value)
            self._bytes += size
            while self._bytes > self._most:
                self._forget(next(iter(self._held)))

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._bytes = 0

    def _drop_old(self) -> None:
        now = self._clock()
        while self._held:
            key = next(iter(self._held))
            if self._held[key][0] > now:
                return
            self._forget(key)

    def _forget(self, key: Hashable) -> None:
        found = self._held.pop(key, None)
        if found is not None:
            self._bytes -= found[1]


CACHE = Cache()
