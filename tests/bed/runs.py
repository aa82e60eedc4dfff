"""Runs over the bed's agencies: gathered side by side from inside, and judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from accounts.models import Outcome
from accounts.probing.ground import Ground, LocalTurns
from accounts.probing.observations import Observations
from accounts.readiness import checks, evidence
from accounts.readiness.checks import Judgement, RuleLine
from accounts.readiness.gathering import ask_dns, ask_net
from accounts.readiness.subject import Subject
from tests.bed.agency import BELOW
from tests.bed.names import RESOLVER
from tests.bed.place import NETWORKS, NETWORKS_V6
from tests.bed.standing import Bed

_PROFILE = Path(checks.__file__).parent.parent / "profiles" / "1.json"
_SIDE_BY_SIDE = 16


@dataclass(frozen=True)
class Run:
    """What was seen of one agency, and what the rules make of it."""

    label: str
    subject: Subject
    seen: Observations
    now: datetime

    @property
    def judgements(self) -> list[Judgement]:
        return checks.judge(rules(), self.subject, self.seen, now=self.now)

    @property
    def verdicts(self) -> Mapping[str, Judgement]:
        return {each.code: each for each in self.judgements}

    @property
    def wrong(self) -> dict[str, str]:
        """The outcome of every rule that is not passed and does apply."""
        fine = (Outcome.PASS, Outcome.NOT_APPLICABLE)
        return {
            each.code: each.outcome.value for each in self.judgements if each.outcome not in fine
        }

    def replayed(self) -> list[Judgement]:
        """From what is kept of it, bytes alone."""
        packed, digest = evidence.pack(self.seen)
        subject = Subject.from_json(json.loads(json.dumps(self.subject.to_json())))
        seen = evidence.unpack(packed, digest=digest)
        return checks.judge(rules(), subject, seen, now=self.now)


def rules() -> list[RuleLine]:
    """The published rules; the bed's agencies are under go.test in place of go.th."""
    published = json.loads(_PROFILE.read_text(encoding="utf-8"))["rules"]
    lines = [RuleLine(**rule) for rule in published]
    return [
        replace(line, params={**line.params, "suffixes": [BELOW]}) if line.code == "TR-5" else line
        for line in lines
    ]


def ground(bed: Bed, **changes: Any) -> Ground:
    """How the bed is probed, with its real ports."""
    resolver = f"{RESOLVER[0]}:{RESOLVER[1]}"
    usual: dict[str, Any] = {
        "resolvers": (resolver,),
        "also": tuple(ip_network(each) for each in (*NETWORKS, *NETWORKS_V6)),
        "ca_file": str(bed.ca_file),
        "name": "probe.test",
        "references": ("192.0.2.1:53", "[2001:db8:1::1]:53"),
        "busy": LocalTurns(),
    }
    return Ground(**{**usual, **changes})


@dataclass(frozen=True)
class Way:
    """How a run goes out. is_cut: after DNS was asked, from where there is no way to anywhere."""

    ground: Ground
    is_cut: bool = False


def ways(bed: Bed) -> dict[str, Way]:
    """As it should be, with a resolver that is down, and with our own line cut."""
    return {
        "whole": Way(ground(bed)),
        "no resolver": Way(ground(bed, resolvers=("127.0.0.1:5399",))),
        "cut off": Way(ground(bed), is_cut=True),
    }


def run_all(
    bed: Bed, wanted: Iterable[tuple[str, str]], now: datetime
) -> dict[tuple[str, str], Run]:
    """Both lanes over many agencies at once. wanted: labels, each with a name of `ways`."""
    known = ways(bed)

    def run(label: str, way: str) -> tuple[tuple[str, str], Run]:
        return (label, way), _run(bed, label, known[way], now)

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as together:
        return dict(together.map(lambda each: run(*each), wanted))


def _run(bed: Bed, label: str, way: Way, now: datetime) -> Run:
    subject = bed.subject(label, now)
    with bed.place.inside():
        seen = ask_dns(subject, way.ground)
    with (bed.nowhere if way.is_cut else bed.place).inside():
        seen.add(ask_net(subject, seen, way.ground))
    return Run(label, subject, seen, now)
