"""Find what a portal that was killed left running, and end it.

A supervisor that gets SIGKILL cannot end its processes. It has written their
numbers and starting times into a file; the next start ends those, and only
those: a number that another program has by now has another starting time.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil


def remember(file: Path, pids: Iterable[int]) -> None:
    """Write down which processes are ours."""
    known = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            known.append([pid, psutil.Process(pid).create_time()])
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(known))
    fresh.replace(file)


def clear(file: Path) -> int:
    """End what was written down and still runs; return how many that were."""
    try:
        known = json.loads(file.read_text())
    except (OSError, ValueError):
        return 0
    left = [process for pid, born in known if (process := _same(pid, born)) is not None]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    psutil.wait_procs(left, timeout=5)
    for process in left:
        # Each leads a group of its own: its children go with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(left, timeout=5)
    file.unlink(missing_ok=True)
    return len(left)


def _same(pid: int, born: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - born) < 1 else None
    except psutil.NoSuchProcess:
        return None
