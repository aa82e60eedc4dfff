"""SE-1: every mail server offers STARTTLS, and it leads to TLS 1.2 or newer."""

from __future__ import annotations

from accounts.probing.observations import Observation, Status
from accounts.readiness.checks.case import Case, mapping, text
from accounts.readiness.checks.findings import Part, failed, passed, unknown, untested
from accounts.readiness.checks.hosts import exchangers_of, left_out, without_mail

_BY_WEIGHT = (
    "starttls_missing",
    "starttls_fails",
    "starttls_old",
    "starttls_injected",
    "mx_unreachable",
    "starttls_untold",
)


def is_offered(case: Case) -> list[Part]:
    """SE-1."""
    if beside := without_mail(case):
        return beside
    exchangers = exchangers_of(case)
    if not exchangers.hosts:
        return [untested("mx_none_to_look_at")]
    parts = [case.attempt(host, lambda each: _look_at(case, each)) for host in exchangers.hosts]
    return parts + left_out(exchangers)


def _look_at(case: Case, host: str) -> Part:
    """A server's worst address; what greets nowhere cannot be spoken to in secret, either."""
    found = case.servers("smtp", host)
    if not found:
        return failed("mx_unreachable", host, error="no_address")
    greeting = [each for each in found if each.is_answered]
    parts = [_speaks(case, each, host) for each in greeting or found]
    bad = [part for part in parts if part.reason in _BY_WEIGHT]
    return min(bad, key=lambda part: _BY_WEIGHT.index(part.reason)) if bad else parts[0]


def _speaks(case: Case, found: Observation, host: str) -> Part:
    tls, error = mapping(found.facts.get("tls")), text(found.facts.get("tls_error"))
    if not found.is_answered and not tls:
        kind = found.error if found.status != Status.FORBIDDEN else "forbidden"
        return failed("mx_unreachable", host, error=kind)
    if found.facts.get("banner_code") not in (220, None):
        return failed("mx_unreachable", host, error="turned_away")
    if found.facts.get("starttls") is not True:
        return failed("starttls_missing", host)
    versions = case.line.params["versions"]
    if not tls:
        return failed("starttls_fails", host, error=error or found.error)
    forced = mapping(found.facts.get("forced"))
    best = text(tls.get("version"))
    if best not in versions and "accepted" not in [forced.get(each) for each in versions]:
        return failed("starttls_old", host, version=best)
    if found.facts.get("injected") is True:
        return failed("starttls_injected", host)
    if not best:
        return unknown("starttls_untold", host)
    return passed("starttls_works", host, version=best)
