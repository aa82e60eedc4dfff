"""SE-6: other servers can insist on TLS to this domain's, by MTA-STS or by DANE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accounts.probing.observations import Observation
from accounts.readiness.checks.case import CannotTell, Case, mapping, number, text, texts
from accounts.readiness.checks.findings import Part, failed, partial, passed, untested
from accounts.readiness.checks.hosts import exchangers_of, left_out, without_mail
from accounts.readiness.checks.secure.web import header
from accounts.readiness.reading import certificates
from accounts.readiness.reading.errors import Unreadable
from accounts.readiness.reading.transport import (
    StsPolicy,
    is_covered,
    read_sts_policy,
    read_sts_record,
)

# DANE-TA and DANE-EE; the other two usages mean nothing for mail (RFC 7672, section 3.1.3).
_USAGES = (2, 3)


def is_bound(case: Case) -> list[Part]:
    """SE-6: MTA-STS enforced for all mail servers, or signed TLSA records of all that match."""
    if beside := without_mail(case):
        return beside
    exchangers = exchangers_of(case)
    if not exchangers.hosts:
        return [untested("mx_none_to_look_at")]
    if exchangers.left_out:
        return left_out(exchangers)
    ways = [
        case.attempt("", lambda _: _sts(case, exchangers.hosts)),
        case.attempt("", lambda _: _dane(case, exchangers.hosts)),
    ]
    good = [part for part in ways if part.outcome == "pass"]
    lost = [part for part in ways if part.outcome == "unknown"]
    # What is wrong with the way they chose is theirs to mend; without any it is MTA-STS.
    begun = [part for part in ways if part.reason != "sts_missing"]
    chosen = [*good, *lost, *begun, *ways][0]
    return [replace(chosen, facts=chosen.facts | {"hosts": exchangers.hosts})]


# --- MTA-STS (RFC 8461) ---------------------------------------------------


def _sts(case: Case, hosts: list[str]) -> Part:
    found = case.dns(f"_mta-sts.{case.name}", "TXT")
    if found.is_lost:
        return failed("dns_lost", f"_mta-sts.{case.name}")
    records = [each for each in found.texts if each.startswith("v=STSv1")]
    if not records:
        return failed("sts_missing")
    if len(records) > 1:
        return failed("sts_several", records=records[:5])
    try:
        read_sts_record(records[0])
    except Unreadable as error:
        return failed("sts_record_malformed", record=records[0], why=error.why)
    policy = _policy_of(case)
    return policy if isinstance(policy, Part) else _rate(case, policy, hosts)


def _policy_of(case: Case) -> StsPolicy | Part:
    """The policy file, or what is wrong with it."""
    url = f"https://mta-sts.{case.name}/.well-known/mta-sts.txt"
    page = case.look("http", url)
    hops = page.facts.get("hops")
    hop = mapping(hops[0]) if isinstance(hops, list) and hops else {}
    status = number(hop.get("status"))
    if hop.get("trusted") is False or page.error == "untrusted":
        return failed("sts_untrusted", url=url, error=text(hop.get("trust_error"))[:200])
    if not status or not page.is_answered:
        return failed("sts_unreachable", url=url, error=page.error)
    if status != 200:
        return failed("sts_not_there", url=url, status=status)
    kind = header(hop, "content-type").partition(";")[0].strip().lower()
    if kind != "text/plain":
        return failed("sts_wrong_kind", url=url, kind=kind)
    try:
        return read_sts_policy(text(page.facts.get("body")))
    except Unreadable as error:
        return failed("sts_policy_malformed", url=url, why=error.why)


def _rate(case: Case, policy: StsPolicy, hosts: list[str]) -> Part:
    facts: dict[str, Any] = {
        "mode": policy.mode,
        "seconds": policy.max_age,
        "mx": list(policy.mx)[:20],
    }
    missing = [host for host in hosts if not is_covered(host, policy.mx)]
    if missing:
        return failed("sts_leaves_out", missing=missing, **facts)
    if policy.mode != "enforce":
        # Testing is a step on the way; "none" takes back what was promised.
        found = partial if policy.mode == "testing" else failed
        return found("sts_not_enforced", **facts)
    if policy.max_age < case.number("seconds"):
        return failed("sts_short", wanted=case.number("seconds"), **facts)
    return passed("sts_enforced", **facts)


# --- DANE (RFC 7672) ------------------------------------------------------


def _dane(case: Case, hosts: list[str]) -> Part:
    records = {host: case.dns(f"_25._tcp.{host}", "TLSA") for host in hosts}
    usable = {host: list(filter(_is_usable, found.records)) for host, found in records.items()}
    if not any(usable.values()):
        return failed("sts_missing")
    for found in (case.dns(case.name, "MX"), *records.values()):
        if found.secure is None and not found.is_lost:
            raise CannotTell("security_untold", found.observation.name)
        if not found.secure:
            return failed("dane_unsigned", case.name)
    for host in hosts:
        if not usable[host]:
            return failed("dane_missing", host)
        servers = case.servers("smtp", host)
        if not servers or not all(_matches_one(each, usable[host]) for each in servers):
            return failed("dane_mismatch", host)
    return passed("dane_matches")


def _is_usable(record: object) -> bool:
    return (
        isinstance(record, list)
        and len(record) == 4
        and all(isinstance(each, int) for each in record[:3])
        and isinstance(record[3], str)
        and record[0] in _USAGES
    )


def _matches_one(server: Observation, records: list[list[object]]) -> bool:
    """Whether one record names the leaf (3), or an authority in the chain and the host (2)."""
    chain = [certificates.read(pem) for pem in texts(server.facts.get("certificates"))]
    for usage, selector, matching, wanted in records:
        candidates = chain[:1] if usage == 3 else chain
        if usage == 2 and server.facts.get("name_matches") is not True:
            continue
        for each in candidates:
            if each and certificates.matches(
                each, number(selector), number(matching), text(wanted)
            ):
                return True
    return False
