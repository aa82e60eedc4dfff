"""What mends a fail: a sentence, and lines to paste that break no mail that works today."""

from __future__ import annotations

from dataclasses import replace

from accounts.readiness.wording.cures import (
    policies,
    secure,
    senders,
    stable,
    transport,
    trust,
)
from accounts.readiness.wording.cures.pasting import Cure, Facts, Make, PasteLine, Target

__all__ = ["CURES", "Cure", "PasteLine", "Target", "cure_of"]

CURES: dict[str, Make] = {
    **stable.CURES,
    **secure.CURES,
    **transport.CURES,
    **senders.CURES,
    **policies.CURES,
    **trust.CURES,
}


def cure_of(code: str, reason: str, facts: Facts, subject: Target) -> Cure | None:
    """How to mend what a rule found; None where there is nothing to mend."""
    make = CURES.get(reason)
    if make is None:
        return None
    cure = make(facts, subject.name)
    return replace(cure, lines=tuple(line for line in cure.lines if line.text))
