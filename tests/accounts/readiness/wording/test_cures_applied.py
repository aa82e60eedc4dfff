"""What is to be pasted is pasted, and the rules judge again: it helps, and harms no other rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dns.zone as dns_zone
import pytest
from django.utils import translation

from accounts.probing.observations import Observation, Observations
from accounts.readiness.reading import spf
from accounts.readiness.subject import Subject
from accounts.readiness.wording import PasteLine, cure_of
from tests.accounts.readiness import evidences
from tests.accounts.readiness.evidences import (
    NAME,
    but,
    dkim_record,
    dns,
    good_subject,
    judged,
    missing,
    text_page,
)

POLICY = f"_dmarc.{NAME} TXT"
OWN = f"rua=mailto:dmarc@{NAME}"
UNWILLING = "rua=mailto:x@unwilling.example"
STS = f"https://mta-sts.{NAME}/.well-known/mta-sts.txt"
_ASIDE = [missing(f"{NAME}._report._dmarc.unwilling.example TXT"), missing("gone.example TXT")]
_ASIDE += [missing("gone.example A"), missing("gone.example MX"), missing("gone.example AAAA")]
_ASIDE += [dns("other.example TXT", "v=spf1 ip4:192.0.2.7 ?all"), dns("ok.example A", "192.0.2.8")]
_ASIDE += [dns("open.example TXT", "v=spf1 +all"), dns("ok.example AAAA")]
_ASIDE += [dns("bad.example TXT", "v=spf1 ip4:x -all"), dns(f"{NAME} PTR")]
_BETTER = ("fail", "not_tested", "unknown", "partial", "pass", "not_applicable")

DMARC = [
    "v=DMARC1; p=none",
    "v=DMARC1; p=none; sp=reject; fo=1",
    "v=DMARC1; p=none; t=y; sp=none; adkim=s",
    f"v=DMARC1; p=none; {UNWILLING}",
    f"v=DMARC1; p=quarantine; t=y; {OWN}",
    "v=DMARC1; p=quarantine; t=y",
    f"v=DMARC1; p=quarantine; t=y; {UNWILLING}",
    f"v=DMARC1; p=reject; T=Y; {UNWILLING}",
    "v=DMARC1; p=reject",
    "v=DMARC1; p=reject; rua=http://x.example",
    f"v=DMARC1; p=reject; {UNWILLING}",
    f"v=DMARC1; p=reject; {UNWILLING},mailto:dmarc@{NAME}",
    f"v=DMARC1; p=quarantine; {OWN}",
    "v=DMARC1; p=quarantine",
    f"v=DMARC1; p=reject; sp=none; np=quarantine; {OWN}",
    "v=DMARC1; p=reject; sp=none",
    f"v=DMARC1; p=quarantine; {OWN}; adkim=x; fo=1",
    f"v=DMARC1; p=rejct; {OWN}",
    "v=DMARC1 p=none",
    f"v=DMARC1; p=reject; p=none; {OWN}; t=y",
]
SPF = [
    "v=spf1 mx ?all",
    "v=spf1 +all",
    "v=spf1 mx ip4:0.0.0.0/0 ~all",
    "v=spf1 mx",
    "v=spf1 redirect=other.example",
    "v=spf1 redirect=open.example",
    "v=spf1 mx include:open.example -all",
    "v=spf1 mx include:gone.example ?all",
    "v=spf1 redirect=gone.example",
    "v=spf1 mx include:bad.example ~all",
    f"v=spf1 mx include:{NAME} ~all",
    "v=spf1 mx mxx:a ip4:1.2.3 ?all",
    "v=spf1 redirect=other.example redirect=gone.example",
    "v=spf1 mx ptr " + " ".join(f"a:ok.example/{length}" for length in range(8, 17)) + " ?all",
    "v=spf1 mx ptr a:gone.example mx:gone.example include:_spf.cloud.example exists:gone.example",
]


def _outcomes(seen: Observations, subject: Subject) -> dict[str, str]:
    return {rule.code: judged(rule.code, seen, subject).outcome.value for rule in evidences.rules()}


def _proposed(code: str, seen: Observations, subject: Subject) -> tuple[PasteLine, ...]:
    found = judged(code, seen, subject)
    with translation.override("en"):
        cure = cure_of(code, found.reason, found.facts, subject)
    assert cure is not None
    return cure.lines


def _stands(line: PasteLine, kind: str, name: str) -> None:
    """What a name server reads from the whole line is the record that was meant."""
    zone = dns_zone.from_text(f"$TTL 60\n{line.zone}\n", ".", relativize=False, check_origin=False)
    found = zone.get_rdataset(f"{name}.", kind)
    assert found is not None and len(zone.nodes) == 1
    if kind == "TXT":
        assert [b"".join(each.strings).decode() for each in found] == [line.text]
    else:
        assert [each.to_text() for each in found] == [line.text]


def _pasted(seen: Observations, line: PasteLine) -> Observations:
    """The evidence as it is with this line in place of what stood there."""
    after = Observations(list(seen))
    if line.kind == "file":
        after.add([text_page(line.where.split(" ")[-1], line.text)])
    elif line.kind == "dns" and "<" not in line.text:
        kind, _, name = line.where.rpartition(": ")[2].partition(" · ")
        _stands(line, kind, name)
        old = seen.get("dns", f"{name} {kind}")
        # Beside SPF other texts stand at the same name.
        others = [
            each
            for each in (old.facts["records"] if old is not None and kind == "TXT" else [])
            if name == NAME and not spf.is_spf(each)
        ]
        after.add([dns(f"{name} {kind}", *others, _parsed(kind, line.text))])
    return after


def _parsed(kind: str, text: str) -> object:
    if kind != "MX":
        return text
    preference, _, host = text.partition(" ")
    return [int(preference), host.removesuffix(".")]


def _mended(
    code: str, seen: Observations, subject: Subject, lines: Iterable[PasteLine] | None = None
) -> Observations:
    """After every line, one after the other; no rule is worse at any step than it was before."""
    before = _outcomes(seen, subject)
    for line in _proposed(code, seen, subject) if lines is None else lines:
        seen = _pasted(seen, line)
        now = _outcomes(seen, subject)
        worse = {
            each: (before[each], now[each])
            for each in before
            if _BETTER.index(now[each]) < _BETTER.index(before[each])
        }
        assert worse == {}, line.text
    return seen


def _faults(kind: str, records: Sequence[str]) -> list[tuple[str, str, str]]:
    """Those of the records that a rule does not pass. kind: the observation they stand in."""
    codes = ("TR-2", "TR-3") if kind == POLICY else ("TR-1",)
    return [
        (code, kind, each)
        for each in records
        for code in codes
        if judged(code, but(*_ASIDE, dns(kind, each))).outcome == "fail"
    ]


FAULTS = _faults(POLICY, DMARC) + _faults(f"{NAME} TXT", SPF)


@pytest.mark.parametrize(("code", "kind", "record"), FAULTS)
def test_a_record_that_is_proposed_passes_and_makes_no_other_rule_worse(
    code: str, kind: str, record: str
) -> None:
    subject, seen = good_subject(), but(*_ASIDE, dns(kind, record))
    after = judged(code, _mended(code, seen, subject), subject)
    assert (after.outcome, after.reason) == ("pass", after.reason), after.facts


def test_every_fault_of_these_records_has_been_seen() -> None:
    reasons = {judged(code, but(*_ASIDE, dns(kind, each))).reason for code, kind, each in FAULTS}
    assert len(FAULTS) > 35
    assert reasons >= {
        *("dmarc_none", "dmarc_testing", "dmarc_no_reports", "dmarc_rua_bad", "dmarc_malformed"),
        *("dmarc_unauthorised", "dmarc_not_reject", "dmarc_subdomains"),
        *("spf_neutral", "spf_passes_all", "spf_open", "spf_include_passes_all", "spf_malformed"),
        *("spf_include_none", "spf_include_malformed", "spf_loop"),
        *("spf_too_many_lookups", "spf_too_many_void"),
    }


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("TR-1", [dns(f"{NAME} TXT", "other words")]),
        ("TR-1", [dns(f"{NAME} TXT", "v=spf1 mx +all", "v=spf1 redirect=other.example")]),
        ("TR-2", [missing(POLICY)]),
        ("TR-3", [missing(POLICY)]),
        ("TR-2", [dns(POLICY, "v=DMARC1; p=none", f"v=DMARC1; p=reject; {OWN}")]),
        ("TR-3", [dns(POLICY, "v=DMARC1; p=reject; fo=1", f"v=DMARC1; p=reject; {OWN}")]),
        ("TR-4", [dns(f"s2026._domainkey.{NAME} TXT", f"{dkim_record()}; t=y:s")]),
        ("SE-7", [missing(f"_smtp._tls.{NAME} TXT")]),
        ("SE-7", [dns(f"_smtp._tls.{NAME} TXT", "v=TLSRPTv1; rua=someone")]),
        ("SE-7", [dns(f"_smtp._tls.{NAME} TXT", *["v=TLSRPTv1; rua=mailto:a@b.example"] * 2)]),
        ("ST-2", [dns(f"{NAME} MX", [0, ""])]),
    ],
)
def test_other_records_that_are_proposed_pass_too(code: str, changes: list[Observation]) -> None:
    mail = f"mail.{NAME}"
    there = [dns(f"{mail} A", "203.0.113.10"), dns(f"{mail} AAAA"), dns(f"{mail} CNAME")]
    there.append(evidences.smtp(mail, "203.0.113.10"))
    subject, seen = good_subject(), but(*_ASIDE, *there, *changes)
    assert judged(code, seen).outcome == "fail"
    if code == "ST-2":
        take_out, put_in = _proposed(code, seen, subject)
        assert take_out.where.startswith("take this record out")
        assert judged(code, _pasted(seen, put_in)).outcome == "pass"
    else:
        assert judged(code, _mended(code, seen, subject)).outcome == "pass"


def test_each_way_out_of_reports_that_nobody_takes_is_enough_by_itself() -> None:
    record = f"v=DMARC1; p=reject; fo=1; {UNWILLING}"
    seen = but(*_ASIDE, dns(POLICY, record))
    theirs, ours = _proposed("TR-2", seen, good_subject())
    assert theirs.text == "v=DMARC1;" and "fo=1" in ours.text
    for alternative in (theirs, ours):
        mended = _mended("TR-2", seen, good_subject(), [alternative])
        assert judged("TR-2", mended).outcome == "pass"


@pytest.mark.parametrize(
    "changes",
    [
        dns(f"_mta-sts.{NAME} TXT"),
        dns(f"_mta-sts.{NAME} TXT", "v=STSv1; id=1", "v=STSv1; id=2"),
        dns(f"_mta-sts.{NAME} TXT", "v=STSv1"),
        text_page(STS, "version: STSv1\nmode: testing\nmx: *.agency.go.th\nmax_age: 31557600\n"),
        text_page(STS, "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 604800\n"),
        text_page(STS, "version: STSv1\nmode: enforce\nmx: *.agency.go.th\nmax_age: 60\n"),
        text_page(STS, "mode: enforce"),
    ],
)
def test_mta_sts_is_enforced_after_a_trial_at_most(changes: Observation) -> None:
    seen = but(changes)
    assert judged("SE-6", seen).outcome != "pass"
    for _round in range(2):
        if judged("SE-6", seen).outcome != "pass":
            seen = _mended("SE-6", seen, good_subject())
    assert judged("SE-6", seen).outcome == "pass"


@pytest.mark.parametrize(
    "record",
    [
        *("v=DMARC1; p=none", f"v=DMARC1; p=quarantine; sp=none; t=y; {OWN}", "v=DMARC1; p=reject"),
        *(f"v=DMARC1; p=reject; sp=quarantine; {OWN}", f"v=DMARC1; p=reject; sp=none; {OWN}"),
    ],
)
@pytest.mark.parametrize("code", ["TR-2", "TR-3"])
def test_a_department_is_told_a_record_of_its_own_that_passes(code: str, record: str) -> None:
    subject = good_subject(name=f"dept.{NAME}")
    seen = but(missing(f"_dmarc.dept.{NAME} TXT"), dns(POLICY, record))
    if judged(code, seen, subject).outcome == "fail":
        seen = _mended(code, seen, subject)
    assert judged(code, seen, subject).outcome == "pass"


@pytest.mark.parametrize(
    "changes",
    [
        dns(f"{NAME} MX", [10, evidences.MAIL_HOSTS[0]]),
        dns(f"{NAME} TXT", "v=spf1 mx -all"),
        missing(POLICY),
        dns(POLICY, f"v=DMARC1; p=quarantine; {OWN}"),
        dns(POLICY, "v=DMARC1; p=reject; t=y"),
    ],
)
def test_a_domain_that_is_not_in_use_is_closed_by_what_is_proposed(changes: Observation) -> None:
    seen, subject = evidences.parked_evidence(), evidences.parked_subject()
    seen.add([changes])
    lines = _proposed("TR-9", seen, subject)
    assert judged("TR-9", _mended("TR-9", seen, subject), subject).outcome == "pass"
    if "rua" in str(changes.facts["records"]):
        assert OWN in lines[-1].text


def test_no_record_is_proposed_where_none_is_known_to_be_enough() -> None:
    many = " ".join(f"a:h{number}.example" for number in range(12))
    found = [dns(f"h{number}.example {kind}") for number in range(12) for kind in ("A", "AAAA")]
    seen = but(*found, dns(f"{NAME} TXT", f"v=spf1 mx ptr {many} -all"))
    assert judged("TR-1", seen).reason == "spf_too_many_lookups"
    assert _proposed("TR-1", seen, good_subject()) == ()
