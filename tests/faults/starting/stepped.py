"""The portal with a clock that somebody steps: its worker reads how far, at every question.

What is stepped is the wall clock of the portal's code (`timezone.now`), in the worker's own
process; PostgreSQL's and Celery's stay right, and so does the monotonic one, as on a machine
whose clock is set.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

# Python for `Plant.start_worker`; its argument is put in last.
PROGRAM = """
from tests.faults.starting import stepped
stepped.follow({file!r})
from govmail_portal.celery import app
app.worker_main({{}})
"""


def follow(file: str) -> None:
    """Have `timezone.now` be so many seconds off as the file says."""
    right = timezone.now

    def now() -> datetime:
        return right() + timedelta(seconds=float(Path(file).read_text() or 0))

    timezone.now = now


def step(file: Path, by: timedelta) -> None:
    """Set the clock; at once, for the next who asks."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(by.total_seconds()))
    fresh.replace(file)
