"""What shows that a duty is met: each app hangs its own proof on, by name.

A duty is met when every proof is there, on the day the last one came. Proofs are counters and
dates, never anything read in anybody's mail. `accounts` never imports the mail; so the mail
hangs on its own ("first official message sent") from its `apps.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Official

Proof = Callable[["QuerySet[Official]"], Mapping[UUID, date]]
_PROOFS: dict[str, Proof] = {}


def evidence(name: str) -> Callable[[Proof], Proof]:
    """Hang on a proof: `part(officials) -> {official id: day in Thailand since when}`.

    It is asked of a few thousand officials at once and must answer in a constant number of
    queries; who is not in the answer has not shown it.
    """

    def hang(proof: Proof) -> Proof:
        _PROOFS[name] = proof
        return proof

    return hang


def names() -> tuple[str, ...]:
    """Every proof that is asked for, in the order they were hung on."""
    return tuple(_PROOFS)


def of(officials: QuerySet[Official]) -> dict[UUID, dict[str, date]]:
    """What each of these officials has shown, and since when."""
    shown: dict[UUID, dict[str, date]] = {}
    for name, proof in _PROOFS.items():
        for official, since in proof(officials).items():
            shown.setdefault(official, {})[name] = since
    return shown
