"""p50 and p95 of many calls, in milliseconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Took:
    """Wall time of one kind of call, in milliseconds."""

    p50: float
    p95: float


def took(
    calls: Mapping[str, Callable[[], object]],
    *,
    times: int,
    warm: int = 2,
    before: Callable[[], object] | None = None,
) -> dict[str, Took]:
    """Take the calls in turn, so that noise meets all alike. before: untimed, ahead of each."""
    for call in calls.values():
        for _ in range(warm):
            call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            if before is not None:
                before()
            begun = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - begun) * 1000)
    return {name: _of(values) for name, values in taken.items()}


def _of(values: list[float]) -> Took:
    ordered = sorted(values)
    return Took(
        statistics.median(ordered), ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    )
