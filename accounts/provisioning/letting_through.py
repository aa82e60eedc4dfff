"""Who is let through although the agency is not open: officials with leave for a central account.

The letter's clause 1.1 lets officials use their agency's own system or the state's; two
evaluators give that leave (`accounts.readiness.central`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from accounts.models import Account, CentralGrant


def may_open(account: Account, *, now: datetime) -> bool:
    """Whether this account may be opened now: its agency is open, or its official has leave."""
    if account.agency.is_open:
        return True
    return account.official_id is not None and bool(with_leave([account.official_id], now))


def with_leave(officials: Collection[UUID], now: datetime) -> set[UUID]:
    """Which of these officials have leave for a central account."""
    grants = CentralGrant.objects.in_force(now).filter(official__in=officials)
    return set(grants.values_list("official_id", flat=True))
