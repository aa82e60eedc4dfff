"""Whom the demo's Internet has: five domains of its agencies, one of each kind.

Each has addresses of its own on the loopback, in networks apart as a careful agency's are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mailbox.demo.internet.servers.doors import Door, Page, Talk, Tls

RESOLVER = "127.0.0.1"
NAME_SERVERS = ("127.11.4.1", "127.11.5.1")
# What a server's well-known port is on this machine.
SERVICES = (53, 25, 80, 443, 143, 587)
_MAIL_HOSTS = ("www", "mta-sts", "webmail", "mx1", "mx2", "imap", "smtp")
_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_SUBMISSION = Talk(ehlo=("STARTTLS", "8BITMIME"), ehlo_within=("8BITMIME", "AUTH PLAIN"))
_CLEAR = Talk(ehlo=("STARTTLS", "AUTH PLAIN"), capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN")


@dataclass(frozen=True)
class Town:
    """A domain of the demo. number: the last of its addresses; agency: a label of agencies.csv.

    has_answered: its test letters came back, so that evaluators find something to decide on.
    """

    domain: str
    agency: str
    number: int
    role: Literal["mail", "parked"] = "mail"
    security: Literal["signed", "unsigned", "bogus"] = "signed"
    has_faults: bool = False
    has_answered: bool = False
    headers: Mapping[str, str] = field(default_factory=lambda: _HEADERS)

    @property
    def hosts(self) -> list[str]:
        return [self.domain, *(f"{host}.{self.domain}" for host in _MAIL_HOSTS)]

    @property
    def logins(self) -> list[str]:
        domain = self.domain
        return [f"imap.{domain}:143", f"smtp.{domain}:587", f"https://webmail.{domain}/"]

    @property
    def addresses(self) -> tuple[str, str, str]:
        """Of its web, its first and its second mail server."""
        web, mx1, mx2 = (f"127.11.{network}.{self.number}" for network in (1, 2, 3))
        return web, mx1, mx2


TOWNS = (
    Town("soc.example", "soc", 1),
    Town("moi.example", "moi", 2, security="unsigned", has_faults=True, headers={}),
    Town("moi-archive.example", "moi", 3, role="parked"),
    Town("mol.example", "mol", 4, security="bogus"),
    Town("mod.example", "mod", 5, has_answered=True),
)


def addresses() -> list[str]:
    """All that the demo's Internet listens at."""
    of_towns = [each for town in TOWNS if town.role == "mail" for each in town.addresses]
    return [RESOLVER, *NAME_SERVERS, *of_towns]


def names() -> list[str]:
    """What their certificate says."""
    return [host for town in TOWNS if town.role == "mail" for host in town.hosts]


def doors(
    ports: Mapping[int, int], certificate: str, folder: str, portal: int = 0
) -> Iterator[Door]:
    """The servers of all. ports: by the well-known one; folder: pages that a user put there;
    portal: the port of its LMTP, where mail for its mailboxes goes.
    """
    for town in TOWNS:
        if town.role != "mail":
            continue
        web, mx1, mx2 = town.addresses
        tls = Tls({"": certificate})
        old = Tls({"": certificate}, oldest="TLSv1") if town.has_faults else tls
        headers, pages = dict(town.headers), _pages(town)
        yield Door("http", [web], ports[80], pages=pages, folder=folder)
        yield Door("https", [web], ports[443], old, pages=pages, headers=headers, folder=folder)
        yield Door("smtp", [mx1, mx2], ports[25], tls, onward=portal)
        yield Door("imap", [mx1], ports[143], tls, _CLEAR if town.has_faults else Talk())
        yield Door("smtp", [mx1], ports[587], tls, _CLEAR if town.has_faults else _SUBMISSION)


def _pages(town: Town) -> dict[str, Page]:
    login = '<form method="post" action="/"><input type="password" name="password"></form>'
    pages = {f"webmail.{town.domain}/": Page(login)}
    if town.has_faults:
        return pages
    contact = f"Contact: mailto:csirt@{town.domain}\r\nExpires: 2099-12-31T00:00:00Z\r\n"
    policy = f"version: STSv1\r\nmode: enforce\r\nmx: *.{town.domain}\r\nmax_age: 604800\r\n"
    return pages | {
        "/.well-known/security.txt": Page(contact, kind="text/plain; charset=utf-8"),
        "/.well-known/mta-sts.txt": Page(policy, kind="text/plain"),
    }


def zone_text(town: Town, challenge: str, dkim: Sequence[tuple[str, str]]) -> str:
    """The zone as its file begins. challenge: see TR-5; dkim: selectors with their records."""
    lines = [
        f"; DNSSEC: {town.security}",
        "; Edit, save, and have it tested again. After a semicolon nothing counts, save above.",
        f"$ORIGIN {town.domain}.",
        "$TTL 60",
        "@ SOA ns1.demo.example. hostmaster.demo.example. 1 3600 600 604800 60",
        "@ NS ns1.demo.example.",
        "@ NS ns2.demo.example.",
        f'_govmail-challenge TXT "{challenge}"',
    ]
    records = _of_mail(town) if town.role == "mail" else _PARKED
    keys = [f"{selector}._domainkey TXT {_strings(record)}" for selector, record in dkim]
    return "\n".join([*lines, *records, *keys, ""])


def demo_zone() -> str:
    """The zone that the name servers' own names are in, and where reports go."""
    servers = [f"ns{at} A {address}" for at, address in enumerate(NAME_SERVERS, 1)]
    return "\n".join(
        [
            "; DNSSEC: signed",
            "$ORIGIN demo.example.",
            "$TTL 60",
            "@ SOA ns1 hostmaster 1 3600 600 604800 60",
            "@ NS ns1",
            "@ NS ns2",
            *servers,
            '*._report._dmarc TXT "v=DMARC1"',
            "",
        ]
    )


def _of_mail(town: Town) -> list[str]:
    web, mx1, mx2 = town.addresses
    where = {"mx1": mx1, "imap": mx1, "smtp": mx1, "mx2": mx2}
    hosts = [f"{host} A {where.get(host, web)}" for host in ("@", *_MAIL_HOSTS)]
    return [*hosts, "@ MX 10 mx1", "@ MX 20 mx2", *(_FAULTY if town.has_faults else _READY)]


_READY = (
    '@ TXT "v=spf1 mx -all"',
    '@ CAA 0 issue "authority.example"',
    '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@demo.example"',
    '_mta-sts TXT "v=STSv1; id=1"',
    '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@demo.example"',
)
_FAULTY = ('@ TXT "v=spf1 mx ?all"', '_dmarc TXT "v=DMARC1; p=none"')
_PARKED = (
    "@ MX 0 .",
    '@ TXT "v=spf1 -all"',
    '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@demo.example"',
)


def _strings(text: str) -> str:
    """A record as strings of at most 255 octets (RFC 1035 §3.3.14)."""
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
