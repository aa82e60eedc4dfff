"""What a rule found: parts, each of one server or record, and the judgement they make together.

The worst part speaks for the rule. What could not be looked at outweighs what passed, so that one
server that nobody could ask never hides behind the others; a fail that counts outweighs both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from accounts.models import Outcome

_MOST_TEXT, _MOST_ITEMS, _MOST_PARTS, _MOST_NAMED = 2_000, 20, 40, 10


@dataclass(frozen=True)
class Part:
    """What a rule found of one thing. reason: a word that `accounts.readiness.wording` knows.

    of: the thing, such as a server's name; "": the domain itself. facts: see the wording of the
    reason. blocks: whether it counts as of a rule that must pass; None: as the rule's level says.
    """

    outcome: Outcome
    reason: str
    of: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    blocks: bool | None = None
    is_grave: bool = False


@dataclass(frozen=True)
class Judgement:
    """What a rule made of a run; the worst of its parts names the reason.

    facts: those of that part; `of` there: whose it is; `parts`: `[of, outcome, reason]` of each.
    """

    code: str
    outcome: Outcome
    reason: str
    facts: dict[str, Any]
    rests_on: tuple[str, ...]
    is_grave: bool = False
    blocks: bool | None = None
    parts: tuple[Part, ...] = ()


def passed(reason: str, of: str = "", **facts: Any) -> Part:
    return Part(Outcome.PASS, reason, of, facts)


def failed(reason: str, of: str = "", **facts: Any) -> Part:
    return Part(Outcome.FAIL, reason, of, facts)


def grave(reason: str, of: str = "", **facts: Any) -> Part:
    """A fail that nobody waits three runs for."""
    return Part(Outcome.FAIL, reason, of, facts, is_grave=True)


def planned(part: Part) -> Part:
    """The same, of a level that only needs a plan, whatever the rule's own."""
    return Part(part.outcome, part.reason, part.of, part.facts, blocks=False)


def partial(reason: str, of: str = "", **facts: Any) -> Part:
    return Part(Outcome.PARTIAL, reason, of, facts)


def untested(reason: str, of: str = "", **facts: Any) -> Part:
    return Part(Outcome.NOT_TESTED, reason, of, facts)


def unknown(reason: str, of: str = "", **facts: Any) -> Part:
    return Part(Outcome.UNKNOWN, reason, of, facts)


def beside(reason: str, of: str = "", **facts: Any) -> Part:
    """The rule does not apply to it."""
    return Part(Outcome.NOT_APPLICABLE, reason, of, facts)


def judgement(code: str, level: str, parts: Sequence[Part], rests_on: tuple[str, ...]) -> Judgement:
    """The worst of the parts speaks; the earliest among equals."""
    worst = max(parts, key=lambda part: _weight(part, level))
    alike = [part.of for part in parts if part.of and part.reason == worst.reason]
    facts = dict(worst.facts)
    if alike:
        facts["of"] = alike[:_MOST_NAMED]
    if len(parts) > 1:
        facts["parts"] = [[p.of, p.outcome.value, p.reason] for p in parts[:_MOST_PARTS]]
    return Judgement(
        code=code,
        outcome=worst.outcome,
        reason=worst.reason,
        facts={name: clean(value) for name, value in facts.items()},
        rests_on=rests_on,
        is_grave=worst.is_grave,
        blocks=worst.blocks,
        parts=tuple(parts[:_MOST_PARTS]),
    )


def _weight(part: Part, level: str) -> int:
    if part.outcome == Outcome.FAIL:
        if part.is_grave:
            return 9
        counts = level == "B" if part.blocks is None else part.blocks
        if counts:
            return 8
        # Of a rule that needs a plan it is the worst there is; beside one that must pass, less.
        return 7 if part.blocks is None else 4
    return {
        Outcome.UNKNOWN: 6,
        Outcome.NOT_TESTED: 5 if part.blocks is None else 1,
        Outcome.PARTIAL: 3,
        Outcome.PASS: 2,
        Outcome.NOT_APPLICABLE: 0,
    }[part.outcome]


def clean(value: Any, depth: int = 0) -> Any:
    """A stranger's value as PostgreSQL takes it in JSON: bounded, no NUL, no half characters."""
    if isinstance(value, str):
        return value[:_MOST_TEXT].replace("\0", "\\x00").encode(errors="replace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, bool | int) or value is None:
        return value
    if depth > 3:
        return "…"
    if isinstance(value, dict):
        items = list(value.items())[:_MOST_ITEMS]
        return {clean(str(key)): clean(each, depth + 1) for key, each in items}
    if isinstance(value, list | tuple):
        most = _MOST_PARTS if depth == 0 else _MOST_ITEMS
        return [clean(each, depth + 1) for each in value[:most]]
    return clean(str(value))
