"""The rules as code: evidence in, verdicts out; no network, no clock, no tables.

Each check takes a `Case` and gives parts (`findings`); `judge` makes a verdict of them. A rule
never raises: strangers' nonsense is judged, and evidence that is not as docs/readiness-evidence.md
says is our own fault, so its verdict is unknown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from accounts.probing.observations import Observations
from accounts.readiness.checks.case import CannotTell, Case
from accounts.readiness.checks.findings import Judgement, Part, judgement, unknown
from accounts.readiness.checks.table import CHECKS
from accounts.readiness.profiles.lines import RuleLine
from accounts.readiness.subject import Subject

__all__ = ["CHECKS", "Judgement", "Part", "RuleLine", "judge"]

logger = logging.getLogger(__name__)
Check = Callable[[Case], list[Part]]


def judge(
    rules: Sequence[RuleLine], subject: Subject, seen: Observations, *, now: datetime
) -> list[Judgement]:
    """What each rule makes of a run; now: aware, the moment of the judgement."""
    return [_judge(Case(line, subject, seen, now)) for line in rules]


def _judge(case: Case) -> Judgement:
    line = case.line
    return judgement(line.code, line.level, _parts_of(case), case.read)


def _parts_of(case: Case) -> list[Part]:
    check = CHECKS.get(case.line.code)
    if check is None:
        return [unknown("no_check")]
    try:
        return check(case)
    except CannotTell as lost:
        return [lost.part()]
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        # The evidence is not what it should be: a mistake of ours, never the agency's.
        logger.exception("Rule %s could not read the evidence", case.line.code)
        return [unknown("unreadable")]
