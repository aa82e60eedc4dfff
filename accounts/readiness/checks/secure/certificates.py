"""SE-3: the certificates of web servers are trusted, in their name, and strong."""

from __future__ import annotations

from accounts.probing.observations import Observation
from accounts.readiness.checks.case import Case, text, texts
from accounts.readiness.checks.findings import (
    Part,
    beside,
    failed,
    grave,
    passed,
    unknown,
    untested,
)
from accounts.readiness.checks.hosts import web_hosts, without_web
from accounts.readiness.reading import certificates
from accounts.readiness.reading.certificates import Certificate

_GOOD_HASHES = ("sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512", "eddsa")


def are_sound(case: Case) -> list[Part]:
    """SE-3."""
    if beside := without_web(case):
        return beside
    return [case.attempt(host, lambda each: _look_at(case, each)) for host in web_hosts(case)]


def _look_at(case: Case, host: str) -> Part:
    found = case.servers("tls", host)
    if not found:
        return beside("no_address", host)
    parts = [_of(case, each, host) for each in found]
    bad = [part for part in parts if part.outcome != "pass"]
    return (bad or parts)[0]


def _of(case: Case, found: Observation, host: str) -> Part:
    pems = texts(found.facts.get("certificates"))
    if not pems:
        return untested("certificate_not_seen", host)
    leaf = certificates.read(pems[0])
    if leaf is None:
        return failed("certificate_unreadable", host)
    if leaf.not_after <= case.now:
        return grave("certificate_expired", host, until=leaf.not_after.isoformat(), kind="tls")
    if leaf.not_before > case.now:
        return failed("certificate_not_yet", host, since=leaf.not_before.isoformat())
    if found.facts.get("name_matches") is False:
        return failed("certificate_of_another", host)
    if found.facts.get("trusted") is False:
        return failed("certificate_untrusted", host, error=text(found.facts.get("trust_error")))
    if found.facts.get("trusted") is None or found.facts.get("name_matches") is None:
        return unknown("trust_untold", host)
    return _strength(case, leaf, host)


def _strength(case: Case, leaf: Certificate, host: str) -> Part:
    facts = {"key": leaf.kind, "bits": leaf.bits, "hash": leaf.signature}
    is_strong = leaf.kind in ("ed25519", "ed448") or (
        leaf.kind in ("rsa", "ec") and leaf.bits >= case.number(f"{leaf.kind}_bits")
    )
    if not is_strong:
        return failed("certificate_weak_key", host, **facts)
    if leaf.signature not in _GOOD_HASHES:
        return failed("certificate_weak_hash", host, **facts)
    if leaf.kind == "rsa" and leaf.bits < case.number("advised_rsa_bits"):
        return passed("certificate_good_enough", host, **facts)
    return passed("certificate_good", host, **facts)
