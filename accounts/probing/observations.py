"""Observations: what one question to a stranger's server brought, raw.

Kept so that it can be judged again: their JSON is the evidence of a run. The facts of each probe
stand in docs/readiness-evidence.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a question ended. Only UNABLE is our own fault.

    ANSWERED: they answered, whatever it says. SILENT: no answer within the time. BROKEN: they
    closed, refused or spoke nonsense. FORBIDDEN: it leads to an address we do not go to.
    """

    ANSWERED = "answered"
    SILENT = "silent"
    BROKEN = "broken"
    FORBIDDEN = "forbidden"
    UNABLE = "unable"


@dataclass(frozen=True)
class Observation:
    """One question and what came of it.

    probe: the kind of question; target: of whom, unique within a probe. facts: JSON of short
    texts, numbers and lists. at: aware, UTC. took_ms: wall time. error: a word of ours for why
    it was not answered ("timeout", "refused", "reset", "private" …), empty where it was.
    """

    probe: str
    target: str
    status: Status
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    took_ms: int = 0
    error: str = ""

    @property
    def name(self) -> str:
        """What a result cites it by: "dns mx.agency.go.th A"."""
        return f"{self.probe} {self.target}"

    @property
    def is_answered(self) -> bool:
        return self.status == Status.ANSWERED

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"status": self.status.value, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Observation:
        """Raises KeyError, ValueError or TypeError where it is none."""
        kept = {**found, "status": Status(found["status"])}
        return cls(**{**kept, "at": datetime.fromisoformat(found["at"])})


class Observations:
    """The observations of a run, by probe and target; a later one takes an earlier one's place."""

    def __init__(self, found: Iterable[Observation] = ()) -> None:
        self._by_name: dict[tuple[str, str], Observation] = {}
        self.add(found)

    def add(self, found: Iterable[Observation]) -> None:
        for each in found:
            self._by_name[each.probe, each.target] = each

    def get(self, probe: str, target: str) -> Observation | None:
        return self._by_name.get((probe, target))

    def of(self, probe: str) -> list[Observation]:
        """All of a probe, in the order they were made."""
        return [each for each in self._by_name.values() if each.probe == probe]

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)
