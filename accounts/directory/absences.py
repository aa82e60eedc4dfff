"""Being missing from a source is counted once a day at most.

Two readings of one morning, or a button pressed twice, say no more than one does: somebody whose
entry is just being moved in the directory would otherwise be taken for somebody who has left.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from accounts.models import ImportRow, Source
from accounts.people.days import midnight


def counted_on(day: date, source: Source, keys: Collection[str]) -> set[str]:
    """Which of these keys have been counted as missing already since a day began in Thailand."""
    rows = ImportRow.objects.filter(
        batch__source=source,
        verdict=ImportRow.Verdict.ABSENT,
        applied_at__gte=midnight(day),
        key__in=keys,
    )
    return set(rows.values_list("key", flat=True)) if keys else set()
