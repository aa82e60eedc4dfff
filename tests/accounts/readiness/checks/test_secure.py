"""SE-1 to SE-10, each good, bad, partial, by our fault unknown, and where it does not apply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts.probing.observations import Observation, Status
from accounts.readiness.reading import certificates
from tests.accounts.readiness import evidences
from tests.accounts.readiness.checks.rows import (
    AT_MX1,
    CUT_OFF,
    MX1,
    PARKED,
    WEB_ONLY,
    Row,
    must_hold,
    named,
)
from tests.accounts.readiness.evidences import (
    HEADERS,
    NAME,
    but,
    certificate,
    deep,
    dns,
    good_subject,
    hop,
    http,
    judged,
    lost,
    observed,
    smtp,
    tls,
    unable,
)

AT_WEB = f"{NAME}@203.0.113.80"
HOME, CLEAR = f"https://{NAME}/", f"http://{NAME}/"
OLD = {"TLSv1": "refused", "TLSv1.1": "refused", "SSLv3": "untested"}


def _page(*headers: list[str], url: str = HOME) -> Observation:
    return http(hop(url, 200, *headers, trusted=True))


def _hsts(value: str) -> Observation:
    return _page(["strict-transport-security", value])


def _clear(*hops: dict[str, object]) -> Observation:
    return http(*hops)


def _to(location: str, url: str = CLEAR, status: int = 302) -> dict[str, object]:
    return hop(url, status, ["Location", location])


LOGIN = "imap.agency.go.th:143"


def _login(**facts: object) -> Observation:
    known = {"kind": "imap", "auth_before_tls": [], "login_disabled": True, "starttls": True}
    return observed("login", LOGIN, **(known | facts))


STARTTLS = [
    Row("SE-1", "pass", "starttls_works"),
    Row("SE-1", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("SE-1", "fail", "starttls_missing", (smtp(MX1, starttls=False, tls=None),)),
    Row("SE-1", "fail", "starttls_fails", (smtp(MX1, tls=None, tls_error="tls_failed"),)),
    Row(
        "SE-1",
        "fail",
        "starttls_old",
        (smtp(MX1, tls={"version": "TLSv1", "cipher": "x"}, forced={"TLSv1.2": "refused"}),),
    ),
    Row("SE-1", "pass", "starttls_works", (smtp(MX1, tls={"version": "TLSv1.2", "cipher": "x"}),)),
    Row("SE-1", "fail", "starttls_injected", (smtp(MX1, injected=True),)),
    Row("SE-1", "pass", "starttls_works", (smtp(MX1, injected=None),)),
    Row("SE-1", "fail", "mx_unreachable", (observed("smtp", AT_MX1, Status.SILENT),)),
    Row(
        "SE-1",
        "fail",
        "mx_unreachable",
        (observed("smtp", AT_MX1, Status.FORBIDDEN, error="private"),),
    ),
    Row("SE-1", "fail", "mx_unreachable", (smtp(MX1, banner_code=421, starttls=False, tls=None),)),
    # Mail is trusted by its way, not by its certificate.
    Row("SE-1", "pass", "starttls_works", (smtp(MX1, trusted=False, name_matches=False),)),
    Row("SE-1", "unknown", "unable", (unable(f"smtp {AT_MX1}"),)),
    Row("SE-1", "unknown", "no_route", (observed("smtp", AT_MX1, Status.SILENT), CUT_OFF)),
    Row("SE-1", "not_tested", "mx_none_to_look_at", (dns(f"{NAME} MX"),)),
]

VERSIONS = [
    Row("SE-2", "pass", "old_tls_refused"),
    Row("SE-2", "not_applicable", "no_web", subject=PARKED),
    Row("SE-2", "fail", "old_tls_spoken", (tls(NAME, old=OLD | {"TLSv1": "accepted"}),)),
    Row("SE-2", "fail", "old_tls_spoken", (tls(NAME, old=OLD | {"TLSv1.1": "accepted"}),)),
    Row("SE-2", "fail", "old_tls_spoken", (deep(NAME, accepted={"SSLv3": ["RC4-SHA"]}),)),
    Row("SE-2", "fail", "old_tls_spoken", (smtp(MX1, old=OLD | {"TLSv1": "accepted"}),)),
    Row("SE-2", "unknown", "old_tls_untold", (tls(NAME, old=OLD | {"TLSv1": "untested"}),)),
    # The scanner is not there: what was looked at decides.
    Row("SE-2", "pass", "old_tls_refused", without=("deep *",)),
    Row("SE-2", "pass", "old_tls_refused", (unable(f"deep {NAME}:443"),)),
    Row("SE-2", "not_tested", "tls_not_seen", (observed("tls", AT_WEB, Status.SILENT, tls=None),)),
    Row("SE-2", "not_tested", "tls_not_seen", (observed("smtp", AT_MX1, Status.SILENT),)),
    Row("SE-2", "pass", "old_tls_refused", (smtp(MX1, starttls=False, tls=None, old={}),)),
    Row("SE-2", "unknown", "unable", (unable(f"tls {AT_WEB}"),)),
]

CERTIFICATES = [
    Row("SE-3", "pass", "certificate_good"),
    Row("SE-3", "not_applicable", "no_web", subject=PARKED),
    Row(
        "SE-3",
        "fail",
        "certificate_untrusted",
        (tls(NAME, trusted=False, trust_error="self_signed"),),
    ),
    Row("SE-3", "fail", "certificate_of_another", (tls(NAME, name_matches=False),)),
    Row("SE-3", "fail", "certificate_expired", (tls(NAME, certificates=[certificate(days=-1)]),)),
    Row("SE-3", "fail", "certificate_not_yet", (tls(NAME, certificates=[certificate(age=-1)]),)),
    Row(
        "SE-3",
        "fail",
        "certificate_weak_key",
        (tls(NAME, certificates=[certificate(key="rsa1024")]),),
    ),
    Row(
        "SE-3",
        "fail",
        "certificate_weak_key",
        (tls(NAME, certificates=[certificate(key="ec192")]),),
    ),
    Row(
        "SE-3",
        "pass",
        "certificate_good_enough",
        (tls(NAME, certificates=[certificate(key="rsa2048")]),),
    ),
    Row("SE-3", "fail", "certificate_unreadable", (tls(NAME, certificates=["nonsense"]),)),
    Row("SE-3", "not_tested", "certificate_not_seen", (observed("tls", AT_WEB, Status.SILENT),)),
    Row("SE-3", "unknown", "trust_untold", (tls(NAME, trusted=None),)),
    Row("SE-3", "unknown", "unable", (unable(f"tls {AT_WEB}"),)),
]

WEB = [
    Row("SE-4", "pass", "http_redirects"),
    Row("SE-4", "not_applicable", "no_web", subject=PARKED),
    Row(
        "SE-4",
        "pass",
        "http_closed",
        (http(hop(CLEAR, 0, error="refused"), status=Status.BROKEN, error="refused"),),
    ),
    Row("SE-4", "fail", "http_stays", (_clear(hop(CLEAR, 200)),)),
    Row("SE-4", "fail", "http_stays", (_clear(hop(CLEAR, 301)),)),
    Row("SE-4", "fail", "http_to_http", (_clear(_to("http://www.agency.go.th/")),)),
    Row("SE-4", "fail", "http_elsewhere", (_clear(_to("https://www.agency.go.th/")),)),
    Row("SE-4", "fail", "https_left", (_clear(_to(HOME), _to("http://x.example/", HOME)),)),
    Row("SE-4", "fail", "https_left", (http(_to(CLEAR, HOME), hop(CLEAR, 200)),)),
    Row(
        "SE-4",
        "fail",
        "https_missing",
        (http(hop(HOME, 0, error="timeout"), status=Status.SILENT),),
    ),
    Row(
        "SE-4",
        "fail",
        "web_private",
        (http(hop(HOME, 0, error="private"), status=Status.FORBIDDEN, error="private"),),
    ),
    Row(
        "SE-4", "fail", "http_odd", (http(hop(CLEAR, 0), status=Status.BROKEN, error="bad_reply"),)
    ),
    Row(
        "SE-4",
        "fail",
        "web_missing",
        tuple(dns(f"{host} {kind}") for host in evidences.WEB_HOSTS for kind in ("A", "AAAA")),
    ),
    # A domain may have its web site only under www.
    Row("SE-4", "pass", "http_redirects", (dns(f"{NAME} A"), dns(f"{NAME} AAAA"))),
    Row("SE-4", "unknown", "unable", (unable(f"http {HOME}"),)),
    Row("SE-4", "unknown", "no_route", (http(hop(HOME, 0), status=Status.SILENT), CUT_OFF)),
    Row("SE-5", "pass", "hsts_long"),
    Row("SE-5", "pass", "hsts_long", (_hsts('max-age="31536000"'),)),
    Row("SE-5", "partial", "hsts_short", (_hsts("max-age=31535999"),)),
    Row("SE-5", "partial", "hsts_short", (_hsts("includeSubDomains; max-age=15552000"),)),
    Row("SE-5", "fail", "hsts_too_short", (_hsts("max-age=15551999"),)),
    Row("SE-5", "fail", "hsts_malformed", (_hsts("max-age=-1"),)),
    Row("SE-5", "fail", "hsts_malformed", (_hsts("max-age=1; max-age=31536000"),)),
    Row("SE-5", "fail", "hsts_missing", (_page(),)),
    Row("SE-5", "not_applicable", "no_web", subject=PARKED),
    Row("SE-5", "not_tested", "tls_not_seen", (http(hop(HOME, 0), status=Status.SILENT),)),
    Row("SE-5", "unknown", "unable", (unable(f"http {HOME}"),)),
]

SIGNED = [
    Row("SE-8", "pass", "dnssec_signed"),
    Row("SE-8", "fail", "dnssec_unsigned", (dns(f"{NAME} SOA", secure=False),)),
    Row("SE-8", "fail", "dnssec_unsigned", (dns(f"{MX1} A", "203.0.113.10", secure=False),)),
    Row(
        "SE-8",
        "fail",
        "dnssec_bogus",
        (dns(f"{NAME} SOA", rcode="SERVFAIL", bogus=True, secure=False),),
    ),
    Row(
        "SE-8",
        "fail",
        "dnssec_bogus",
        (dns(f"{MX1} A", rcode="SERVFAIL", bogus=True, secure=False),),
    ),
    Row("SE-8", "fail", "dns_lost", (lost(f"{NAME} SOA"),)),
    Row("SE-8", "unknown", "security_untold", (dns(f"{NAME} SOA", secure=None),)),
    Row("SE-8", "unknown", "unable", (unable(f"dns {NAME} SOA"),)),
    Row("SE-9", "pass", "extras_all"),
    Row("SE-9", "not_applicable", "no_web", subject=PARKED),
    Row("SE-9", "partial", "extras_some", (dns(f"{NAME} CAA"),)),
    Row("SE-9", "partial", "extras_some", (_page(*HEADERS[1:3]),)),
    Row("SE-9", "partial", "extras_some", (deep(NAME, weak=["RC4-SHA"]),)),
    Row(
        "SE-9",
        "fail",
        "extras_none",
        (_page(), dns(f"{NAME} CAA"), *(dns(f"{host} AAAA") for host in evidences.ADDRESSES)),
    ),
    Row(
        "SE-9",
        "not_tested",
        "tls_not_seen",
        (
            http(hop(HOME, 0), status=Status.SILENT),
            http(hop("https://www.agency.go.th/", 0), status=Status.SILENT),
        ),
    ),
]

LOGINS = [
    Row("SE-10", "pass", "login_encrypted"),
    Row("SE-10", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("SE-10", "fail", "login_in_clear", (_login(auth_before_tls=["PLAIN"]),)),
    Row("SE-10", "fail", "login_in_clear", (_login(login_disabled=False),)),
    Row(
        "SE-10",
        "fail",
        "password_in_clear",
        (observed("login", "https://webmail.agency.go.th/", kind="web", password_in_clear=True),),
    ),
    Row(
        "SE-10", "pass", "login_closed", (observed("login", LOGIN, Status.BROKEN, error="refused"),)
    ),
    Row("SE-10", "not_tested", "login_not_seen", (observed("login", LOGIN, Status.SILENT),)),
    Row(
        "SE-10",
        "not_tested",
        "login_forbidden",
        (observed("login", LOGIN, Status.FORBIDDEN, error="private"),),
    ),
    Row("SE-10", "not_tested", "logins_undeclared", subject=good_subject(logins=())),
    Row("SE-10", "unknown", "login_untold", (_login(login_disabled=None),)),
    Row("SE-10", "unknown", "unable", (unable(f"login {LOGIN}"),)),
]
ROWS = [*STARTTLS, *VERSIONS, *CERTIFICATES, *WEB, *SIGNED, *LOGINS]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_rule_finds_what_it_must(row: Row) -> None:
    must_hold(row)


def test_one_server_that_could_not_be_asked_does_not_hide_behind_the_other() -> None:
    found = judged("SE-1", but(unable(f"smtp {AT_MX1}")))
    assert [part.outcome for part in found.parts] == ["unknown", "pass"]
    assert found.facts["of"] == [MX1]


def test_bogus_signatures_are_grave_and_close_the_gate_though_the_rule_only_wants_a_plan() -> None:
    bogus = judged("SE-8", but(dns(f"{NAME} SOA", rcode="SERVFAIL", bogus=True, secure=False)))
    assert (bogus.blocks, bogus.is_grave) == (True, True)
    unsigned = judged("SE-8", but(dns(f"{NAME} SOA", secure=False)))
    assert (unsigned.blocks, unsigned.is_grave) == (None, False)


def test_old_encryption_of_a_mail_server_needs_only_a_plan_but_hides_none_of_the_web() -> None:
    old = OLD | {"TLSv1": "accepted"}
    assert judged("SE-2", but(smtp(MX1, old=old))).blocks is False
    assert judged("SE-2", but(smtp(MX1, old=old), tls(NAME, old=old))).blocks is None
    assert judged("SE-2", but(smtp(MX1, old=old), unable(f"tls {AT_WEB}"))).outcome == "unknown"


def test_sslv3_that_nobody_tested_is_shown_as_not_tested() -> None:
    found = judged("SE-2", but(without=("deep *",)))
    assert ("ssl3_untested", "not_tested") in [(p.reason, p.outcome) for p in found.parts]
    assert judged("SE-2").facts["parts"][0] == [NAME, "pass", "old_tls_refused"]


def test_an_expired_certificate_is_grave() -> None:
    assert judged("SE-3", but(tls(NAME, certificates=[certificate(days=-1)]))).is_grave


def test_the_routes_of_the_network_are_said_not_to_be_tested() -> None:
    assert "rpki_untested" in [part.reason for part in judged("SE-9").parts]


def test_an_address_that_only_we_cannot_reach_is_left_out() -> None:
    over_v6 = observed("smtp", f"{MX1}@2001:db8:1::10", Status.UNABLE, error="no_route")
    assert judged("SE-1", but(over_v6)).outcome == "pass"


@pytest.mark.parametrize(("digest", "is_good"), [("sha1", False), ("md5", False), ("sha384", True)])
def test_a_certificate_signed_in_an_outdated_way_fails(
    digest: str, is_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No library signs so any more; what it reads is put in its place.
    good = certificates.read(certificate())
    assert good is not None
    monkeypatch.setattr(certificates, "read", lambda pem: replace(good, signature=digest))
    found = judged("SE-3")
    assert found.reason == ("certificate_good" if is_good else "certificate_weak_hash")
