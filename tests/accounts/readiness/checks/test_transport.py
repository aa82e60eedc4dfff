"""SE-6 and SE-7: encryption of mail that others can insist on."""

from __future__ import annotations

import hashlib
from base64 import b64decode

import pytest

from accounts.probing.observations import Observation, Status
from tests.accounts.readiness.checks.rows import MX1, MX2, WEB_ONLY, Row, must_hold, named
from tests.accounts.readiness.evidences import (
    NAME,
    STS_POLICY,
    but,
    certificate,
    dns,
    hop,
    http,
    judged,
    lost,
    smtp,
    text_page,
    unable,
)

STS = f"https://mta-sts.{NAME}/.well-known/mta-sts.txt"


def _leaf(host: str) -> bytes:
    return b64decode("".join(certificate(host).splitlines()[1:-1]))


def _tlsa(host: str, *, digest: str = "", **facts: object) -> Observation:
    found = digest or hashlib.sha256(_leaf(host)).hexdigest()
    return dns(f"_25._tcp.{host} TLSA", [3, 0, 1, found], **facts)


NO_STS = dns(f"_mta-sts.{NAME} TXT")
ROWS = [
    Row("SE-6", "pass", "sts_enforced"),
    Row("SE-6", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("SE-6", "fail", "sts_missing", (NO_STS,)),
    Row(
        "SE-6",
        "fail",
        "sts_several",
        (dns(f"_mta-sts.{NAME} TXT", "v=STSv1; id=1", "v=STSv1; id=2"),),
    ),
    Row(
        "SE-6",
        "fail",
        "sts_record_malformed",
        (dns(f"_mta-sts.{NAME} TXT", "v=STSv1; id=no-dash"),),
    ),
    Row(
        "SE-6",
        "fail",
        "sts_unreachable",
        (http(hop(STS, 0), status=Status.BROKEN, error="refused"),),
    ),
    Row(
        "SE-6",
        "fail",
        "sts_untrusted",
        (http(hop(STS, 0, trusted=False), status=Status.BROKEN, error="untrusted"),),
    ),
    Row(
        "SE-6", "fail", "sts_not_there", (http(hop(STS, 301, ["Location", "https://x.example/"])),)
    ),
    Row("SE-6", "fail", "sts_wrong_kind", (text_page(STS, STS_POLICY, "text/html"),)),
    Row("SE-6", "fail", "sts_policy_malformed", (text_page(STS, "mode: enforce"),)),
    Row(
        "SE-6",
        "partial",
        "sts_not_enforced",
        (text_page(STS, STS_POLICY.replace("enforce", "testing")),),
    ),
    Row(
        "SE-6", "fail", "sts_not_enforced", (text_page(STS, STS_POLICY.replace("enforce", "none")),)
    ),
    Row("SE-6", "fail", "sts_short", (text_page(STS, STS_POLICY.replace("604800", "604799")),)),
    Row("SE-6", "fail", "sts_leaves_out", (text_page(STS, STS_POLICY.replace("*", "mx1")),)),
    Row("SE-6", "pass", "dane_matches", (NO_STS, _tlsa(MX1), _tlsa(MX2))),
    Row("SE-6", "fail", "dane_mismatch", (NO_STS, _tlsa(MX1), _tlsa(MX2, digest="00" * 32))),
    Row("SE-6", "fail", "dane_missing", (NO_STS, _tlsa(MX1))),
    Row("SE-6", "fail", "dane_unsigned", (NO_STS, _tlsa(MX1), _tlsa(MX2, secure=False))),
    Row("SE-6", "unknown", "security_untold", (NO_STS, _tlsa(MX1), _tlsa(MX2, secure=None))),
    Row("SE-6", "unknown", "unable", (unable(f"http {STS}"),)),
    Row("SE-6", "pass", "dane_matches", (unable(f"http {STS}"), _tlsa(MX1), _tlsa(MX2))),
    Row("SE-7", "pass", "tlsrpt_good"),
    Row("SE-7", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("SE-7", "fail", "tlsrpt_missing", (dns(f"_smtp._tls.{NAME} TXT", "v=spf1 -all"),)),
    Row(
        "SE-7",
        "fail",
        "tlsrpt_several",
        (
            dns(
                f"_smtp._tls.{NAME} TXT",
                "v=TLSRPTv1; rua=mailto:a@b.th",
                "v=TLSRPTv1; rua=mailto:c@d.th",
            ),
        ),
    ),
    Row(
        "SE-7",
        "fail",
        "tlsrpt_malformed",
        (dns(f"_smtp._tls.{NAME} TXT", "v=TLSRPTv1; rua=a@b.th"),),
    ),
    Row("SE-7", "fail", "dns_lost", (lost(f"_smtp._tls.{NAME} TXT"),)),
    Row("SE-7", "unknown", "unable", (unable(f"dns _smtp._tls.{NAME} TXT"),)),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_rule_finds_what_it_must(row: Row) -> None:
    must_hold(row)


def test_dane_by_the_authority_needs_the_hosts_name() -> None:
    digest = hashlib.sha256(_leaf(MX1)).hexdigest()
    record = dns(f"_25._tcp.{MX1} TLSA", [2, 0, 1, digest])
    matching = but(NO_STS, record, _tlsa(MX2))
    assert judged("SE-6", matching).outcome == "pass"
    of_another = but(NO_STS, record, _tlsa(MX2), smtp(MX1, name_matches=False))
    assert judged("SE-6", of_another).reason == "dane_mismatch"
