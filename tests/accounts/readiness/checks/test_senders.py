"""TR-1: SPF, with everything that its record leads to."""

from __future__ import annotations

import pytest

from accounts.probing.observations import Observation
from tests.accounts.readiness.checks.rows import PARKED, WEB_ONLY, Row, must_hold, named
from tests.accounts.readiness.evidences import NAME, but, dns, judged, lost, missing, unable


def _spf(record: str, **facts: object) -> Observation:
    return dns(f"{NAME} TXT", record, "some-other=1", **facts)


MANY = " ".join(f"a:h{number}.agency.go.th" for number in range(11))
HOSTS = tuple(
    dns(f"h{n}.agency.go.th {kind}", "192.0.2.1") for n in range(11) for kind in ("A", "AAAA")
)
GONE = tuple(
    missing(f"h{number}.agency.go.th {kind}") for number in range(3) for kind in ("A", "AAAA")
)

ROWS = [
    Row("TR-1", "pass", "spf_good"),
    Row("TR-1", "pass", "spf_good", subject=WEB_ONLY),
    Row("TR-1", "not_applicable", "is_parked", subject=PARKED),
    Row("TR-1", "pass", "spf_good", (_spf("v=spf1 mx ~all"),)),
    Row("TR-1", "pass", "spf_good", (_spf("V=SPF1 MX -ALL"),)),
    Row("TR-1", "pass", "spf_good", (_spf("v=spf1 redirect=_spf.cloud.example"),)),
    Row("TR-1", "fail", "spf_missing", (dns(f"{NAME} TXT", "v=spf10 -all"),)),
    Row("TR-1", "fail", "spf_several", (dns(f"{NAME} TXT", "v=spf1 -all", "v=spf1 mx -all"),)),
    Row("TR-1", "fail", "spf_malformed", (_spf("v=spf1 mx ip4:300.1.2.3 -all"),)),
    Row("TR-1", "fail", "spf_malformed", (_spf("v=spf1 mxx -all"),)),
    Row("TR-1", "fail", "spf_passes_all", (_spf("v=spf1 mx +all"),)),
    Row("TR-1", "fail", "spf_passes_all", (_spf("v=spf1 mx all"),)),
    Row("TR-1", "fail", "spf_passes_all", (_spf("v=spf1 ip4:0.0.0.0/0 -all"),)),
    Row("TR-1", "fail", "spf_neutral", (_spf("v=spf1 mx ?all"),)),
    Row("TR-1", "fail", "spf_open", (_spf("v=spf1 mx"),)),
    Row("TR-1", "pass", "spf_good", (_spf(f"v=spf1 {MANY.rpartition(' ')[0]} -all"), *HOSTS)),
    Row("TR-1", "fail", "spf_too_many_lookups", (_spf(f"v=spf1 {MANY} -all"), *HOSTS)),
    # What is too much already is too much, though the rest was not asked any more.
    Row("TR-1", "fail", "spf_too_many_lookups", (_spf(f"v=spf1 {MANY} -all"),)),
    Row(
        "TR-1",
        "fail",
        "spf_too_many_void",
        (_spf("v=spf1 a:h0.agency.go.th a:h1.agency.go.th a:h2.agency.go.th -all"), *GONE),
    ),
    Row(
        "TR-1", "pass", "spf_good", (_spf("v=spf1 a:h0.agency.go.th a:h1.agency.go.th -all"), *GONE)
    ),
    Row("TR-1", "fail", "spf_include_none", (dns("_spf.cloud.example TXT", "nothing"),)),
    Row("TR-1", "fail", "spf_include_none", (missing("_spf.cloud.example TXT"),)),
    Row(
        "TR-1",
        "fail",
        "spf_include_many",
        (dns("_spf.cloud.example TXT", "v=spf1 -all", "v=spf1 ~all"),),
    ),
    Row(
        "TR-1",
        "fail",
        "spf_include_malformed",
        (dns("_spf.cloud.example TXT", "v=spf1 ipv4:1.2.3.4 -all"),),
    ),
    Row("TR-1", "fail", "spf_include_passes_all", (dns("_spf.cloud.example TXT", "v=spf1 +all"),)),
    Row("TR-1", "pass", "spf_good", (dns("_spf.cloud.example TXT", "v=spf1 ?all"),)),
    Row(
        "TR-1", "fail", "spf_loop", (dns("_spf.cloud.example TXT", f"v=spf1 include:{NAME} -all"),)
    ),
    Row("TR-1", "fail", "spf_loop", (_spf(f"v=spf1 redirect={NAME}"),)),
    Row(
        "TR-1",
        "fail",
        "spf_many_mx",
        (dns(f"{NAME} MX", *([n, f"m{n}.agency.go.th"] for n in range(11))),),
    ),
    Row("TR-1", "fail", "spf_lost", (lost("_spf.cloud.example TXT"),)),
    Row("TR-1", "fail", "spf_too_long", (_spf("v=spf1 " + "ip4:192.0.2.1 " * 200),)),
    Row("TR-1", "fail", "dns_lost", (lost(f"{NAME} TXT"),)),
    Row("TR-1", "unknown", "unable", (unable(f"dns {NAME} TXT"),)),
    Row("TR-1", "unknown", "not_asked", (unable("dns _spf.cloud.example TXT"),)),
]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_rule_finds_what_it_must(row: Row) -> None:
    must_hold(row)


def test_only_the_domains_own_plus_all_is_grave() -> None:
    assert judged("TR-1", but(_spf("v=spf1 +all"))).is_grave
    assert not judged("TR-1", but(dns("_spf.cloud.example TXT", "v=spf1 +all"))).is_grave


@pytest.mark.parametrize("sign", ["?", "-", "~"])
def test_whoever_is_included_without_being_let_in_lets_nobody_in(sign: str) -> None:
    record = dns(f"{NAME} TXT", f"v=spf1 {sign}include:_spf.cloud.example -all")
    seen = but(record, dns("_spf.cloud.example TXT", "v=spf1 +all"))
    assert judged("TR-1", seen).outcome == "pass"
