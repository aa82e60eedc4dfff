"""Scores of a pillar, 0 to 100: for ordering and for seeing a trend, never for the gate.

An average hides what is fatal, so the gate asks for every rule that must pass (`gate`). A rule that
has not been tested scores nothing, lest what is missing count in the agency's favour; one that is
unknown by our own fault is left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Outcome, RuleStanding
from accounts.readiness.checks.findings import Judgement

_WORTH = {
    Outcome.PASS: 100,
    Outcome.PARTIAL: 50,
    Outcome.FAIL: 0,
    Outcome.NOT_TESTED: 0,
}


def score_of(found: Iterable[RuleStanding | Judgement]) -> int | None:
    """The mean of what each rule is worth, cut to a whole number; None where none counts."""
    worth = [_WORTH[outcome] for each in found if (outcome := _outcome_of(each)) in _WORTH]
    return sum(worth) // len(worth) if worth else None


def _outcome_of(found: RuleStanding | Judgement) -> Outcome:
    """Of a standing the last that tells something, where there is one."""
    if isinstance(found, Judgement):
        return found.outcome
    return Outcome(found.known or found.last)
