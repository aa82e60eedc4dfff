"""TR-9: a domain that is not in use says so, and nobody can write in its name."""

from __future__ import annotations

from accounts.readiness.checks.case import Case
from accounts.readiness.checks.findings import Part, beside, failed, passed
from accounts.readiness.checks.hosts import exchangers_of
from accounts.readiness.checks.trustworthy import policies
from accounts.readiness.reading import spf


def is_sealed(case: Case) -> list[Part]:
    """TR-9: null MX, `v=spf1 -all`, p=reject."""
    if case.subject.has_web:
        return [beside("not_parked")]
    checks = {"MX": _mail, "SPF": _senders, "DMARC": _policy}
    return [case.attempt(name, lambda each: checks[each](case)) for name in checks]


def _mail(case: Case) -> Part:
    found = exchangers_of(case)
    if found.records.is_lost:
        return failed("dns_lost", case.name)
    if found.is_null:
        return passed("parked_mx", "MX")
    return failed("parked_mx_open", "MX", hosts=found.hosts)


def _senders(case: Case) -> Part:
    found = case.dns(case.name, "TXT")
    if found.is_lost:
        return failed("dns_lost", case.name)
    records = [each for each in found.texts if spf.is_spf(each)]
    if [each.lower().split() for each in records] == [["v=spf1", "-all"]]:
        return passed("parked_spf", "SPF")
    return failed("parked_spf_open", "SPF", records=records[:5])


def _policy(case: Case) -> Part:
    found = policies.find(case)
    if isinstance(found, Part):
        return Part(found.outcome, found.reason, "DMARC", found.facts)
    facts = {"record": found.record, "at": found.at, "policy": found.policy}
    if found.policy != "reject" or found.dmarc.is_testing:
        return failed("parked_dmarc_open", "DMARC", **facts)
    return passed("parked_sealed", "DMARC", **facts)
