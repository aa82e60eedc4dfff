"""SE-2: nobody speaks SSLv3, TLS 1.0 or TLS 1.1 any more.

On mail servers it only needs a plan: old TLS is better than the clear text that follows without
it. SSLv3 is known to the separate scanner alone; where that has not looked it counts for nothing,
and what was looked at decides.
"""

from __future__ import annotations

from accounts.probing.observations import Observation
from accounts.readiness.checks.case import CannotTell, Case, mapping, texts
from accounts.readiness.checks.findings import (
    Part,
    beside,
    failed,
    passed,
    planned,
    unknown,
    untested,
)
from accounts.readiness.checks.hosts import exchangers_of, left_out, web_hosts

_SSL3 = "SSLv3"


def are_refused(case: Case) -> list[Part]:
    """SE-2."""
    if not case.subject.has_web:
        return [beside("no_web")]
    parts: list[Part] = []
    for host in web_hosts(case):
        parts.append(case.attempt(host, lambda each: _of(case, "tls", each)))
        if _ssl3_of(case, host) is None and parts[-1].reason == "old_tls_refused":
            parts.append(planned(untested("ssl3_untested", host)))
    if case.subject.has_mail:
        exchangers = exchangers_of(case)
        parts += [case.attempt(each, lambda one: _of_mail(case, one)) for each in exchangers.hosts]
        parts += left_out(exchangers)
    return parts


def _of_mail(case: Case, host: str) -> Part:
    part = _of(case, "smtp", host)
    return planned(part) if part.reason == "old_tls_spoken" else part


def _of(case: Case, probe: str, host: str) -> Part:
    found = case.servers(probe, host)
    if not found:
        return beside("no_address", host)
    spoken = _spoken(case, found)
    if _ssl3_of(case, host, port=443 if probe == "tls" else 25):
        spoken = [_SSL3, *spoken]
    if spoken:
        return failed("old_tls_spoken", host, versions=spoken, kind=probe)
    if any(not each.facts.get("tls") for each in found):
        is_plain = probe == "smtp" and all(each.is_answered for each in found)
        return beside("no_tls", host) if is_plain else untested("tls_not_seen", host)
    untold = sorted({name for each in found for name in _with(case, each, "untested")})
    if untold:
        return unknown("old_tls_untold", host, versions=untold)
    return passed("old_tls_refused", host, kind=probe)


def _spoken(case: Case, found: list[Observation]) -> list[str]:
    return sorted({name for each in found for name in _with(case, each, "accepted")})


def _with(case: Case, found: Observation, answer: str) -> list[str]:
    """The versions that were answered so; what is not noted was not tested."""
    old = mapping(found.facts.get("old"))
    asked = [each for each in case.line.params["refused"] if each != _SSL3]
    named = [each for each in asked if old.get(each, "untested") == answer]
    if answer == "accepted" and old.get(_SSL3) == answer:
        named.append(_SSL3)
    return named


def _ssl3_of(case: Case, host: str, port: int = 443) -> bool | None:
    """Whether a server speaks SSLv3; None: nobody has looked."""
    try:
        found = case.find("deep", f"{host}:{port}")
        if found is None:
            return None
        case.must_be_theirs(found)
    except CannotTell:
        return None
    accepted = found.facts.get("accepted")
    if not found.is_answered or not isinstance(accepted, dict):
        return None
    # The scanner names the versions that it did not come to the end of.
    is_open = _SSL3 in texts(found.facts.get("untested")) and not accepted.get(_SSL3)
    return None if is_open else bool(accepted.get(_SSL3))
