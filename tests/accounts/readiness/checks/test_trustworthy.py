"""TR-1 to TR-9, each good, bad, partial, by our fault unknown, and where it does not apply."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.probing.observations import Observation, Status
from tests.accounts.readiness import evidences
from tests.accounts.readiness.checks.rows import MX1, PARKED, WEB_ONLY, Row, must_hold, named
from tests.accounts.readiness.evidences import (
    CHALLENGE,
    NAME,
    NOON,
    SECURITY_TXT,
    but,
    dkim_record,
    dns,
    good_letter,
    good_round_trip,
    good_subject,
    hop,
    http,
    judged,
    lost,
    missing,
    parked_evidence,
    text_page,
    unable,
)


def _dmarc(record: str, at: str = NAME) -> Observation:
    return dns(f"_dmarc.{at} TXT", record)


def _key(record: str) -> Observation:
    return dns(f"s2026._domainkey.{NAME} TXT", record)


RUA = f"rua=mailto:dmarc@{NAME}"
OUTSIDE = "rua=mailto:agency@reports.example"
AUTHORISED = f"{NAME}._report._dmarc.reports.example TXT"
DEPARTMENT = good_subject(name=f"office.{NAME}")
NONE_OF_ITS_OWN = missing(f"_dmarc.office.{NAME} TXT")

POLICIES = [
    Row("TR-2", "pass", "dmarc_enforced"),
    Row("TR-2", "pass", "dmarc_enforced", subject=WEB_ONLY),
    Row("TR-2", "not_applicable", "is_parked", subject=PARKED),
    Row("TR-2", "pass", "dmarc_enforced", (_dmarc(f"v=DMARC1; p=quarantine; {RUA}"),)),
    Row("TR-2", "fail", "dmarc_missing", (missing(f"_dmarc.{NAME} TXT"),)),
    Row(
        "TR-2",
        "fail",
        "dmarc_several",
        (dns(f"_dmarc.{NAME} TXT", "v=DMARC1; p=none", "v=DMARC1; p=reject"),),
    ),
    Row("TR-2", "fail", "dmarc_malformed", (_dmarc("v=DMARC1; p=rejekt"),)),
    Row("TR-2", "fail", "dmarc_malformed", (_dmarc("v=dmarc1; p=reject"),)),
    Row("TR-2", "fail", "dmarc_none", (_dmarc(f"v=DMARC1; p=none; {RUA}"),)),
    Row("TR-2", "fail", "dmarc_none", (_dmarc(f"v=DMARC1; {RUA}"),)),
    Row("TR-2", "fail", "dmarc_testing", (_dmarc(f"v=DMARC1; p=reject; t=y; {RUA}"),)),
    Row("TR-2", "fail", "dmarc_no_reports", (_dmarc("v=DMARC1; p=reject"),)),
    Row("TR-2", "fail", "dmarc_rua_bad", (_dmarc("v=DMARC1; p=reject; rua=dmarc@agency.go.th"),)),
    Row(
        "TR-2",
        "pass",
        "dmarc_enforced",
        (_dmarc(f"v=DMARC1; p=reject; {OUTSIDE}"), dns(AUTHORISED, "v=DMARC1")),
    ),
    Row(
        "TR-2",
        "fail",
        "dmarc_unauthorised",
        (_dmarc(f"v=DMARC1; p=reject; {OUTSIDE}"), missing(AUTHORISED)),
    ),
    Row("TR-2", "unknown", "not_asked", (_dmarc(f"v=DMARC1; p=reject; {OUTSIDE}"),)),
    Row("TR-2", "unknown", "unable", (unable(f"dns _dmarc.{NAME} TXT"),)),
    Row("TR-2", "fail", "dns_lost", (lost(f"_dmarc.{NAME} TXT"),)),
    # A department has its ministry's record, of which sp speaks for it.
    Row("TR-2", "pass", "dmarc_enforced", (dns(f"office.{NAME} TXT"), NONE_OF_ITS_OWN), DEPARTMENT),
    Row(
        "TR-2",
        "fail",
        "dmarc_none",
        (_dmarc(f"v=DMARC1; p=reject; sp=none; {RUA}"), NONE_OF_ITS_OWN),
        DEPARTMENT,
    ),
    Row("TR-3", "pass", "dmarc_rejects"),
    Row("TR-3", "not_applicable", "is_parked", subject=PARKED),
    Row("TR-3", "fail", "dmarc_not_reject", (_dmarc(f"v=DMARC1; p=quarantine; {RUA}"),)),
    Row("TR-3", "fail", "dmarc_subdomains", (_dmarc(f"v=DMARC1; p=reject; sp=quarantine; {RUA}"),)),
    Row("TR-3", "fail", "dmarc_subdomains", (_dmarc(f"v=DMARC1; p=reject; np=none; {RUA}"),)),
    Row("TR-3", "fail", "dmarc_missing", (missing(f"_dmarc.{NAME} TXT"),)),
    Row("TR-3", "unknown", "unable", (unable(f"dns _dmarc.{NAME} TXT"),)),
]

OTHER_SIGNATURE = [{"d": "cloud.example", "s": "x", "result": "pass"}]
WRONG_SIGNATURE = [{"d": NAME, "s": "s2026", "result": "fail"}]
SIGNING = [
    Row("TR-4", "pass", "dkim_good"),
    Row("TR-4", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("TR-4", "pass", "dkim_good", (_key("v=DKIM1; k=ed25519; p=" + "A" * 43 + "="),)),
    Row("TR-4", "partial", "dkim_short", (_key(dkim_record(1024)),)),
    Row("TR-4", "fail", "dkim_missing", (missing(f"s2026._domainkey.{NAME} TXT"),)),
    Row(
        "TR-4",
        "fail",
        "dkim_several",
        (dns(f"s2026._domainkey.{NAME} TXT", dkim_record(), dkim_record(1024)),),
    ),
    Row("TR-4", "fail", "dkim_revoked", (_key("v=DKIM1; p="),)),
    Row("TR-4", "fail", "dkim_testing", (_key(f"t=y; {dkim_record().removeprefix('v=DKIM1; ')}"),)),
    Row("TR-4", "fail", "dkim_unusable", (_key("v=DKIM1; p=AAAA"),)),
    Row("TR-4", "fail", "dkim_unusable", (_key("hello"),)),
    Row("TR-4", "fail", "dkim_unusable", (_key(dkim_record().replace("k=rsa", "k=rsa; s=chat")),)),
    Row("TR-4", "fail", "dkim_unusable", (_key(dkim_record().replace("k=rsa", "h=sha1")),)),
    Row("TR-4", "not_tested", "dkim_undeclared", subject=good_subject(selectors=())),
    Row("TR-4", "not_tested", "letter_missing", subject=good_subject(signed=None)),
    Row("TR-4", "not_tested", "letter_missing", subject=good_subject(signed={})),
    Row("TR-4", "fail", "letter_unsigned", subject=good_subject(signed=good_letter(signatures=[]))),
    Row(
        "TR-4",
        "fail",
        "letter_not_verified",
        subject=good_subject(signed=good_letter(signatures=WRONG_SIGNATURE)),
    ),
    Row(
        "TR-4",
        "fail",
        "letter_not_aligned",
        subject=good_subject(signed=good_letter(signatures=OTHER_SIGNATURE)),
    ),
    Row(
        "TR-4",
        "fail",
        "letter_of_another",
        subject=good_subject(signed=good_letter(from_domain="x.example")),
    ),
    Row("TR-4", "fail", "dns_lost", (lost(f"s2026._domainkey.{NAME} TXT"),)),
    Row("TR-4", "unknown", "unable", (unable(f"dns s2026._domainkey.{NAME} TXT"),)),
]

TXT = f"_govmail-challenge.{NAME} TXT"
LONG_AGO = NOON - timedelta(days=366)
CONTROL = [
    Row("TR-5", "pass", "domain_of_state"),
    Row("TR-5", "pass", "domain_of_state", (dns(TXT),)),
    Row("TR-5", "pass", "domain_of_state", (unable(f"dns {TXT}"),)),
    Row("TR-5", "fail", "control_not_shown", (dns(TXT, "other"),), good_subject(verified_at=None)),
    Row("TR-5", "fail", "control_old", (dns(TXT),), good_subject(verified_at=LONG_AGO)),
    Row("TR-5", "pass", "domain_of_state", subject=good_subject(verified_at=LONG_AGO)),
    Row("TR-5", "unknown", "unable", (unable(f"dns {TXT}"),), good_subject(verified_at=None)),
    Row(
        "TR-5",
        "fail",
        "domain_outside",
        (dns("_govmail-challenge.agency.or.th TXT", CHALLENGE),),
        good_subject(name="agency.or.th"),
    ),
    Row(
        "TR-5",
        "pass",
        "domain_excepted",
        (dns("_govmail-challenge.agency.or.th TXT", CHALLENGE),),
        good_subject(name="agency.or.th", exception_letter="นร ๐๕๐๖/๑"),
    ),
]

YESTERDAY = (NOON - timedelta(days=1)).isoformat()
SARABAN = [
    Row("TR-6", "pass", "saraban_answers"),
    Row("TR-6", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("TR-6", "not_tested", "saraban_not_tried", subject=good_subject(saraban=None)),
    Row(
        "TR-6",
        "fail",
        "saraban_refused",
        subject=good_subject(saraban=good_round_trip(reply_code=550)),
    ),
    Row(
        "TR-6",
        "fail",
        "saraban_silent",
        subject=good_subject(saraban=good_round_trip(answered_at=None, answer_by=YESTERDAY)),
    ),
    Row(
        "TR-6",
        "not_tested",
        "saraban_waiting",
        subject=good_subject(
            saraban=good_round_trip(
                answered_at=None, answer_by=(NOON + timedelta(hours=1)).isoformat()
            )
        ),
    ),
    Row(
        "TR-6",
        "fail",
        "saraban_late",
        subject=good_subject(
            saraban=good_round_trip(answered_at=NOON.isoformat(), answer_by=YESTERDAY)
        ),
    ),
    Row(
        "TR-6",
        "fail",
        "saraban_elsewhere",
        subject=good_subject(saraban=good_round_trip(from_domain="mail.example")),
    ),
    Row(
        "TR-6",
        "unknown",
        "saraban_not_sent",
        subject=good_subject(saraban=good_round_trip(sent_at=None, reply_code=None)),
    ),
    # Sent on a Friday afternoon: Monday is the next working day.
    Row(
        "TR-6",
        "pass",
        "saraban_answers",
        subject=good_subject(
            saraban=good_round_trip(
                sent_at="2026-11-20T09:00:00+00:00",
                answered_at="2026-11-23T04:00:00+00:00",
                answer_by=None,
            )
        ),
    ),
]

SECURITY = f"https://{NAME}/.well-known/security.txt"
CONTACTS = [
    Row("TR-7", "pass", "security_txt_good"),
    Row("TR-7", "not_applicable", "is_parked", subject=PARKED),
    Row(
        "TR-7",
        "pass",
        "contact_published",
        (unable(f"http {SECURITY}"),),
        good_subject(incident_contact="02 123 4567"),
    ),
    Row("TR-7", "fail", "security_txt_missing", (http(hop(SECURITY, 404)),)),
    Row("TR-7", "fail", "security_txt_missing", (http(hop(SECURITY, 0), status=Status.SILENT),)),
    Row(
        "TR-7",
        "fail",
        "security_txt_expired",
        (text_page(SECURITY, SECURITY_TXT.replace("2027", "2026")),),
    ),
    Row(
        "TR-7",
        "fail",
        "security_txt_wrong",
        (text_page(SECURITY, "Contact: csirt@agency.go.th\n"),),
    ),
    Row("TR-7", "fail", "security_txt_wrong", (text_page(SECURITY, SECURITY_TXT, "text/html"),)),
    Row(
        "TR-7",
        "fail",
        "security_txt_wrong",
        (
            http(
                hop(SECURITY, 200, ["content-type", "text/plain"], trusted=False), body=SECURITY_TXT
            ),
        ),
    ),
    Row("TR-7", "unknown", "unable", (unable(f"http {SECURITY}"),)),
    Row("TR-8", "pass", "forwarding_denied"),
    Row("TR-8", "not_applicable", "no_mail", subject=WEB_ONLY),
    Row("TR-8", "fail", "forwarding_unsaid", subject=good_subject(no_forwarding_at=None)),
    Row(
        "TR-8", "fail", "forwarding_said_long_ago", subject=good_subject(no_forwarding_at=LONG_AGO)
    ),
]
ROWS = [*POLICIES, *SIGNING, *CONTROL, *SARABAN, *CONTACTS]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_rule_finds_what_it_must(row: Row) -> None:
    must_hold(row)


PARKED_ROWS = [
    ("pass", "parked_mx", None),
    ("fail", "parked_mx_open", dns(f"{NAME} MX", [10, MX1])),
    ("fail", "parked_mx_open", dns(f"{NAME} MX")),
    ("fail", "parked_spf_open", dns(f"{NAME} TXT", "v=spf1 ~all")),
    ("fail", "parked_spf_open", dns(f"{NAME} TXT", "v=spf1 mx -all")),
    ("fail", "parked_dmarc_open", _dmarc("v=DMARC1; p=quarantine")),
    ("fail", "dmarc_missing", missing(f"_dmarc.{NAME} TXT")),
    ("unknown", "unable", unable(f"dns {NAME} MX")),
]


@pytest.mark.parametrize(("outcome", "reason", "change"), PARKED_ROWS)
def test_a_parked_domain_says_that_it_is_closed(
    outcome: str, reason: str, change: Observation | None
) -> None:
    seen = parked_evidence()
    seen.add([change] if change else [])
    found = judged("TR-9", seen, PARKED)
    assert (found.outcome, found.reason) == (outcome, reason)


def test_a_key_of_1024_bits_needs_only_a_plan() -> None:
    assert judged("TR-4", but(_key(dkim_record(1024)))).blocks is False


def test_one_bad_key_among_good_ones_is_a_fail() -> None:
    subject = good_subject(selectors=("s2026", "old"))
    found = judged("TR-4", but(missing(f"old._domainkey.{NAME} TXT")), subject)
    assert (found.reason, found.facts["of"]) == ("dkim_missing", ["old"])


def test_a_proof_of_control_holds_for_twelve_months_by_the_calendar() -> None:
    gone = but(dns(TXT))
    almost = NOON.replace(year=2025) + timedelta(minutes=1)
    assert judged("TR-5", gone, good_subject(verified_at=almost)).outcome == "pass"
    assert judged("TR-5", gone, good_subject(verified_at=NOON.replace(year=2025))).outcome == "fail"


def test_the_domains_of_the_registry_itself_are_nobodys() -> None:
    seen = but(dns("_govmail-challenge.go.th TXT", CHALLENGE))
    assert judged("TR-5", seen, good_subject(name="go.th")).reason == "domain_outside"


def test_a_verdict_names_what_it_rests_on() -> None:
    assert judged("TR-1").rests_on == (
        f"dns {NAME} TXT",
        f"dns {NAME} MX",
        "dns _spf.cloud.example TXT",
    )
    assert evidences.rules()[15].code == "TR-1"
