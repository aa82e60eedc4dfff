"""SE-8: the domain's own zone and those of its mail servers are signed."""

from __future__ import annotations

from accounts.models import Outcome
from accounts.readiness.checks.case import Case, Records
from accounts.readiness.checks.findings import Part, failed, passed, unknown
from accounts.readiness.checks.hosts import exchangers_of, left_out


def is_signed(case: Case) -> list[Part]:
    """SE-8: bogus counts as of a rule that must pass: validating servers see no domain at all."""
    parts = [case.attempt(case.name, lambda each: _own(case, each))]
    if case.subject.has_mail:
        exchangers = exchangers_of(case)
        parts += [case.attempt(host, lambda each: _of(case, each)) for host in exchangers.hosts]
        parts += left_out(exchangers)
    return parts


def _own(case: Case, name: str) -> Part:
    found = [case.dns(name, "SOA")]
    found += filter(None, [case.find_dns(name, kind) for kind in ("NS", "MX", "A", "TXT")])
    return _rate(found, name)


def _of(case: Case, host: str) -> Part:
    """A mail server's zone, as its address answers; of the zone itself where that was asked."""
    found = [case.dns(host, "A")]
    zone = _zone_asked(case, host)
    return _rate([*found, zone] if zone else found, host)


def _zone_asked(case: Case, host: str) -> Records | None:
    """The SOA of the nearest zone above a host that the run has asked for."""
    labels = host.split(".")
    for number in range(min(len(labels) - 1, 12)):
        name = ".".join(labels[number:])
        if case.find("dns", f"{name} SOA") is not None:
            return case.find_dns(name, "SOA")
    return None


def _rate(found: list[Records], name: str) -> Part:
    if any(each.is_bogus for each in found):
        return Part(Outcome.FAIL, "dnssec_bogus", name, blocks=True, is_grave=True)
    if found[0].is_lost:
        return failed("dns_lost", name)
    if any(each.secure is False for each in found):
        return failed("dnssec_unsigned", name)
    if any(each.secure is None and not each.is_lost for each in found):
        return unknown("security_untold", name)
    return passed("dnssec_signed", name)
