"""Whether domains' servers answer at all, asked every hour: the window of ST-3.

A probe that is lost to us costs one hour of one domain; a day wants three. What could not be
found out because of us is counted apart, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import AvailabilityDay, CheckedDomain
from accounts.probing.ground import Ground
from accounts.readiness.gathering import ask_availability
from accounts.readiness.ground import from_settings

EVERY = timedelta(hours=1)
# Slow servers wait beside each other, not behind each other.
SIDE_BY_SIDE = 16
_COUNTED = ("up", "down", "unknown")
Ask = Callable[[str, str, Sequence[str], Ground], Mapping[str, str]]


def probe_due(
    now: datetime, *, most: int, ground: Ground | None = None, ask: Ask = ask_availability
) -> int:
    """Ask after the domains whose hour has come, at most so many; gives how many."""
    mine = [each for each in due(now)[:most] if _claim(each, now)]
    where = ground or from_settings()
    if not mine:
        return 0
    # Threads ask, and touch no row; the rows are written here.
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        answers = pool.map(
            lambda each: ask(each.name, each.role, (each.name, *each.hosts), where), mine
        )
        for domain, found in zip(mine, answers, strict=True):
            note(domain, found, now)
    return len(mine)


def due(now: datetime) -> QuerySet[CheckedDomain]:
    """The domains whose hour has come, the longest waiting first."""
    kept = CheckedDomain.objects.kept().filter(next_probe_at__lte=now)
    return kept.order_by("next_probe_at", "pk")


def note(domain: CheckedDomain, found: Mapping[str, str], now: datetime) -> None:
    """Count what a probe brought, by service, on this day in Thailand."""
    day = timezone.localdate(now)
    for service, answer in found.items():
        if answer not in _COUNTED:
            continue
        row, _made = AvailabilityDay.objects.get_or_create(domain=domain, day=day, service=service)
        AvailabilityDay.objects.filter(pk=row.pk).update(**{answer: F(answer) + 1})


def _claim(domain: CheckedDomain, now: datetime) -> bool:
    """One worker each hour; who was late is not asked twice for it."""
    mine = CheckedDomain.objects.filter(pk=domain.pk, next_probe_at=domain.next_probe_at)
    return mine.update(next_probe_at=now + EVERY) == 1
