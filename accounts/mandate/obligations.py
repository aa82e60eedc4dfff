"""Duties: made from assignments, met by evidence; each change is an event with its cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Account, Official


def recompute(
    officials: Iterable[Official] | QuerySet[Official],
    *,
    now: datetime,
    cause: str,
    by: Account | None = None,
    forget: Collection[str] = (),
) -> int:
    """Bring these officials' duties up to date with posts, evidence, exemptions and the day.

    cause: a word for the event, such as "joined", "promoted", "import", "first_sign_in".
    "correction" alone may change the day a duty counts from: nothing else loosens or tightens
    what was once given. forget: proofs (names) that must be shown anew. Gives how many changed.
    """
    return 0
