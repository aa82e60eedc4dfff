"""How figures are taken: medians of many, beside a limit measured in the same minute."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured line; held is None where nothing was promised."""

    what: str
    value: float
    unit: str
    goal: str = ""
    held: bool | None = None


def median_ms(call: Callable[[], object], *, times: int = 40, warm: int = 5) -> float:
    """Return the median wall time of one call in milliseconds."""
    for _ in range(warm):
        call()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def interleaved_ms(calls: dict[str, Callable[[], object]], *, times: int = 40) -> dict[str, float]:
    """Return the medians of several calls taken in turn, so that noise meets all alike."""
    for call in calls.values():
        for _ in range(3):
            call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            begun = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(values) for name, values in taken.items()}


def at_most(what: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(what, value, unit, f"<= {limit:g}", value <= limit)


def at_least(what: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(what, value, unit, f">= {limit:g}", value >= limit)


def fsync_ms(folder: Path) -> float:
    """Return what 4 KiB written and synced costs here and now: the limit of any commit."""
    path = folder / "fsync-probe"
    block = os.urandom(4096)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)

    def once() -> None:
        os.pwrite(descriptor, block, 0)
        os.fdatasync(descriptor)

    try:
        return median_ms(once, times=60)
    finally:
        os.close(descriptor)
        path.unlink()


def show(name: str, figures: list[Figure]) -> None:
    """Print the figures as a table and keep them as JSON."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps([asdict(figure) for figure in figures], indent=1)
    )
    for figure in figures:
        verdict = {True: "held", False: "MISSED", None: ""}[figure.held]
        value = f"{figure.value:12.3f} {figure.unit:8} {figure.goal:12}"
        print(f"{name:10} {figure.what:62} {value} {verdict}", flush=True)
