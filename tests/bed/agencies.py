"""Who lives in the bed: agencies that are ready, and for each rule some that fail it alone."""

from __future__ import annotations

from mailbox.demo.internet.servers.doors import Page, Talk
from tests.bed.agency import READY_HEADERS, BedAgency, Mail, Web


def _without(*names: str) -> dict[str, str]:
    return {name: value for name, value in READY_HEADERS.items() if name not in names}


def _hsts(value: str) -> Web:
    return Web(headers=_without("Strict-Transport-Security") | {"Strict-Transport-Security": value})


def _txt(*texts: str) -> tuple[str, ...]:
    return tuple(f'TXT "{text}"' for text in texts)


def _dmarc(text: str) -> dict[str, tuple[str, ...]]:
    return {"_dmarc TXT": _txt(text)}


def _spf(*texts: str) -> dict[str, tuple[str, ...]]:
    return {"@ TXT": _txt(*texts)}


def _policy(text: str) -> Web:
    body = text.replace("\n", "\r\n")
    return Web(pages={"/.well-known/mta-sts.txt": Page(body, kind="text/plain")})


_HSTS_ALONE = _without(*list(READY_HEADERS)[1:])
_CONTACT = {"incident_contact": "csirt@agency.go.test"}
_RUA = "rua=mailto:dmarc@reports.test"
_NO_STARTTLS = Talk(ehlo=("PIPELINING", "8BITMIME"))
_NO_STS = {"_mta-sts TXT": None}

READY = (
    BedAgency("ready"),
    # By DANE in place of MTA-STS (SE-6).
    BedAgency(
        "dane",
        records={
            **_NO_STS,
            "_25._tcp.mx1 TLSA": ("TLSA 3 1 1 {tlsa}",),
            "_25._tcp.mx2 TLSA": ("TLSA 3 1 1 {tlsa}",),
        },
    ),
    BedAgency("website", role="web", records={"@ MX": ("MX 0 .",), **_spf("v=spf1 -all")}),
    BedAgency("parked", role="parked"),
    BedAgency("by-letter", below="test", rows={"exception_letter": "นร ๐๕๐๖/ว ๕"}),
)

