from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Outcome, RuleStanding
from accounts.readiness.scores import score_of
from tests.accounts.readiness.evidences import judged


def _standing(known: str, last: str = "") -> Any:
    return RuleStanding(code="ST-1", known=known, last=last or known)


@pytest.mark.parametrize(
    ("known", "score"),
    [
        (["pass", "pass"], 100),
        (["pass", "fail"], 50),
        (["pass", "partial"], 75),
        (["pass", "pass", "fail"], 66),
        (["not_applicable", "pass"], 100),
        (["not_tested", "pass"], 50),
        ([], None),
        (["not_applicable"], None),
    ],
)
def test_a_score_is_the_mean_of_what_counts(known: list[str], score: int | None) -> None:
    assert score_of(_standing(each) for each in known) == score


def test_what_is_unknown_is_left_out_and_what_was_known_stands_in_for_it() -> None:
    assert score_of([_standing("", "unknown"), _standing("pass")]) == 100
    assert score_of([_standing("fail", "unknown"), _standing("pass")]) == 50
    assert score_of([_standing("", "unknown")]) is None


def test_the_verdicts_of_a_run_can_be_scored_too() -> None:
    found = judged("ST-1")
    assert found.outcome == Outcome.PASS
    assert score_of([found]) == 100
