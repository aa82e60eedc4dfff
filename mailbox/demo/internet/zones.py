"""Zones of the demo as text files that a user edits, and answers as a validating resolver's.

A file `<domain>.zone` is a master file (RFC 1035 §5) whose first line says whether the zone is
signed: "; DNSSEC: signed", "unsigned" or "bogus". Nothing is really signed: the answers carry
the AD bit that a validating resolver would set. A changed file counts at once; of one that cannot
be read the version before it goes on, as name servers do, and its fault is said. Needs no Django.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

_MOST_CNAMES = 8
# What a datagram may hold for whoever says nothing of it (RFC 1035 §4.2.1).
_PLAIN = 512
_ROOT = """; DNSSEC: signed
$ORIGIN .
$TTL 60
@ SOA ns1.demo.example. hostmaster.demo.example. 1 3600 600 604800 60
@ NS ns1.demo.example.
"""


@dataclass(frozen=True)
class ServedZone:
    origin: dns.name.Name
    security: str
    # None: its file cannot be read.
    zone: dns.zone.Zone | None


class Zones:
    """The zones of a folder. say: where the faults of their files are told."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder, self._say = folder, say
        self._guard = threading.Lock()
        self._read: dict[Path, tuple[int, ServedZone]] = {}
        self._root = _parsed(dns.name.root, _ROOT)

    def answer(self, wire: bytes, *, most: int | None = None) -> bytes | None:
        """The answer to a question as it came; None where it is none. most: octets, of UDP."""
        try:
            asked = dns.message.from_wire(wire)
            (question,) = asked.question
        except (dns.exception.DNSException, ValueError):
            return None
        answer = dns.message.make_response(asked, recursion_available=True)
        self._fill(answer, asked, question.name, question.rdtype)
        if most is None:
            return answer.to_wire()
        room = max(asked.payload, _PLAIN) if asked.edns >= 0 else _PLAIN
        try:
            return answer.to_wire(max_size=min(room, most))
        except dns.exception.TooBig:
            short = dns.message.make_response(asked, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()

    def _fill(
        self,
        answer: dns.message.Message,
        asked: dns.message.Message,
        name: dns.name.Name,
        kind: dns.rdatatype.RdataType,
    ) -> None:
        if not asked.flags & dns.flags.RD:
            answer.flags |= dns.flags.AA
        seen = []
        for _ in range(_MOST_CNAMES):
            served = self._zone_of(name)
            seen.append(served.security)
            if served.zone is None:
                answer.set_rcode(dns.rcode.SERVFAIL)
                return
            onward = _look(answer, served.zone, name, kind)
            if onward is None:
                break
            name = onward
        _tell_security(answer, asked, seen)

    def _zone_of(self, name: dns.name.Name) -> ServedZone:
        """The zone that a name is of: the longest that ends it."""
        while name != dns.name.root:
            file = self._folder / f"{name.to_text(omit_final_dot=True).lower()}.zone"
            if served := self._of_file(file, name):
                return served
            name = name.parent()
        return self._root

    def _of_file(self, file: Path, origin: dns.name.Name) -> ServedZone | None:
        try:
            changed = file.stat().st_mtime_ns
            with self._guard:
                known = self._read.get(file)
                if known is None or known[0] != changed:
                    known = (changed, self._load(file, origin, known[1] if known else None))
                    self._read[file] = known
            return known[1]
        except (OSError, ValueError):
            return None

    def _load(self, file: Path, origin: dns.name.Name, before: ServedZone | None) -> ServedZone:
        text = file.read_text(encoding="utf-8")
        try:
            served = _parsed(origin, text)
        except (dns.exception.DNSException, ValueError) as error:
            self._say(f"{file} cannot be read as a zone: {error}")
            return before or ServedZone(origin, "unsigned", None)
        self._say(f"{file.name} was read; it is {served.security}.")
        return served


def _parsed(origin: dns.name.Name, text: str) -> ServedZone:
    """Raises DNSException or ValueError."""
    found = re.match(r";\s*DNSSEC:\s*(signed|unsigned|bogus)\b", text, re.IGNORECASE)
    security = found[1].lower() if found else "unsigned"
    zone = dns.zone.from_text(
        _quoted(_dotted(text, origin)), origin, relativize=False, check_origin=False
    )
    return ServedZone(origin, security, zone)


def _dotted(text: str, origin: dns.name.Name) -> str:
    """Names that are whole but lack the dot at their end get it: that is how they are pasted."""
    name = origin.to_text(omit_final_dot=True)
    if origin == dns.name.root:
        return text
    whole = re.compile(rf"(?<!\S)((?:[\w*-]+\.)*{re.escape(name)})(?!\S)", re.IGNORECASE)
    return whole.sub(r"\1.", text)


def _quoted(text: str) -> str:
    """A TXT record that was pasted as its provider's page takes it: without quotation marks."""
    return re.sub(r'(?m)^(\S+[ \t]+TXT[ \t]+)([^"(\s].*?)[ \t]*$', r'\1"\2"', text)


def _look(
    answer: dns.message.Message,
    zone: dns.zone.Zone,
    name: dns.name.Name,
    kind: dns.rdatatype.RdataType,
) -> dns.name.Name | None:
    """Put what a zone has of a name into the answer; where a CNAME leads on, give its name."""
    node = _node_of(zone, name)
    if node is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif found := node.get_rdataset(dns.rdataclass.IN, kind):
        answer.answer.append(dns.rrset.from_rdata_list(name, found.ttl, list(found)))
        return None
    elif alias := node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.CNAME):
        answer.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, list(alias)))
        return dns.name.from_text(alias[0].to_text())
    if zone.origin is not None and (soa := zone.get_rdataset(zone.origin, dns.rdatatype.SOA)):
        answer.authority.append(dns.rrset.from_rdata_list(zone.origin, soa.ttl, list(soa)))
    return None


def _node_of(zone: dns.zone.Zone, name: dns.name.Name) -> dns.node.Node | None:
    """A name's own node, an empty one above others, or the wildcard's; None: no such name."""
    if node := zone.get_node(name):
        return node
    if any(each.is_subdomain(name) for each in zone.nodes):
        return zone.node_factory()
    while name != zone.origin:
        name = name.parent()
        if node := zone.get_node(dns.name.Name((b"*", *name.labels))):
            return node
    return None


def _tell_security(
    answer: dns.message.Message, asked: dns.message.Message, seen: list[str]
) -> None:
    """As a validating resolver does: AD for what is signed, SERVFAIL for what is bogus."""
    if not asked.flags & dns.flags.RD:
        # Of the name server itself, which validates nothing.
        return
    wants = asked.flags & dns.flags.AD or asked.ednsflags & dns.flags.DO
    if "bogus" in seen and not asked.flags & dns.flags.CD:
        answer.answer.clear()
        answer.authority.clear()
        answer.set_rcode(dns.rcode.SERVFAIL)
        if asked.edns >= 0:
            answer.use_edns(
                0, options=[dns.edns.EDEOption(dns.edns.EDECode.DNSSEC_BOGUS, "no such DS")]
            )
    elif set(seen) == {"signed"} and wants:
        answer.flags |= dns.flags.AD
