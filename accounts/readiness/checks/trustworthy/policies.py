"""TR-2 and TR-3: a DMARC policy that counts, and one that rejects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.readiness.checks.case import CannotTell, Case
from accounts.readiness.checks.findings import Part, beside, failed, passed
from accounts.readiness.reading import dmarc as records
from accounts.readiness.reading.dmarc import POLICIES, Dmarc
from accounts.readiness.reading.errors import Unreadable
from accounts.readiness.reading.names import is_same_organisation, organisational


@dataclass(frozen=True)
class Found:
    """The record that speaks for a domain. at: the domain whose record it is; policy: what it
    says of this one; subdomains: the weakest that it says of names below.
    """

    record: str
    at: str
    dmarc: Dmarc
    policy: str
    subdomains: str


def is_enforced(case: Case) -> list[Part]:
    """TR-2."""
    if not case.subject.has_web:
        return [beside("is_parked")]
    found = find(case)
    return [found if isinstance(found, Part) else _rate(case, found)]


def rejects(case: Case) -> list[Part]:
    """TR-3."""
    if not case.subject.has_web:
        return [beside("is_parked")]
    found = find(case)
    if isinstance(found, Part):
        return [found]
    facts = _facts(found, _unwilling(case, found)[0])
    if found.policy != "reject":
        return [failed("dmarc_not_reject", **facts)]
    if found.subdomains != "reject":
        return [failed("dmarc_subdomains", subdomains=found.subdomains, **facts)]
    return [passed("dmarc_rejects", **facts)]


def find(case: Case) -> Found | Part:
    """The record of the domain, else of its organisational domain. Raises CannotTell."""
    for at in dict.fromkeys((case.name, organisational(case.name))):
        answer = case.dns(f"_dmarc.{at}", "TXT")
        if answer.is_lost:
            return failed("dns_lost", f"_dmarc.{at}")
        found = [each for each in answer.texts if records.is_dmarc(each)]
        if len(found) > 1:
            return failed("dmarc_several", at=at, records=found[:5])
        if found:
            return _read(case, found[0], at)
        if near := [each for each in answer.texts if each[:7].lower() == "v=dmarc"]:
            return failed("dmarc_malformed", record=near[0], at=at, why="v=DMARC1")
    return failed("dmarc_missing")


def _read(case: Case, record: str, at: str) -> Found | Part:
    try:
        dmarc = records.read(record)
    except Unreadable as error:
        return failed("dmarc_malformed", record=record, at=at, why=error.why)
    policy = dmarc.policy if at == case.name else dmarc.sp
    below = (dmarc.sp, dmarc.np)
    return Found(record, at, dmarc, policy, min(below, key=POLICIES.index))


def _rate(case: Case, found: Found) -> Part:
    unwilling, unasked = _unwilling(case, found)
    facts = _facts(found, unwilling)
    dmarc = found.dmarc
    if found.policy not in case.line.params["policies"]:
        return failed("dmarc_none", **facts)
    if dmarc.is_testing:
        return failed("dmarc_testing", **facts)
    if not dmarc.rua:
        reason = "dmarc_rua_bad" if dmarc.odd else "dmarc_no_reports"
        return failed(reason, odd=list(dmarc.odd)[:5], **facts)
    if unwilling:
        return failed("dmarc_unauthorised", host=unwilling[0], **facts)
    if unasked is not None:
        raise unasked
    return passed("dmarc_enforced", rua=list(dmarc.rua)[:5], **facts)


def _facts(found: Found, unwilling: list[str]) -> dict[str, Any]:
    """unwilling: hosts that reports go to and that did not say that they take them."""
    facts = {"record": found.record, "at": found.at, "policy": found.policy}
    return {**facts, "unwilling": unwilling} if unwilling else facts


def _unwilling(case: Case, found: Found) -> tuple[list[str], CannotTell | None]:
    """Strangers who do not take the reports; and why of one of them it is not known."""
    unwilling: list[str] = []
    unasked: CannotTell | None = None
    for host in _hosts(found.dmarc):
        if is_same_organisation(host, found.at):
            continue
        try:
            if not _is_authorised(case, found.at, host):
                unwilling.append(host)
        except CannotTell as lost:
            unasked = lost
    return unwilling, unasked


def _hosts(dmarc: Dmarc) -> list[str]:
    hosts = (address.rpartition("@")[2].lower().removesuffix(".") for address in dmarc.rua)
    return list(dict.fromkeys(hosts))


def _is_authorised(case: Case, domain: str, host: str) -> bool:
    """Whether a stranger takes reports about this domain (RFC 9990, section 4)."""
    answer = case.dns(f"{domain}._report._dmarc.{host}", "TXT")
    return any(records.is_dmarc(each) for each in answer.texts)
