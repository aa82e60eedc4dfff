"""ST-2: every mail server is a proper name, leads to a public address, and greets."""

from __future__ import annotations

from accounts.probing.observations import Observation, Status
from accounts.readiness.checks.case import Case, number, text
from accounts.readiness.checks.findings import Part, failed, passed
from accounts.readiness.checks.hosts import exchangers_of, left_out, without_mail
from accounts.readiness.reading.names import is_address


def greet(case: Case) -> list[Part]:
    """ST-2."""
    if beside := without_mail(case):
        return beside
    exchangers = exchangers_of(case)
    if exchangers.records.is_lost:
        return [failed("dns_lost", case.name)]
    if exchangers.is_null:
        return [failed("mx_null")]
    if not exchangers.hosts:
        return [failed("mx_missing")]
    parts = [case.attempt(host, lambda each: _look_at(case, each)) for host in exchangers.hosts]
    if exchangers.has_null:
        parts.append(failed("mx_null_beside"))
    return parts + left_out(exchangers)


def _look_at(case: Case, host: str) -> Part:
    if is_address(host):
        return failed("mx_is_address", host)
    addresses = case.dns(host, "A")
    if addresses.chain or case.dns(host, "CNAME").records:
        target = (addresses.chain or case.dns(host, "CNAME").texts or [""])[-1]
        return failed("mx_is_alias", host, target=target)
    if addresses.is_lost:
        return failed("dns_lost", host)
    found = case.servers("smtp", host)
    if not found:
        return failed("mx_without_address", host)
    private = [each for each in found if each.status == Status.FORBIDDEN]
    if private:
        return failed("mx_private", host, address=_address(private[0]), kind=private[0].error)
    parts = [_greeting(case, each, host) for each in found]
    # Senders try a name's addresses in turn: one that greets is enough.
    return next((part for part in parts if part.reason == "mx_greets"), parts[0])


def _greeting(case: Case, found: Observation, host: str) -> Part:
    code = number(found.facts.get("banner_code"))
    took_ms = found.facts.get("banner_ms", 0)
    most = case.number("answer_seconds")
    facts = {"address": _address(found), "banner": text(found.facts.get("banner"))[:200]}
    if not code:
        reason = "mx_silent" if found.status == Status.SILENT else "mx_closed"
        return failed(reason, host, error=found.error, seconds=most, **facts)
    if code != case.number("banner"):
        return failed("mx_turns_away", host, code=code, **facts)
    if isinstance(took_ms, int) and took_ms > most * 1000:
        return failed("mx_slow", host, seconds=most, took=round(took_ms / 1000), **facts)
    return passed("mx_greets", host, **facts)


def _address(found: Observation) -> str:
    return found.target.partition("@")[2]
