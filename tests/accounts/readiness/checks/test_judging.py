from __future__ import annotations

from accounts.readiness.checks import judge
from tests.accounts.readiness import evidences
from tests.accounts.readiness.evidences import NOON, good_evidence, good_subject, rules


def test_the_good_domain_passes_every_rule() -> None:
    found = judge(rules(), good_subject(), good_evidence(), now=NOON)
    outcomes = {each.code: (each.outcome, each.reason) for each in found}
    assert {code: each for code, each in outcomes.items() if each[0] != "pass"} == {
        "TR-9": ("not_applicable", "not_parked")
    }


def test_the_parked_domain_passes_every_rule_that_applies() -> None:
    subject, seen = evidences.parked_subject(), evidences.parked_evidence()
    found = judge(rules(), subject, seen, now=NOON)
    assert {each.code for each in found if each.outcome == "pass"} == {
        *("ST-1", "ST-5", "SE-8", "TR-5", "TR-9")
    }
    assert {each.outcome for each in found} == {"pass", "not_applicable"}


def test_a_scan_that_did_not_come_to_its_end_says_nothing_of_sslv3() -> None:
    seen = good_evidence()
    seen.add([evidences.deep("www.agency.go.th", untested=["SSLv3"])])
    found = {each.code: each for each in judge(rules(), good_subject(), seen, now=NOON)}

    assert "ssl3_untested" in [part.reason for part in found["SE-2"].parts]
