"""SE-9: what a good web site has besides; shown, never asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.readiness.checks.case import Case, mapping, texts
from accounts.readiness.checks.findings import Part, failed, partial, passed, planned, untested
from accounts.readiness.checks.hosts import exchangers_of, web_hosts, without_web
from accounts.readiness.checks.secure.web import (
    can_see,
    first_answer,
    header,
    headers,
    is_nowhere,
)

_REFERRERS = (
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
)
_MOST_NAMED = 10


def are_there(case: Case) -> list[Part]:
    """SE-9: one part for the headers, CAA and IPv6 together; RPKI is not looked at."""
    if none := without_web(case):
        return none
    hosts = [host for host in web_hosts(case) if can_see(case, host)]
    if not hosts:
        _must_be_theirs(case)
    if not hosts:
        return [untested("tls_not_seen"), planned(untested("rpki_untested"))]
    missing = [name for name, is_met in _HEADERS.items() if not _everywhere(case, hosts, is_met)]
    missing += [] if _has_caa(case) else ["caa"]
    missing += [] if _has_ipv6(case) else ["ipv6"]
    weak = sorted({suite for host in hosts for suite in _weak_suites(case, host)})[:_MOST_NAMED]
    missing += ["weak_suites"] if weak else []
    return [_rate(missing, weak), planned(untested("rpki_untested"))]


def _must_be_theirs(case: Case) -> None:
    """Raises CannotTell where it is our own fault that no site can be seen."""
    for host in web_hosts(case):
        if not is_nowhere(case, host):
            first_answer(case, host)


def _rate(missing: list[str], weak: list[str]) -> Part:
    if not missing:
        return passed("extras_all")
    if len(missing) == len(_HEADERS) + 2 + bool(weak):
        return failed("extras_none", missing=missing, weak=weak)
    return partial("extras_some", missing=missing, weak=weak)


def _everywhere(case: Case, hosts: list[str], is_met: Callable[[dict[str, Any]], bool]) -> bool:
    return all(is_met(first_answer(case, host)) for host in hosts)


def _csp_of(hop: dict[str, Any]) -> dict[str, str]:
    """The directives of all policies of an answer; the first of a name counts."""
    found: dict[str, str] = {}
    for policy in headers(hop, "content-security-policy"):
        for directive in policy.split(";"):
            name, _, value = directive.strip().partition(" ")
            found.setdefault(name.lower(), value.strip())
    found.pop("", None)
    return found


def _has_csp(hop: dict[str, Any]) -> bool:
    return bool({"default-src", "script-src"} & _csp_of(hop).keys())


def _cannot_be_framed(hop: dict[str, Any]) -> bool:
    frames = header(hop, "x-frame-options").strip().upper()
    return frames in ("DENY", "SAMEORIGIN") or "frame-ancestors" in _csp_of(hop)


def _is_not_sniffed(hop: dict[str, Any]) -> bool:
    return header(hop, "x-content-type-options").strip().lower() == "nosniff"


def _keeps_referrers(hop: dict[str, Any]) -> bool:
    said = ",".join(headers(hop, "referrer-policy")).split(",")
    return said[-1].strip().lower() in _REFERRERS


_HEADERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "csp": _has_csp,
    "nosniff": _is_not_sniffed,
    "frames": _cannot_be_framed,
    "referrer": _keeps_referrers,
}


def _has_caa(case: Case) -> bool:
    return any(
        isinstance(each, list) and len(each) == 3 and each[1] == "issue"
        for each in case.dns(case.name, "CAA").records
    )


def _has_ipv6(case: Case) -> bool:
    hosts = [*web_hosts(case), *(exchangers_of(case).hosts if case.subject.has_mail else [])]
    asked = [(case.dns(host, "AAAA").records, case.dns(host, "A").records) for host in hosts]
    there = [v6 for v6, v4 in asked if v6 or v4]
    return bool(there) and all(there)


def _weak_suites(case: Case, host: str) -> list[str]:
    found = case.find("deep", f"{host}:443")
    if found is None or not found.is_answered:
        return []
    weak = found.facts.get("weak")
    if isinstance(weak, dict):
        return [suite for suites in mapping(weak).values() for suite in texts(suites)]
    return texts(weak)
