"""Evidence made by hand: a domain that passes every rule, and what spoils one thing of it.

    seen = but(dns("agency.go.th TXT", "v=spf1 +all"))
    outcome_of("TR-1", seen)

`good_subject` and `good_evidence` are those of `agency.go.th` at NOON; nothing here is asked of
any network, and the names are never resolved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness import profiles
from accounts.readiness.checks import Judgement, judge
from accounts.readiness.profiles.lines import RuleLine
from accounts.readiness.subject import Subject

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
NAME = "agency.go.th"
MAIL_HOSTS = ("mx1.agency.go.th", "mx2.agency.go.th")
WEB_HOSTS = (NAME, "www.agency.go.th")
ADDRESSES = {
    "mx1.agency.go.th": ("203.0.113.10", "2001:db8:1::10"),
    "mx2.agency.go.th": ("198.51.100.10", "2001:db8:2::10"),
    NAME: ("203.0.113.80", "2001:db8:1::80"),
    "www.agency.go.th": ("203.0.113.80", "2001:db8:1::80"),
    "ns1.agency.go.th": ("203.0.113.53", "2001:db8:1::53"),
    "ns2.agency.go.th": ("198.51.100.53", "2001:db8:2::53"),
}
CHALLENGE = "govmail-challenge=0123456789abcdef"
HEADERS = [
    ["Strict-Transport-Security", "max-age=31536000; includeSubDomains"],
    ["Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"],
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", "DENY"],
    ["Referrer-Policy", "strict-origin-when-cross-origin"],
]
STS_POLICY = "version: STSv1\r\nmode: enforce\r\nmx: *.agency.go.th\r\nmax_age: 604800\r\n"
SECURITY_TXT = "Contact: mailto:csirt@agency.go.th\nExpires: 2027-06-01T00:00:00Z\n"
# The name of an observation, "dns agency.go.th TXT", parted.
Named = tuple[str, str]


# --- What a run knows -----------------------------------------------------


def good_subject(**changes: Any) -> Subject:
    """The subject that passes every rule, with changes."""
    days = [NOON.date() - timedelta(days=number) for number in range(13, -1, -1)]
    availability = tuple(
        (day.isoformat(), service, 24, 0, 0) for day in days for service in ("smtp", "https")
    )
    known: dict[str, Any] = {
        "name": NAME,
        "role": "mail",
        "hosts": WEB_HOSTS,
        "logins": ("imap.agency.go.th:143", "https://webmail.agency.go.th/"),
        "selectors": ("s2026",),
        "challenge": CHALLENGE,
        "verified_at": NOON - timedelta(days=30),
        "no_forwarding_at": NOON - timedelta(days=30),
        "availability": availability,
        "signed": good_letter(),
        "saraban": good_round_trip(),
    }
    return Subject(**(known | changes))


def good_letter(**changes: Any) -> dict[str, Any]:
    signature = {"d": NAME, "s": "s2026", "result": "pass", "algorithm": "rsa-sha256", "bits": 2048}
    return {
        "arrived_at": (NOON - timedelta(days=3)).isoformat(),
        "from_domain": NAME,
        "signatures": [signature],
        "aligned": True,
    } | changes


def good_round_trip(**changes: Any) -> dict[str, Any]:
    sent = NOON - timedelta(days=3)
    return {
        "sent_at": sent.isoformat(),
        "reply_code": 250,
        "reply": "2.0.0 Ok",
        "answered_at": (sent + timedelta(hours=2)).isoformat(),
        "answer_by": (sent + timedelta(days=3)).isoformat(),
        "from_domain": NAME,
    } | changes


def parked_subject(**changes: Any) -> Subject:
    """A domain that is not in use, and says so."""
    known = {"role": "parked", "hosts": (), "logins": (), "selectors": (), "availability": ()}
    return good_subject(**(known | {"signed": None, "saraban": None} | changes))


# --- One observation ------------------------------------------------------


def observed(probe: str, target: str, status: Status = Status.ANSWERED, **rest: Any) -> Observation:
    """rest: facts, and `error`."""
    error = rest.pop("error", "" if status == Status.ANSWERED else "timeout")
    return Observation(probe, target, status, NOON, rest, 12, error)


def dns(target: str, *records: Any, **facts: Any) -> Observation:
    """An answer: `dns("agency.go.th TXT", "v=spf1 -all")`; without records the name has none."""
    known = {"rcode": "NOERROR", "chain": [], "secure": True, "bogus": False, "ttl": 3600}
    return observed("dns", target, records=list(records), **(known | facts))


def missing(target: str) -> Observation:
    return dns(target, rcode="NXDOMAIN")


def lost(target: str) -> Observation:
    """Their servers gave no answer that could be used."""
    return dns(target, rcode="SERVFAIL", secure=None)


def tls_facts(host: str, **changes: Any) -> dict[str, Any]:
    return {
        "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"},
        "tls_error": "",
        "certificates": [certificate(host)],
        "trusted": True,
        "trust_error": "",
        "name_matches": True,
        "old": {"TLSv1": "refused", "TLSv1.1": "refused", "SSLv3": "untested"},
        "forced": {"TLSv1.2": "accepted", "TLSv1.3": "accepted"},
    } | changes


def smtp(host: str, address: str = "", **changes: Any) -> Observation:
    known = tls_facts(host) | {
        "port": 25,
        "banner_code": 220,
        "banner": f"{host} ESMTP",
        "banner_ms": 40,
        "ehlo": [host, "STARTTLS"],
        "starttls": True,
        "injected": False,
    }
    return observed("smtp", f"{host}@{address or ADDRESSES[host][0]}", **(known | changes))


def tls(host: str, address: str = "", **changes: Any) -> Observation:
    return observed("tls", f"{host}@{address or ADDRESSES[host][0]}", **tls_facts(host, **changes))


def deep(host: str, **changes: Any) -> Observation:
    return observed("deep", f"{host}:443", **({"accepted": {"SSLv3": []}, "weak": []} | changes))


def hop(url: str, status: int = 200, *headers: list[str], **rest: Any) -> dict[str, Any]:
    known = {"url": url, "address": "203.0.113.80", "status": status, "headers": list(headers)}
    return known | {"error": ""} | rest


def http(*hops: dict[str, Any], body: str = "", **rest: Any) -> Observation:
    return observed(
        "http", hops[0]["url"], hops=list(hops), body=body, final=hops[-1]["url"], **rest
    )


def text_page(url: str, body: str, kind: str = "text/plain; charset=utf-8") -> Observation:
    return http(hop(url, 200, ["Content-Type", kind], trusted=True), body=body)


def unable(name: str) -> Observation:
    """The observation that our own fault left of a question: `unable("dns agency.go.th MX")`."""
    probe, _, target = name.partition(" ")
    return observed(probe, target, Status.UNABLE, error="no_resolver")


# --- All of a run ---------------------------------------------------------


def good_evidence() -> Observations:
    """Everything that a run asks of the good subject, answered well."""
    found = [*_names(), *_policies(), *_servers(), observed("route", "control")]
    return Observations(found)


def _names() -> Iterable[Observation]:
    yield dns(f"{NAME} SOA", ["ns1.agency.go.th", "hostmaster.agency.go.th", 2026112301])
    yield dns(f"{NAME} NS", "ns1.agency.go.th", "ns2.agency.go.th")
    yield dns(f"{NAME} MX", [10, MAIL_HOSTS[0]], [20, MAIL_HOSTS[1]])
    yield dns(f"{NAME} CAA", [0, "issue", "ca.example"])
    yield dns(f"{NAME} DNSKEY", "257 3 13 key")
    for host, (v4, v6) in ADDRESSES.items():
        yield dns(f"{host} A", v4)
        yield dns(f"{host} AAAA", v6)
        yield dns(f"{host} CNAME")
        if host.startswith("ns"):
            for address in (v4, v6):
                yield observed(
                    "ns", f"{host}@{address}", zone=NAME, serial=2026112301, authoritative=True
                )


def _policies() -> Iterable[Observation]:
    yield dns(f"{NAME} TXT", "v=spf1 mx ip4:203.0.113.0/24 include:_spf.cloud.example -all")
    yield dns("_spf.cloud.example TXT", "v=spf1 ip4:192.0.2.0/24 -all")
    yield dns(f"_dmarc.{NAME} TXT", f"v=DMARC1; p=reject; rua=mailto:dmarc@{NAME}")
    yield dns(f"s2026._domainkey.{NAME} TXT", dkim_record())
    yield dns(f"_mta-sts.{NAME} TXT", "v=STSv1; id=20261123")
    yield dns(f"_smtp._tls.{NAME} TXT", f"v=TLSRPTv1; rua=mailto:tls@{NAME}")
    yield dns(f"_govmail-challenge.{NAME} TXT", CHALLENGE)
    for host in MAIL_HOSTS:
        yield dns(f"_25._tcp.{host} TLSA")


def _servers() -> Iterable[Observation]:
    for host in MAIL_HOSTS:
        yield smtp(host)
    for host in WEB_HOSTS:
        yield tls(host)
        yield deep(host)
        yield http(hop(f"https://{host}/", 200, *HEADERS, trusted=True))
        yield http(
            hop(f"http://{host}/", 301, ["Location", f"https://{host}/"]),
            hop(f"https://{host}/", 200, *HEADERS, trusted=True),
        )
    yield text_page(f"https://mta-sts.{NAME}/.well-known/mta-sts.txt", STS_POLICY)
    yield text_page(f"https://{NAME}/.well-known/security.txt", SECURITY_TXT)
    imap = {"kind": "imap", "auth_before_tls": [], "login_disabled": True, "starttls": True}
    yield observed("login", "imap.agency.go.th:143", **imap)
    page = "https://webmail.agency.go.th/"
    yield observed("login", page, kind="web", final=page, password_in_clear=False)


def parked_evidence() -> Observations:
    return but(
        dns(f"{NAME} MX", [0, ""]),
        dns(f"{NAME} TXT", "v=spf1 -all"),
        dns(f"_dmarc.{NAME} TXT", "v=DMARC1; p=reject"),
    )


def but(*changes: Observation, without: Iterable[str] = ()) -> Observations:
    """Good evidence with some observations in place of its own; without: names that are taken out.

    A name that ends in "*" takes out all that begin so.
    """
    left_out = tuple(without)
    kept = [each for each in good_evidence() if not any(_is_called(each, n) for n in left_out)]
    seen = Observations(kept)
    seen.add(changes)
    return seen


def _is_called(each: Observation, name: str) -> bool:
    return each.name.startswith(name[:-1]) if name.endswith("*") else each.name == name


# --- Keys and certificates ------------------------------------------------


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: str = "secp256r1") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(
        {"secp256r1": ec.SECP256R1(), "secp192r1": ec.SECP192R1()}[curve]
    )


def public_text(key: rsa.RSAPrivateKey) -> str:
    """A public key as DKIM and PEM have it: base64 in one line."""
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "".join(pem.decode().splitlines()[1:-1])


def dkim_record(bits: int = 2048) -> str:
    return f"v=DKIM1; k=rsa; p={public_text(rsa_key(bits))}"


@cache
def certificate(
    host: str = NAME, *, days: int = 90, age: int = 10, key: str = "ec", algorithm: str = "SHA256"
) -> str:
    """A certificate (PEM) that ends so many days after NOON. key: "ec", "rsa2048", "ec192" …"""
    private = {"ec": ec_key, "ec192": lambda: ec_key("secp192r1")}.get(key) or (
        lambda: rsa_key(int(key[3:]))
    )
    signing = private()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:60])])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(signing.public_key())
        .serial_number(1000)
        .not_valid_before(NOON - timedelta(days=age))
        .not_valid_after(NOON + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    )
    digest = getattr(hashes, algorithm)()
    return built.sign(signing, digest).public_bytes(serialization.Encoding.PEM).decode()


# --- Judging --------------------------------------------------------------


@cache
def rules() -> tuple[RuleLine, ...]:
    """The rules of profile 1, from its file: no database is needed to judge."""
    file = Path(profiles.__file__).with_name("1.json")
    found = json.loads(file.read_text(encoding="utf-8"))["rules"]
    return tuple(RuleLine(**each) for each in found)


def judged(
    code: str,
    seen: Observations | None = None,
    subject: Subject | None = None,
    *,
    now: datetime = NOON,
) -> Judgement:
    """What one rule makes of the evidence; of the good one, where none is given."""
    line = next(each for each in rules() if each.code == code)
    return judge([line], subject or good_subject(), seen or good_evidence(), now=now)[0]
