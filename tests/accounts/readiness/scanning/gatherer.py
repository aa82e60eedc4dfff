"""Answers without servers and verdicts without rules, for tests of the way of a run alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from accounts.models import Outcome
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness.checks import Judgement
from accounts.readiness.profiles import RuleLine
from accounts.readiness.scanning import stages
from accounts.readiness.subject import Subject
from tests.accounts.readiness.scene import NOW, Said, judged

Tell = Callable[[int, int], None] | None


def seen(probe: str, target: str, **facts: object) -> Observation:
    return Observation(probe, target, Status.ANSWERED, NOW, facts=facts)


class Gatherer:
    """In place of the two lanes and the rules: gives what it was told, and remembers the calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.dns = [seen("dns", "a.go.th MX", records=[[10, "mx.a.go.th"]])]
        self.net = [seen("smtp", "mx.a.go.th@192.0.2.1", banner_code=220)]
        self.said: dict[str, Said] = {}
        self.meanwhile: Callable[[str], None] = lambda lane: None

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(stages, "ask_dns", self._ask_dns)
        patch.setattr(stages, "ask_net", self._ask_net)
        patch.setattr(stages.checks, "judge", self._judge)

    def _ask_dns(self, subject: Subject, ground: Ground, *, tell: Tell = None) -> Observations:
        return self._lane("dns", self.dns, tell)

    def _ask_net(
        self, subject: Subject, known: Observations, ground: Ground, *, tell: Tell = None
    ) -> Observations:
        assert known.get("dns", "a.go.th MX") is not None or self.dns == []
        return self._lane("net", self.net, tell)

    def _lane(self, name: str, found: list[Observation], tell: Tell) -> Observations:
        self.calls.append(name)
        self.meanwhile(name)
        if tell is not None:
            tell(len(found), len(found))
        return Observations(found)

    def _judge(
        self, rules: Sequence[RuleLine], subject: Subject, known: Observations, *, now: datetime
    ) -> list[Judgement]:
        self.calls.append("judge")
        self.meanwhile("judge")
        return [judged(line.code, self.said.get(line.code, Outcome.PASS)) for line in rules]
