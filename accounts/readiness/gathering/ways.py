"""Our own way out: when it is cut, silence is ours and nobody else's.

Servers that always answer are tried in both families (`Ground.references`). Where none of a
family answers, what was silent in it becomes `unable no_route`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from accounts.probing.failing import ProbeFailed, observe
from accounts.probing.ground import endpoint_of
from accounts.probing.observations import Observation, Observations, Status
from accounts.probing.outbound import Outbound

_PATIENCE = 4.0


def control(outbound: Outbound) -> Observation | None:
    """The `route control` observation; None where no references are named.

    facts: `reached`, and of each family whether it works; null where no reference has it.
    """
    references = [endpoint_of(each, 53) for each in outbound.ground.references]
    if not references:
        return None

    def reaches(place: tuple[str, int]) -> bool:
        return outbound.reaches(place[0], place[1], _PATIENCE)

    def look(facts: dict[str, Any]) -> None:
        with ThreadPoolExecutor(len(references)) as pool:
            answers = dict(zip(references, pool.map(reaches, references), strict=True))
        facts["reached"] = [address for (address, _port), took in answers.items() if took]
        for family, mark in (("v4", "."), ("v6", ":")):
            of_it = [took for (address, _port), took in answers.items() if mark in address]
            facts[family] = any(of_it) if of_it else None
        if not facts["reached"]:
            raise ProbeFailed(Status.UNABLE, "no_route")

    return observe("route", "control", look)


def told_apart(found: Observations, outbound: Outbound) -> Observations:
    """The same, with silence that was our own outage said to be so.

    The way is tried now, after the questions: it may have been cut on the way.
    """
    if not any(map(_may_be_ours, found)):
        return found
    way = control(outbound)
    if way is None:
        return found
    mended = [_mended(each, way) for each in found if _may_be_ours(each)]
    before = found.get("route", "control")
    keeps = before is not None and not before.is_answered
    found.add([*mended, *([] if keeps else [way])])
    return found


def _may_be_ours(seen: Observation) -> bool:
    is_lost = seen.facts.get("rcode") == "SERVFAIL" and not seen.facts.get("bogus")
    return seen.status == Status.SILENT or (seen.probe == "dns" and is_lost)


def _mended(seen: Observation, way: Observation) -> Observation:
    family = _family_of(seen)
    works = way.facts.get(family) if family else way.is_answered
    return seen if works is not False else replace(seen, status=Status.UNABLE, error="no_route")


def _family_of(seen: Observation) -> str:
    """The family of the server that was silent; "" where it was a resolver's affair."""
    hops = seen.facts.get("hops") or [{}]
    address: str = hops[-1].get("address") or seen.target.partition("@")[2]
    if seen.probe == "dns" or not address:
        return ""
    return "v6" if ":" in address else "v4"
