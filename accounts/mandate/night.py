"""The mandate's night: when a day is over every duty is reckoned, and the day is written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.mandate import obligations, snapshots
from accounts.models import Official, Snapshot


def close_day(now: datetime) -> bool:
    """Close the day that has ended, in Thailand, unless that is done; gives whether it was open.

    The day's snapshot is the mark that it is closed. Who is stopped half-way is followed by
    another who does all of it again: nothing is counted twice.
    """
    ended = timezone.localdate(now) - timedelta(days=1)
    if Snapshot.objects.filter(day=ended).exists():
        return False
    obligations.recompute(Official.objects.all(), now=now, cause="night")
    snapshots.take(ended)
    return True
