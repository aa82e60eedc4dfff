"""ST-4: no certificate is about to run out."""

from __future__ import annotations

from datetime import timedelta

from accounts.probing.observations import Observation
from accounts.readiness.checks.case import Case, texts
from accounts.readiness.checks.findings import (
    Part,
    beside,
    failed,
    grave,
    partial,
    passed,
    planned,
    untested,
)
from accounts.readiness.checks.hosts import exchangers_of, left_out, web_hosts
from accounts.readiness.reading import certificates

_ORDER = (
    "certificate_expired",
    "certificate_unreadable",
    "certificate_ends_soon",
    "certificate_not_seen",
    "certificate_ends",
    "no_certificate",
    "certificate_lasts",
)


def is_far(case: Case) -> list[Part]:
    """ST-4: the certificates of web servers, and of mail servers that have one."""
    if not case.subject.has_web:
        return [beside("no_web")]
    parts = [
        case.attempt(host, lambda each: _worst_of(case, "tls", each)) for host in web_hosts(case)
    ]
    if case.subject.has_mail:
        exchangers = exchangers_of(case)
        parts += [
            case.attempt(host, lambda each: _worst_of(case, "smtp", each))
            for host in exchangers.hosts
        ]
        parts += left_out(exchangers)
    return parts


def _worst_of(case: Case, probe: str, host: str) -> Part:
    """The first of a host's certificates to run out; each of its addresses may have another."""
    found = case.servers(probe, host)
    if not found:
        return beside("no_address", host)
    parts = [_look_at(case, each, host) for each in found]
    return min(parts, key=lambda part: _ORDER.index(part.reason))


def _look_at(case: Case, found: Observation, host: str) -> Part:
    pems = texts(found.facts.get("certificates"))
    if not pems:
        # A mail server that speaks no TLS has none that could run out: SE-1 minds that.
        is_plain = found.probe == "smtp" and found.is_answered
        return (
            beside("no_certificate", host) if is_plain else untested("certificate_not_seen", host)
        )
    leaf = certificates.read(pems[0])
    if leaf is None:
        return failed("certificate_unreadable", host)
    days = (leaf.not_after - case.now) // timedelta(days=1)
    facts = {"until": leaf.not_after.isoformat(), "days": days, "kind": found.probe}
    if leaf.not_after <= case.now:
        return grave("certificate_expired", host, **facts)
    if days < case.number("days"):
        return failed("certificate_ends_soon", host, **facts)
    if days < case.number("plan_days"):
        return planned(partial("certificate_ends", host, **facts))
    return passed("certificate_lasts", host, **facts)
