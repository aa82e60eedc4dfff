"""The DNS lane: every record that the rules read, and where these lead."""

from __future__ import annotations

from functools import partial
from typing import Any

from accounts.probing.dns import Dns
from accounts.probing.failing import Deadline
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Observations
from accounts.probing.outbound import Outbound
from accounts.readiness.gathering import ways
from accounts.readiness.gathering.asking import Question, Round, Tell, Then
from accounts.readiness.gathering.leads import leads_of, report_hosts, spf_of
from accounts.readiness.reading.names import organisational
from accounts.readiness.subject import Subject

_OF_THE_DOMAIN = ("SOA", "NS", "MX", "A", "AAAA", "TXT", "CAA", "DNSKEY")
_OF_A_HOST = ("A", "AAAA", "CNAME")
_MOST_SERVERS, _MOST_ADDRESSES, _MOST_REPORT_HOSTS = 13, 4, 10
# Ten are allowed (RFC 7208 §4.6.4); a little more than it takes to see that there are too many.
_MOST_LOOKUPS = 20
MOST_EXCHANGERS = 10
_KINDS = {"include": ("TXT",), "redirect": ("TXT",), "mx": ("MX",), "exists": ("A",)}


def ask_dns(subject: Subject, ground: Ground, *, tell: Tell | None = None) -> Observations:
    """Ask DNS all that a subject is judged by; `tell` hears how far it has come."""
    lane = Deadline(ground.dns_lane_seconds)
    dns = Dns(ground, lane=lane)
    found = _Names(subject, dns, Round(lane, tell)).ask_all()
    return ways.told_apart(found, Outbound(ground, dns))


class _Names:
    """One subject's names. Every step puts questions; the round asks them."""

    def __init__(self, subject: Subject, dns: Dns, round: Round) -> None:
        self._subject, self._dns, self._round = subject, dns, round
        self._lookups = 0
        self._expanded: set[str] = set()

    def ask_all(self) -> Observations:
        name = self._subject.name
        thens: dict[str, Then] = {
            "NS": self._servers,
            "MX": self._exchangers,
            "TXT": partial(self._spf, name),
        }
        for kind in _OF_THE_DOMAIN:
            self._record(name, kind, thens.get(kind))
        for domain in dict.fromkeys((name, organisational(name))):
            self._record(f"_dmarc.{domain}", "TXT", partial(self._reports, domain))
        for label in ("_mta-sts", "_smtp._tls", "_govmail-challenge"):
            self._record(f"{label}.{name}", "TXT")
        for selector in self._subject.selectors:
            self._record(f"{selector}._domainkey.{name}", "TXT")
        self._hosts()
        return self._round.run()

    def _record(self, name: str, kind: str, then: Then | None = None) -> None:
        target = f"{name.lower().removesuffix('.') or '.'} {kind}"
        look = partial(self._dns.ask, name, kind)
        self._round.ask(Question("dns", target, look), then)

    def _hosts(self) -> None:
        hosts = list(self._subject.hosts) if self._subject.has_web else []
        for host in hosts:
            for kind in _OF_A_HOST:
                self._record(host, kind)
        if self._subject.has_mail:
            for kind in ("A", "AAAA"):
                self._record(f"mta-sts.{self._subject.name}", kind)

    def _servers(self, seen: Observation) -> None:
        """The name servers; of a name below a zone's top those of the zone."""
        zone = seen.target.partition(" ")[0]
        servers = records_of(seen)
        above = seen.facts.get("zone", "")
        if not servers and zone == self._subject.name and zone.endswith(f".{above}"):
            if organisational(zone) in (above, organisational(above)):
                self._record(above, "NS", self._servers)
            return
        for server in servers[:_MOST_SERVERS]:
            for kind in ("A", "AAAA"):
                self._record(server, kind, partial(self._ask_servers, zone, server))

    def _ask_servers(self, zone: str, server: str, seen: Observation) -> None:
        for address in records_of(seen)[:_MOST_ADDRESSES]:
            look = partial(self._dns.ask_server, zone, server, address)
            self._round.ask(Question("ns", f"{server}@{address}", look))

    def _exchangers(self, seen: Observation) -> None:
        for host in exchangers_in(seen):
            for kind in _OF_A_HOST:
                self._record(host, kind)
            self._record(f"_25._tcp.{host}", "TLSA")
            self._record(host, "SOA", self._zone)

    def _zone(self, seen: Observation) -> None:
        """A name within a zone has no SOA: whether the zone is secure, its own says."""
        if seen.is_answered and seen.facts.get("zone"):
            self._record(seen.facts["zone"], "SOA")

    def _reports(self, domain: str, seen: Observation) -> None:
        """The word of others that they take reports about a domain (RFC 7489 §7.1)."""
        policies = [each for each in records_of(seen) if each[:8].lower() == "v=dmarc1"]
        hosts = [host for policy in policies[:1] for host in report_hosts(policy)]
        for host in hosts[:_MOST_REPORT_HOSTS]:
            if organisational(host) != organisational(domain):
                self._record(f"{domain}._report._dmarc.{host}", "TXT")

    def _spf(self, domain: str, seen: Observation) -> None:
        """Whatever an SPF record leads to, and what these lead to, up to a bound in all."""
        if domain in self._expanded:
            return
        self._expanded.add(domain)
        for lead in leads_of(spf_of(records_of(seen)), domain):
            if self._lookups >= _MOST_LOOKUPS:
                return
            self._lookups += 1
            if not lead.name:
                continue
            for kind in _KINDS.get(lead.kind, ("A", "AAAA")):
                leads_on = kind == "TXT"
                self._record(lead.name, kind, partial(self._spf, lead.name) if leads_on else None)


def records_of(seen: Observation | None) -> list[Any]:
    """The records of an answer; none where there was none."""
    found = seen.facts.get("records", []) if seen is not None and seen.is_answered else []
    return list(found)


def exchangers_in(seen: Observation | None) -> list[str]:
    """The mail servers of an MX answer, the preferred first; not the "." that says none."""
    hosts = dict.fromkeys(host for _preference, host in records_of(seen) if host not in ("", "."))
    return list(hosts)[:MOST_EXCHANGERS]
