"""The mail servers and web servers of a domain, as its evidence has them."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.probing.observations import Observation
from accounts.readiness.checks.case import Case, Records, plain
from accounts.readiness.checks.findings import Part, beside, untested

# The gathering goes to no more.
MOST_EXCHANGERS = 10


@dataclass(frozen=True)
class Exchangers:
    """The MX of a domain. hosts: in order of preference, each once; null: `0 .` (RFC 7505)."""

    records: Records
    hosts: list[str] = field(default_factory=list)
    has_null: bool = False
    left_out: int = 0

    @property
    def is_null(self) -> bool:
        return self.has_null and not self.hosts


def exchangers_of(case: Case) -> Exchangers:
    """The domain's MX, the first ten. Raises CannotTell."""
    found = case.dns(case.name, "MX")
    pairs = [
        (each[0], plain(each[1]))
        for each in found.records
        if isinstance(each, list)
        and len(each) == 2
        and isinstance(each[0], int)
        and isinstance(each[1], str)
    ]
    hosts = list(dict.fromkeys(host for _, host in sorted(pairs)))
    named = [host for host in hosts if host]
    left_out = max(found.total - len(pairs), 0) + max(len(named) - MOST_EXCHANGERS, 0)
    return Exchangers(found, named[:MOST_EXCHANGERS], "" in hosts, left_out)


def left_out(exchangers: Exchangers) -> list[Part]:
    """A part for the mail servers nobody looked at: they must not count as passed."""
    if not exchangers.left_out:
        return []
    return [untested("mx_too_many", most=MOST_EXCHANGERS, left_out=exchangers.left_out)]


def without_mail(case: Case) -> list[Part]:
    """The one part of a rule about mail, for a domain without; empty where it applies."""
    if case.subject.has_mail:
        return []
    return [beside("no_mail")]


def without_web(case: Case) -> list[Part]:
    """The one part of a rule about the web, for a domain without; empty where it applies."""
    if case.subject.has_web:
        return []
    return [beside("no_web")]


def web_hosts(case: Case) -> list[str]:
    return list(dict.fromkeys(plain(each) for each in case.subject.hosts or (case.name,)))


def answered(found: list[Observation]) -> list[Observation]:
    return [each for each in found if each.is_answered]