STABLE = (
    BedAgency("one-name-server", "ST-1", name_servers=("ns1.test",)),
    BedAgency("deaf-name-server", "ST-1", name_servers=("ns1.test", "ns4.test")),
    BedAgency("late-name-server", "ST-1", name_servers=("ns1.test", "ns5.test")),
    BedAgency(
        "alias-mx",
        "ST-2",
        records={"mx1 A": None, "mx1 AAAA": None, "mx1 CNAME": ("CNAME mx2",)},
    ),
    BedAgency("deaf-mx", "ST-2", drags=("SE-1", "SE-2", "ST-4"), mail=(Mail(), Mail(is_deaf=True))),
    BedAgency(
        "greets-badly", "ST-2", drags=("SE-1",), mail=(Mail(), Mail(talk=Talk(greeting="554 no")))
    ),
    BedAgency("private-mx", "ST-2", drags=("SE-2", "ST-4"), records={"mx2 A": ("A 10.0.0.25",)}),
    BedAgency("often-away", "ST-3", rows={"availability": "often-away"}),
    BedAgency("ends-soon", "ST-4", web=Web(paper="ends-soon")),
    BedAgency("mx-ends-soon", "ST-4", mail=(Mail(), Mail(paper="ends-soon"))),
    BedAgency("ends-within-a-month", "ST-4", "partial", web=Web(paper="ends-within-a-month")),
    BedAgency(
        "one-network",
        "ST-5",
        name_servers=("ns1.test", "ns3.test"),
        records={"@ MX": ("MX 10 mx1",)},
    ),
)
SECURE = (
    BedAgency("no-starttls", "SE-1", mail=(Mail(), Mail(talk=_NO_STARTTLS))),
    BedAgency("hangs-up", "SE-1", mail=(Mail(), Mail(talk=Talk(hangs_up=True)))),
    BedAgency(
        "obeys-what-came-before",
        "SE-1",
        mail=(Mail(), Mail(talk=Talk(keeps_what_came_before=True))),
    ),
    BedAgency("old-web", "SE-2", web=Web(oldest="TLSv1")),
    BedAgency("old-mx", "SE-2", mail=(Mail(oldest="TLSv1.1"), Mail())),
    # Nobody believes a security.txt of theirs, so theirs is a contact by letter (TR-7).
    BedAgency("stranger", "SE-3", web=Web(paper="stranger"), rows=_CONTACT),
    BedAgency("other-name", "SE-3", web=Web(paper="other-name"), rows=_CONTACT),
    BedAgency("small-key", "SE-3", web=Web(paper="small"), rows=_CONTACT),
    BedAgency("over", "SE-3", drags=("ST-4",), web=Web(paper="over"), rows=_CONTACT),
    BedAgency("in-clear", "SE-4", web=Web(plain="serves")),
    BedAgency("sent-elsewhere", "SE-4", web=Web(plain="elsewhere")),
    BedAgency("no-hsts", "SE-5", web=Web(headers=_without("Strict-Transport-Security"))),
    BedAgency("short-hsts", "SE-5", "partial", web=_hsts("max-age=15552000")),
    BedAgency("no-sts", "SE-6", records=_NO_STS),
    BedAgency(
        "sts-in-testing",
        "SE-6",
        "partial",
        web=_policy(
            "version: STSv1\nmode: testing\nmx: *.sts-in-testing.go.test\nmax_age: 604800\n"
        ),
    ),
    BedAgency(
        "sts-without-mx2",
        "SE-6",
        web=_policy(
            "version: STSv1\nmode: enforce\nmx: mx1.sts-without-mx2.go.test\nmax_age: 604800\n"
        ),
    ),
    BedAgency(
        "wrong-tlsa",
        "SE-6",
        records={
            **_NO_STS,
            "_25._tcp.mx1 TLSA": ("TLSA 3 1 1 " + "ab" * 32,),
            "_25._tcp.mx2 TLSA": ("TLSA 3 1 1 {tlsa}",),
        },
    ),
    BedAgency("no-reports", "SE-7", records={"_smtp._tls TXT": None}),
    BedAgency("unsigned", "SE-8", signed=False),
    BedAgency("bogus", "SE-8", bogus=True),
    BedAgency(
        "bare-headers", "SE-9", "partial", web=Web(headers=_without(*list(READY_HEADERS)[1:]))
    ),
    BedAgency("imap-in-clear", "SE-10", imap=Talk(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN")),
    BedAgency(
        "submission-in-clear",
        "SE-10",
        submission=Talk(ehlo=("STARTTLS", "AUTH PLAIN LOGIN"), ehlo_within=("AUTH PLAIN LOGIN",)),
    ),
)
TRUSTED = (
    BedAgency("no-spf", "TR-1", records={"@ TXT": None}),
    BedAgency("two-spf", "TR-1", records=_spf("v=spf1 mx -all", "v=spf1 a -all")),
    BedAgency("neutral-spf", "TR-1", records=_spf("v=spf1 mx ?all")),
    BedAgency("open-spf", "TR-1", records=_spf("v=spf1 +all")),
    BedAgency(
        "eleven-lookups",
        "TR-1",
        records=_spf("v=spf1 " + " ".join(f"a:h{n}.%d" for n in range(11)) + " -all")
        | {f"h{n} A": ("A 192.0.2.9",) for n in range(11)},
    ),
    BedAgency(
        "three-voids",
        "TR-1",
        records=_spf("v=spf1 a:gone1.%d a:gone2.%d a:gone3.%d mx -all"),
    ),
    BedAgency("no-dmarc", "TR-2", drags=("TR-3",), records={"_dmarc TXT": None}),
    BedAgency("dmarc-none", "TR-2", drags=("TR-3",), records=_dmarc(f"v=DMARC1; p=none; {_RUA}")),
    BedAgency("dmarc-testing", "TR-2", records=_dmarc(f"v=DMARC1; p=reject; t=y; {_RUA}")),
    BedAgency("no-rua", "TR-2", records=_dmarc("v=DMARC1; p=reject")),
    BedAgency(
        "rua-unwilling",
        "TR-2",
        records=_dmarc("v=DMARC1; p=reject; rua=mailto:dmarc@unwilling.test"),
    ),
    BedAgency("quarantine", "TR-3", records=_dmarc(f"v=DMARC1; p=quarantine; {_RUA}")),
    BedAgency("weak-below", "TR-3", records=_dmarc(f"v=DMARC1; p=reject; sp=none; {_RUA}")),
    BedAgency("no-dkim", "TR-4", records={"s1._domainkey TXT": None}),
    BedAgency("revoked-dkim", "TR-4", records={"s1._domainkey TXT": _txt("v=DKIM1; k=rsa; p=")}),
    BedAgency(
        "testing-dkim",
        "TR-4",
        records={"s1._domainkey TXT": _txt("v=DKIM1; t=y; k=rsa; p={rsa2048}")},
    ),
    BedAgency(
        "short-dkim",
        "TR-4",
        "partial",
        records={"s1._domainkey TXT": _txt("v=DKIM1; k=rsa; p={rsa1024}")},
    ),
    BedAgency("unsigned-letters", "TR-4", rows={"signed": "unaligned"}),
    BedAgency("outside", "TR-5", below="test"),
    BedAgency("never-shown", "TR-5", rows={"verified_at": None}),
    BedAgency("shown-long-ago", "TR-5", rows={"verified_at": "long-ago"}),
    BedAgency("silent-saraban", "TR-6", rows={"saraban": "unanswered"}),
    BedAgency("no-contact", "TR-7", web=Web(pages={"/.well-known/security.txt": None})),
    BedAgency("may-forward", "TR-8", rows={"no_forwarding_at": None}),
    BedAgency("parked-with-mail", "TR-9", role="parked", records={"@ MX": ("MX 10 mx1",)}),
    BedAgency("parked-soft", "TR-9", role="parked", records=_spf("v=spf1 ~all")),
    BedAgency("parked-lenient", "TR-9", role="parked", records=_dmarc("v=DMARC1; p=quarantine")),
)
# Where it is our own fault that nobody knows; the other rules' are `UNKNOWN`.
OUR_FAULT = (
    BedAgency("watched-in-vain", rows={"availability": "lost"}),
    BedAgency("letter-not-sent", rows={"saraban": "not-sent"}),
)
AGENCIES = (*READY, *STABLE, *SECURE, *TRUSTED, *OUR_FAULT)
# Of each rule a run that cannot tell: whose, and by which way out (`runs.ways`).
_BY_DNS = ("ST-1", "ST-5", "SE-7", "SE-8", "TR-1", "TR-2", "TR-3", "TR-4")
_BY_SERVERS = (
    "ST-2",
    "ST-4",
    "SE-1",
    "SE-2",
    "SE-3",
    "SE-4",
    "SE-5",
    "SE-6",
    "SE-9",
    "SE-10",
    "TR-7",
)
UNKNOWN = {
    **{code: ("ready", "no resolver") for code in _BY_DNS},
    **{code: ("ready", "cut off") for code in _BY_SERVERS},
    "ST-3": ("watched-in-vain", "whole"),
    "TR-6": ("letter-not-sent", "whole"),
    "TR-9": ("parked", "no resolver"),
}
# They rest on our own rows alone, which are there or are not.
NEVER_UNKNOWN = ("TR-5", "TR-8")
