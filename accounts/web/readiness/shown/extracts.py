"""Observations as people read them: who was asked what, and what came back, line by line.

Everything a stranger's server said is text here; templates escape it like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.probing.observations import Observation, Observations

MOST_LINES = 14
MOST_LETTERS = 400
# What is told elsewhere, or is too long to be read.
_LEFT_OUT = {"certificates", "body", "chain", "hops"}


def extracts_of(names: Iterable[str], seen: Observations) -> list[str]:
    """The observations a result rests on, each as a few lines; those that are gone are left out."""
    known = {each.name: each for each in seen}
    return [extract_of(known[name]) for name in names if name in known]


def extract_of(one: Observation) -> str:
    """One observation: "dns agency.go.th TXT", then what was answered, or how it ended."""
    head = f"{one.probe} {one.target}"
    if not one.is_answered:
        ended = " ".join(part for part in (one.status.value, one.error) if part)
        return f"{head}\n{ended}"
    lines = _answer(one)
    more = [f"… {len(lines) - MOST_LINES}"] if len(lines) > MOST_LINES else []
    return "\n".join([head, *lines[:MOST_LINES], *more])


def _answer(one: Observation) -> list[str]:
    facts = one.facts
    if one.probe == "dns":
        records = [_said(record) for record in facts.get("records") or ()]
        return records or [str(facts.get("rcode", ""))]
    hops = [_hop(hop) for hop in facts.get("hops") or () if isinstance(hop, Mapping)]
    return hops + [
        f"{name}: {_said(value)}"
        for name, value in facts.items()
        if name not in _LEFT_OUT and value not in (None, "", [], {})
    ]


def _hop(hop: Mapping[str, Any]) -> str:
    status = hop.get("status") or hop.get("error") or ""
    return _cut(f"{hop.get('url', '')} → {status}")


def _said(value: Any) -> str:
    """A fact in one line: lists with spaces between, tables as "name value"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _cut(", ".join(f"{name} {_said(each)}" for name, each in value.items()))
    if isinstance(value, list | tuple):
        return _cut(" ".join(_said(each) for each in value))
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} …"
