"""TR-1: one SPF record says which servers send, and that no others do."""

from __future__ import annotations

from typing import Any

from accounts.readiness.checks.case import CannotTell, Case
from accounts.readiness.checks.findings import Part, beside, failed, grave, passed
from accounts.readiness.reading import counting, spf
from accounts.readiness.reading.counting import Answer, Cost
from accounts.readiness.reading.spf import Malformed

# What an observation keeps of a text; of a longer record nobody knows the end.
MOST_TEXT = 2_000
_MOST_EMPTY = 10


def are_named(case: Case) -> list[Part]:
    """TR-1."""
    if not case.subject.has_web:
        # A domain that is not in use must say so: TR-9.
        return [beside("is_parked")]
    return [_look_at(case)]


def _look_at(case: Case) -> Part:
    found = case.dns(case.name, "TXT")
    if found.is_lost:
        return failed("dns_lost", case.name)
    records = [each for each in found.texts if spf.is_spf(each)]
    if not records:
        return failed("spf_missing")
    if len(records) > 1:
        return failed("spf_several", count=len(records), records=records[:5])
    record = records[0]
    if len(record) >= MOST_TEXT:
        return failed("spf_too_long", record=record)
    try:
        read = spf.read(record)
    except Malformed as error:
        return failed("spf_malformed", record=record, word=error.word, term=error.term)
    return _rate(case, record, counting.count(read, case.name, lambda *asked: _ask(case, *asked)))


def _ask(case: Case, name: str, kind: str) -> tuple[Answer, list[str]]:
    try:
        found = case.dns(name, kind)
    except CannotTell:
        return Answer.UNTOLD, []
    if found.is_lost:
        return Answer.LOST, []
    if not found.records:
        return Answer.EMPTY, []
    return Answer.FOUND, [each if isinstance(each, str) else str(each) for each in found.records]


def _rate(case: Case, record: str, cost: Cost) -> Part:
    """The gravest that can be said; what nobody could ask speaks only where nothing is wrong."""
    facts: dict[str, Any] = {
        "record": record,
        "lookups": cost.lookups,
        "void": cost.void,
        "all": cost.all,
    }
    if wrong := _wrong(case, cost, facts):
        return wrong
    if cost.is_untold:
        raise CannotTell("not_asked", f"{case.name} SPF")
    if not cost.all:
        return failed("spf_open", **facts)
    return passed("spf_good", **facts)


def _wrong(case: Case, cost: Cost, facts: dict[str, Any]) -> Part | None:
    if cost.passes_everybody:
        return grave("spf_passes_all", **facts)
    if cost.included_passes_everybody:
        return failed("spf_include_passes_all", name=cost.included_passes_everybody, **facts)
    if cost.errors:
        word, name = cost.errors[0]
        return failed(f"spf_{word}", name=name, **facts)
    if cost.lookups > case.number("lookups"):
        return failed("spf_too_many_lookups", most=case.number("lookups"), **facts)
    if cost.void > case.number("void_lookups"):
        empty = cost.empty[:_MOST_EMPTY]
        return failed("spf_too_many_void", most=case.number("void_lookups"), empty=empty, **facts)
    if cost.lost:
        return failed("spf_lost", name=cost.lost[0], **facts)
    if cost.all == "?":
        return failed("spf_neutral", **facts)
    return None
