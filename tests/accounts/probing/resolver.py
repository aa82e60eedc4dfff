"""A resolver for tests: answers from a table, over UDP and TCP, as a validating one would."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from types import TracebackType

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

# One datagram of a resolver that keeps to RFC 9715.
_DATAGRAM = 1232


class Resolver:
    """records: (name, kind) to texts as in a zone file, or a function that gives them.

    raw: the octets of a record that no library would write. A name that nothing is known of is
    NXDOMAIN. secure: names that AD is said of. bogus: SERVFAIL
    without CD. dead: SERVFAIL whatever is asked. silent: no answer. ede: what SERVFAIL is said
    with. zones: whose SOA stands beside answers of nothing. asked: all questions.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str] | Callable[[], list[str]]] = {}
        self.raw: dict[tuple[str, str], bytes] = {}
        self.secure: set[str] = {"."}
        self.bogus: set[str] = set()
        self.dead: set[str] = set()
        self.silent: set[str] = set()
        self.ede: int | None = None
        self.refuses = False
        self.zones: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self._servers: list[socketserver.BaseServer] = []
        self.port = 0
        self.put(".", "SOA", "a.root. hostmaster.root. 1 2 3 4 5")
        self.put("localhost", "A", "127.0.0.1")

    def put(self, name: str, kind: str, *texts: str) -> None:
        self.records[name, kind] = list(texts)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Resolver:
        udp, tcp = _both()
        self.port = udp.server_address[1]
        self._servers = [udp, tcp]
        for server in (udp, tcp):
            server.resolver = self
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def answer(self, wire: bytes) -> dns.message.Message | None:
        question = dns.message.from_wire(wire)
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.RA
        is_checked = not question.flags & dns.flags.CD
        if self.refuses or name in self.dead or (name in self.bogus and is_checked):
            reply.set_rcode(dns.rcode.REFUSED if self.refuses else dns.rcode.SERVFAIL)
            if self.ede is not None:
                reply.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode(self.ede))])
            return reply
        self._fill(reply, name, kind)
        if name in self.secure and is_checked:
            reply.flags |= dns.flags.AD
        return reply

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        if octets := self.raw.get((name, kind)):
            rdtype = dns.rdatatype.from_text(kind)
            rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, octets)
            reply.answer.append(dns.rrset.from_rdata(f"{name}.", 300, rdata))
            return
        for _ in range(20):
            texts = self.records.get((name, kind))
            if texts is None and (alias := self.records.get((name, "CNAME"))):
                target = alias() if callable(alias) else alias
                reply.answer.append(_rrset(name, "CNAME", target))
                name = target[0].removesuffix(".").lower()
                continue
            if texts is not None:
                found = texts() if callable(texts) else texts
                reply.answer.append(_rrset(name, kind, found))
            else:
                self._deny(reply, name)
            return

    def _deny(self, reply: dns.message.Message, name: str) -> None:
        if name not in {known for known, _kind in self.records}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        for zone in self.zones:
            if f".{name}".endswith(f".{zone}"):
                reply.authority.append(_rrset(zone, "SOA", [f"ns.{zone}. host.{zone}. 7 1 1 1 1"]))


def _rrset(name: str, kind: str, texts: list[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text(f"{name}." if name != "." else ".", 300, "IN", kind, *texts)


class _Server(socketserver.ThreadingMixIn):
    resolver: Resolver
    daemon_threads = True
    allow_reuse_address = True


class _Udp(_Server, socketserver.UDPServer): ...


class _Tcp(_Server, socketserver.TCPServer): ...


def _both() -> tuple[_Udp, _Tcp]:
    """A port that is free for both."""
    while True:
        tcp = _Tcp(("127.0.0.1", 0), _Stream)
        try:
            return _Udp(("127.0.0.1", tcp.server_address[1]), _Datagram), tcp
        except OSError:
            tcp.server_close()


class _Datagram(socketserver.BaseRequestHandler):
    server: _Udp
    request: tuple[bytes, socket.socket]

    def handle(self) -> None:
        wire, sock = self.request
        reply = self.server.resolver.answer(wire)
        if reply is None:
            return
        said = reply.to_wire(max_size=65535)
        if len(said) > _DATAGRAM:
            short = dns.message.make_response(dns.message.from_wire(wire))
            short.flags |= dns.flags.TC
            said = short.to_wire()
        sock.sendto(said, self.client_address)


class _Stream(socketserver.StreamRequestHandler):
    server: _Tcp

    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.rfile.read(2))
        reply = self.server.resolver.answer(self.rfile.read(length))
        if reply is not None:
            said = reply.to_wire(max_size=65535)
            self.wfile.write(struct.pack("!H", len(said)) + said)
