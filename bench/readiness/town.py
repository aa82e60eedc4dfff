"""A town of agencies on the loopback, in a process of its own: DNS, mail, web and IMAP.

`python -m bench.readiness.town` prints its ports as JSON and serves until its input ends. Domain
`dN.go.th` has two mail servers, a site, a policy of MTA-STS and IMAP, each at an address of its
own, and answers after the time a packet takes through the country. Names with `tarpit` lead to
servers that take a connection and never say a word.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.accounts.probing import certificates

# A round trip between Bangkok and a province, seconds.
ROUND_TRIP = 0.03
_NAME = re.compile(r"(?:(.*)\.)?d(\d+)\.go\.th")
# The second number of an address by who stands there.
_PLACES = {"": 20, "www": 20, "mta-sts": 20, "mx1": 21, "mx2": 22, "imap": 23}
_TARPIT = 66
_NAME_SERVERS = ("127.0.0.1", "127.0.0.53")
_ANY = "0.0.0.0"  # noqa: S104  # all addresses of the loopback
_SPF = '"v=spf1 mx include:_spf.{name} -all"'
_TEXTS = {
    "": _SPF,
    "_spf": '"v=spf1 ip4:203.150.0.0/16 -all"',
    "_dmarc": '"v=DMARC1; p=reject; rua=mailto:dmarc@{name}"',
    "_mta-sts": '"v=STSv1; id=1"',
    "_smtp._tls": '"v=TLSRPTv1; rua=mailto:tls@{name}"',
    "_govmail-challenge": '"govmail-challenge=0123"',
    "s1._domainkey": '"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="',
}


def address_of(label: str, number: int) -> str:
    if label in ("ns1", "ns2"):
        return _NAME_SERVERS[int(label[2]) - 1]
    place = _TARPIT if "tarpit" in label else _PLACES.get(label, 0)
    return f"127.{place}.{number // 250}.{number % 250 + 1}" if place else ""


def records_of(label: str, number: int, kind: str) -> list[str]:
    name = f"d{number}.go.th"
    address = address_of(label, number)
    if kind == "A" and address:
        return [address]
    if kind == "TXT" and label in _TEXTS:
        return [_TEXTS[label].format(name=name)]
    if label:
        return []
    return {
        "SOA": [f"ns1.{name}. host.{name}. 7 3600 600 86400 300"],
        "NS": [f"ns1.{name}.", f"ns2.{name}."],
        "MX": [f"10 {each}.{name}." for each in mail_servers(number)],
        "CAA": ['0 issue "ca.example"'],
    }.get(kind, [])


def mail_servers(number: int) -> list[str]:
    """Every domain from a thousand on has a mail server that never answers."""
    return ["mx1", "tarpit-mx"] if number >= 1000 else ["mx1", "mx2"]


def answer(wire: bytes) -> bytes:
    question = dns.message.from_wire(wire)
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA | dns.flags.AA
    name = question.question[0].name.to_text(omit_final_dot=True).lower()
    kind = dns.rdatatype.to_text(question.question[0].rdtype)
    found = _NAME.fullmatch(name)
    if name == ".":
        reply.answer.append(dns.rrset.from_text(".", 300, "IN", "SOA", "a. b. 1 2 3 4 5"))
        reply.flags |= dns.flags.AD
    elif found is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif texts := records_of(found[1] or "", int(found[2]), kind):
        reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", kind, *texts))
    return reply.to_wire()


class Names(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        said = answer(data)
        asyncio.get_running_loop().call_later(ROUND_TRIP, self._transport.sendto, said, addr)


def _stands_at(writer: asyncio.StreamWriter) -> tuple[int, int]:
    """Who is spoken to: the place, and the number of the domain."""
    _, place, high, low = writer.get_extra_info("sockname")[0].split(".")
    return int(place), int(high) * 250 + int(low) - 1


async def _say(writer: asyncio.StreamWriter, said: bytes) -> None:
    await asyncio.sleep(ROUND_TRIP)
    writer.write(said)
    await writer.drain()


async def _stay_silent(reader: asyncio.StreamReader) -> None:
    while await reader.read(4096):
        pass


async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    place, number = _stands_at(writer)
    if place == _TARPIT:
        return await _stay_silent(reader)
    await _say(writer, b"220 mx ESMTP\r\n")
    is_secret = False
    while line := (await reader.readline()).upper().strip():
        if line.startswith(b"EHLO"):
            await _say(writer, b"250 mx\r\n" if is_secret else b"250-mx\r\n250 STARTTLS\r\n")
        elif line == b"STARTTLS":
            await _say(writer, b"220 go\r\n")
            reader._buffer.clear()  # type: ignore[attr-defined]
            await writer.start_tls(secrets_of(number))
            is_secret = True
        else:
            await _say(writer, b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n")
            if line == b"QUIT":
                return


async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _say(writer, b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n")
    while line := await reader.readline():
        tag = line.split(b" ")[0]
        if b"CAPABILITY" in line.upper():
            await _say(writer, b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n")
        await _say(writer, tag + b" OK done\r\n")


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    place, number = _stands_at(writer)
    if place == _TARPIT:
        return await _stay_silent(reader)
    is_plain = writer.get_extra_info("ssl_object") is None
    head = await reader.readuntil(b"\r\n\r\n")
    name = f"d{number}.go.th"
    host = re.search(rb"\r\nhost: ([^\r]*)", head.lower())
    onward = f"https://{host[1].decode() if host else name}/"
    if is_plain:
        said = f"HTTP/1.1 301 Moved\r\nLocation: {onward}\r\nContent-Length: 0\r\n\r\n"
    else:
        body = "version: STSv1\r\nmode: enforce\r\nmx: *.{name}\r\nmax_age: 604800\r\n"
        said = (
            "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=31536000\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
    await _say(writer, said.encode())


@cache
def root() -> certificates.Authority:
    return certificates.authority()


@cache
def secrets_of(number: int) -> ssl.SSLContext:
    """The TLS of a domain's servers."""
    name = f"d{number}.go.th"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(root().issue(name, f"*.{name}").file_in(Path(folder)))
    return context


def _by_name() -> ssl.SSLContext:
    """TLS that takes its certificate from the name that is asked for."""

    def choose(sock: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        found = _NAME.fullmatch(name or "")
        if found:
            sock.context = secrets_of(int(found[2]))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = choose
    return context


Door = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _closing(door: Door) -> Door:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await door(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return served


async def serve() -> None:
    """Print the ports and the authority's file; serve until nobody holds our input."""
    loop = asyncio.get_running_loop()
    doors = ((25, mail, None), (80, web, None), (143, imap, None), (443, web, _by_name()))
    ports = {}
    for port, door, secret in doors:
        server = await asyncio.start_server(_closing(door), _ANY, 0, ssl=secret, backlog=1000)
        ports[port] = server.sockets[0].getsockname()[1]
    transport, _ = await loop.create_datagram_endpoint(Names, (_NAME_SERVERS[0], 0))
    ports[53] = transport.get_extra_info("sockname")[1]
    # An answer must come from the address that was asked.
    await loop.create_datagram_endpoint(Names, (_NAME_SERVERS[1], ports[53]))
    with tempfile.TemporaryDirectory(prefix="town-") as folder:
        print(json.dumps({"ports": ports, "ca_file": root().ca_file(Path(folder))}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
