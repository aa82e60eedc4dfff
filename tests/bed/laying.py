"""Zones and doors of the bed: what its agencies say of themselves, and what all have in common."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailbox.demo.internet.servers.doors import Door, Page, Tls
from tests.bed import papers
from tests.bed.agency import BELOW, BedAgency, Paper
from tests.bed.names import LATE, NAME_SERVERS, Zone
from tests.bed.rows import CHALLENGE

_DAY = timedelta(days=1)
_LASTS: Mapping[Paper, timedelta] = {
    "ends-soon": 10 * _DAY,
    "ends-within-a-month": 20 * _DAY,
    "over": -1 * _DAY,
}
_LOGIN = (
    '<!doctype html><title>Mail</title><form method="post" action="/in">'
    '<input name="name"><input type="password" name="password"><button>In</button></form>'
)


class Laying:
    """Where each agency is, and which papers its servers show.

    Its web server is number n of the first network, its mail servers of the second and third.
    """

    def __init__(self, agencies: Sequence[BedAgency], folder: Path) -> None:
        self._numbers = {agency.label: number for number, agency in enumerate(agencies, 10)}
        self._agencies = agencies
        self._folder = folder
        self.authority = papers.Authority()
        self._stranger = papers.Authority("An authority that nobody knows")
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._small = rsa.generate_private_key(65537, 1024)  # noqa: S505  # what is to be found
        self._large = rsa.generate_private_key(65537, 2048)

    def zones(self) -> list[Zone]:
        all_of = NAME_SERVERS | LATE
        glue = {f"{host}.": [f"A {v4}", f"AAAA {v6}"] for host, (v4, v6) in all_of.items()}
        # Where nobody listens.
        glue["ns4.test."] = ["A 203.0.113.1"]
        willing = {"*._report._dmarc.reports": ['TXT "v=DMARC1"']}
        others = sorted({agency.below for agency in self._agencies} - {"test", BELOW})
        above = [Zone(".", glue), Zone("test", glue | willing), *map(Zone, [BELOW, *others])]
        return [*above, *(self.zone(agency) for agency in self._agencies)]

    def doors(self) -> Iterator[Door]:
        for agency in self._agencies:
            yield from self._web(agency)
            if agency.role == "mail":
                yield from self._mail(agency)

    # --- DNS ------------------------------------------------------------------

    def zone(self, agency: BedAgency) -> Zone:
        """What DNS is to say of one of its agencies, or of one that has changed since."""
        web, mx1, mx2 = self._addresses(agency)
        hosts = {"mail": _MAIL_HOSTS, "web": _WEB_HOSTS, "parked": _PARKED_HOSTS}[agency.role]
        by_server = {"web": web, "mx1": mx1, "mx2": mx2}
        usual: dict[str, Sequence[str] | None] = {}
        for host, server in hosts.items():
            v4, v6 = by_server[server]
            usual |= {f"{host} A": (f"A {v4}",), f"{host} AAAA": (f"AAAA {v6}",)}
        usual |= _MAIL_RECORDS if agency.role == "mail" else _QUIET_RECORDS
        usual |= {"_govmail-challenge TXT": (f'TXT "govmail-challenge={CHALLENGE}"',)}
        owners: dict[str, list[str]] = {}
        for name, values in {**usual, **agency.records}.items():
            found = [self._filled(value, agency) for value in values or ()]
            owners.setdefault(name.partition(" ")[0], []).extend(found)
        return Zone(agency.domain, owners, agency.signed, agency.bogus, agency.name_servers)

    def _filled(self, value: str, agency: BedAgency) -> str:
        found = {
            "{tlsa}": self._tlsa(),
            "{rsa2048}": _public(self._large),
            "{rsa1024}": _public(self._small),
            "%d": agency.domain,
        }
        for mark, text in found.items():
            value = value.replace(mark, text)
        kind, _, text = value.partition(" ")
        if kind != "TXT":
            return value
        text = text.strip('"')
        # A string of a TXT record has at most 255 octets.
        return "TXT " + " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))

    def _tlsa(self) -> str:
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(public).hexdigest()

    def _addresses(self, agency: BedAgency) -> list[tuple[str, str]]:
        number = self._numbers[agency.label]
        return [
            (f"192.0.2.{number}", f"2001:db8:1::{number}"),
            (f"198.51.100.{number}", f"2001:db8:2::{number}"),
            (f"203.0.113.{number}", f"2001:db8:3::{number}"),
        ]

    # --- Servers --------------------------------------------------------------

    def _web(self, agency: BedAgency) -> Iterator[Door]:
        if agency.role == "parked":
            return
        web, domain = agency.web, agency.domain
        addresses = self._addresses(agency)[0]
        shown = self._paper(web.paper, [domain, f"www.{domain}"], domain)
        others = self._paper("good", [f"mta-sts.{domain}", f"webmail.{domain}"], f"sts.{domain}")
        by_name = {"": shown, f"mta-sts.{domain}": others, f"webmail.{domain}": others}
        pages = {
            path: page for path, page in {**_pages(domain), **web.pages}.items() if page is not None
        }
        if not web.closed80:
            # Of the places of sign-in nothing is served in clear, whatever the others do.
            in_clear = {path: page for path, page in pages.items() if path.startswith("/")}
            yield Door("http", addresses, 80, pages=in_clear, plain=web.plain)
        if not web.is_deaf:
            tls = Tls(by_name, web.oldest, web.newest)
            yield Door("https", addresses, 443, tls, pages=pages, headers=dict(web.headers))

    def _mail(self, agency: BedAgency) -> Iterator[Door]:
        domain = agency.domain
        _web, *servers = self._addresses(agency)
        for number, (mail, addresses) in enumerate(zip(agency.mail, servers, strict=True), 1):
            if not mail.is_deaf:
                names = [f"mx{number}.{domain}"]
                shown = self._paper(mail.paper, names, names[0])
                tls = Tls({"": shown}, mail.oldest, mail.newest)
                yield Door("smtp", addresses, 25, tls, mail.talk)
        names = [f"imap.{domain}", f"smtp.{domain}"]
        tls = Tls({"": self._paper("good", names, names[0])})
        yield Door("imap", servers[0], 143, tls, agency.imap)
        yield Door("smtp", servers[0], 587, tls, agency.submission)

    def _paper(self, paper: Paper, names: Sequence[str], file: str) -> str:
        signer = self._stranger if paper == "stranger" else self.authority
        key = self._small if paper == "small" else self._key
        for_names = [f"not-{names[0]}"] if paper == "other-name" else names
        leaf = signer.leaf(for_names, key, lasts=_LASTS.get(paper, 90 * _DAY))
        return str(papers.write(self._folder / f"{file}.pem", leaf, key))


_WEB_HOSTS = {"@": "web", "www": "web"}
_PARKED_HOSTS = {"mx1": "mx1"}
_MAIL_HOSTS = _WEB_HOSTS | {
    "mta-sts": "web",
    "webmail": "web",
    "mx1": "mx1",
    "mx2": "mx2",
    "imap": "mx1",
    "smtp": "mx1",
}
_MAIL_RECORDS: Mapping[str, Sequence[str]] = {
    "@ MX": ("MX 10 mx1", "MX 20 mx2"),
    "@ TXT": ('TXT "v=spf1 mx -all"',),
    "@ CAA": ('CAA 0 issue "authority.test"',),
    "_dmarc TXT": ('TXT "v=DMARC1; p=reject; rua=mailto:dmarc@reports.test"',),
    "_mta-sts TXT": ('TXT "v=STSv1; id=20260101"',),
    "_smtp._tls TXT": ('TXT "v=TLSRPTv1; rua=mailto:tls@reports.test"',),
    "s1._domainkey TXT": ('TXT "v=DKIM1; k=rsa; p={rsa2048}"',),
    "s2._domainkey TXT": (
        # RFC 8463's own example.
        'TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="',
    ),
}
_QUIET_RECORDS: Mapping[str, Sequence[str]] = {
    "@ MX": ("MX 0 .",),
    "@ TXT": ('TXT "v=spf1 -all"',),
    "@ CAA": ('CAA 0 issue "authority.test"',),
    "_dmarc TXT": ('TXT "v=DMARC1; p=reject; rua=mailto:dmarc@reports.test"',),
}


def _pages(domain: str) -> dict[str, Page]:
    until = (datetime.now(UTC) + 180 * _DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    contact = (
        f"Contact: mailto:csirt@{domain}\r\n"
        f"Expires: {until}\r\n"
        "Preferred-Languages: th, en\r\n"
        f"Canonical: https://{domain}/.well-known/security.txt\r\n"
    )
    policy = f"version: STSv1\r\nmode: enforce\r\nmx: *.{domain}\r\nmax_age: 604800\r\n"
    return {
        "/.well-known/security.txt": Page(contact, kind="text/plain; charset=utf-8"),
        "/.well-known/mta-sts.txt": Page(policy, kind="text/plain"),
        f"webmail.{domain}/": Page(_LOGIN),
    }


def _public(key: rsa.RSAPrivateKey) -> str:
    """As a DKIM record says it: base64 of the DER."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()
