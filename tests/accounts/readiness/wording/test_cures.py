"""What is to be pasted: made of the agency's own records, and safe for its mail."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from accounts.probing.observations import Observation
from accounts.readiness.checks import Judgement
from accounts.readiness.subject import Subject
from accounts.readiness.wording import Cure, cure_of, sentence_of
from tests.accounts.readiness import evidences
from tests.accounts.readiness.evidences import (
    NAME,
    but,
    dkim_record,
    dns,
    good_subject,
    judged,
    missing,
    smtp,
    tls,
)

MX1 = evidences.MAIL_HOSTS[0]


def _cure(found: Judgement, subject: Subject | None = None) -> Cure:
    cure = cure_of(found.code, found.reason, found.facts, subject or good_subject())
    assert cure is not None
    return cure


def _pasted(code: str, *changes: Observation) -> list[str]:
    return [line.text for line in _cure(judged(code, but(*changes))).lines]


def _spf(record: str) -> Observation:
    return dns(f"{NAME} TXT", record)


@pytest.mark.parametrize(
    ("record", "mended"),
    [
        ("v=spf1 mx include:_spf.cloud.example ?all", "v=spf1 mx include:_spf.cloud.example -all"),
        ("v=spf1 mx +all", "v=spf1 mx -all"),
        ("v=spf1 mx", "v=spf1 mx -all"),
        ("v=spf1 mx mxx:a -all", "v=spf1 mx ~all"),
        ("v=spf1 mx include:gone.example ~all", "v=spf1 mx ~all"),
    ],
)
def test_the_agencys_own_spf_record_is_mended_and_senders_stay(record: str, mended: str) -> None:
    assert _pasted("TR-1", _spf(record), missing("gone.example TXT")) == [mended]


def test_several_spf_records_become_one_with_all_senders() -> None:
    several = dns(f"{NAME} TXT", "v=spf1 mx -all", "v=spf1 ip4:192.0.2.1 mx ~all")
    assert _pasted("TR-1", several) == ["v=spf1 mx ip4:192.0.2.1 ~all"]


def test_who_changes_spf_is_told_to_list_every_sender_first() -> None:
    for record in ("v=spf1 mx ?all", "other"):
        with translation.override("en"):
            cure = _cure(judged("TR-1", but(_spf(record))))
        assert "list every server" in cure.sentence


@pytest.mark.parametrize(
    "record",
    ["v=spf1 mx ?all", "v=spf1 +all", "v=spf1 mx", "nothing", "v=spf1 ip4:0.0.0.0/0 -all"],
)
def test_a_mended_spf_record_passes(record: str) -> None:
    (mended,) = _pasted("TR-1", _spf(record))
    assert judged("TR-1", but(_spf(mended))).outcome == "pass"


def test_dmarc_begins_by_watching_and_climbs_one_rung_at_a_time() -> None:
    at = f"_dmarc.{NAME} TXT"
    assert [re.search(r" p=(\w+);", each)[1] for each in _pasted("TR-2", missing(at))] == [  # type: ignore[index]
        *("none", "quarantine", "reject")
    ]
    (third,) = _pasted("TR-2", dns(at, "v=DMARC1; p=none; rua=mailto:a@b.example; adkim=s"))
    assert third == "v=DMARC1; p=quarantine; rua=mailto:a@b.example; adkim=s"
    assert _pasted("TR-3", dns(at, "v=DMARC1; p=none")) == [
        f"v=DMARC1; p={policy}; rua=mailto:dmarc-reports@{NAME}"
        for policy in ("quarantine", "reject")
    ]
    (last,) = _pasted("TR-3", dns(at, third))
    assert last == "v=DMARC1; p=reject; rua=mailto:a@b.example; adkim=s"


def test_who_gets_no_reports_first_watches_and_opens_the_mailbox_for_them() -> None:
    at = f"_dmarc.{NAME} TXT"
    assert _pasted("TR-2", dns(at, "v=DMARC1; p=none; fo=1")) == [
        f"v=DMARC1; p={policy}; fo=1; rua=mailto:dmarc-reports@{NAME}"
        for policy in ("none", "quarantine")
    ]
    told = f"Open the mailbox dmarc-reports@{NAME} first"
    with translation.override("en"):
        for record in ("v=DMARC1; p=none", "v=DMARC1; p=reject"):
            assert told in _cure(judged("TR-2", but(dns(at, record)))).sentence
        own = dns(at, "v=DMARC1; p=none; rua=mailto:a@b.example")
        assert "Open the mailbox" not in _cure(judged("TR-2", but(own))).sentence


def test_nothing_is_taken_from_a_dmarc_record_but_what_is_wrong() -> None:
    record = f"v=DMARC1; p=reject; t=y; rua=mailto:dmarc@{NAME}; fo=1"
    (mended,) = _pasted("TR-2", dns(f"_dmarc.{NAME} TXT", record))
    assert mended == f"v=DMARC1; p=reject; rua=mailto:dmarc@{NAME}; fo=1"


def test_mta_sts_begins_as_a_trial_for_the_mail_servers_there_are() -> None:
    cure = _cure(judged("SE-6", but(dns(f"_mta-sts.{NAME} TXT"))))
    policy = next(line.text for line in cure.lines if line.kind == "file")
    assert "mode: testing" in policy and "mode: enforce" not in policy
    assert [line for line in policy.splitlines() if line.startswith("mx:")] == [
        f"mx: {host}" for host in evidences.MAIL_HOSTS
    ]


def test_the_mark_of_a_test_is_taken_from_a_key_and_the_key_stays() -> None:
    key = dkim_record()
    (mended,) = _pasted("TR-4", dns(f"s2026._domainkey.{NAME} TXT", f"{key}; t=y"))
    assert mended == key


def test_a_mail_server_under_another_name_is_entered_under_its_own() -> None:
    assert _pasted("ST-2", dns(f"{MX1} CNAME", "real.example")) == ["10 real.example."]


def test_old_encryption_has_lines_for_the_server_it_is_about() -> None:
    old = {"TLSv1": "accepted", "TLSv1.1": "refused"}
    web = _cure(judged("SE-2", but(tls(NAME, old=old))))
    assert [line.kind for line in web.lines] == ["nginx", "apache", "iis"]
    mail = _cure(judged("SE-2", but(smtp(MX1, old=old))))
    assert [line.kind for line in mail.lines] == ["postfix"]


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        (dns(f"{NAME} MX", [10, MX1]), "MX"),
        (dns(f"{NAME} TXT", "v=spf1 mx -all"), "TXT"),
        (missing(f"_dmarc.{NAME} TXT"), "TXT"),
    ],
)
def test_a_domain_that_is_not_in_use_is_closed_by_what_is_pasted(
    changes: Observation, kinds: str
) -> None:
    seen = evidences.parked_evidence()
    seen.add([changes])
    cure = _cure(judged("TR-9", seen, evidences.parked_subject()))
    assert all(line.where.split(" ")[0] == kinds or "TXT" in line.where for line in cure.lines)


def test_the_contact_file_that_is_pasted_is_valid() -> None:
    url = f"https://{NAME}/.well-known/security.txt"
    gone = evidences.http(evidences.hop(url, 404))
    (file,) = _pasted("TR-7", gone)
    assert judged("TR-7", but(evidences.text_page(url, file))).outcome == "pass"


def test_the_proof_of_control_is_pasted_as_it_is_asked_for() -> None:
    subject = good_subject(verified_at=None)
    found = judged("TR-5", but(dns(f"_govmail-challenge.{NAME} TXT")), subject)
    (line,) = _cure(found).lines
    assert (line.where, line.text) == (f"TXT · _govmail-challenge.{NAME}", evidences.CHALLENGE)


def test_what_strangers_say_is_pasted_in_one_line_without_what_cannot_be_seen() -> None:
    record = "v=spf1 mx\u202e\n\x1b[31m ?all"
    found = judged("TR-1", but(_spf(record)))
    cure = cure_of("TR-1", "spf_neutral", found.facts | {"record": record}, good_subject())
    assert cure is not None
    assert re.fullmatch(r"[ -~]+", cure.lines[0].text)


def test_what_passes_has_no_cure() -> None:
    for rule in evidences.rules():
        found = judged(rule.code)
        assert cure_of(rule.code, found.reason, found.facts, good_subject()) is None
        assert sentence_of(rule.code, found.reason, found.facts)
