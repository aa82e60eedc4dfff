"""What strangers may send, and what may have become of our own rows: no rule ever falls over it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Outcome
from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness import wording
from accounts.readiness.checks import Judgement, judge
from tests.accounts.readiness.evidences import (
    NAME,
    NOON,
    but,
    dns,
    good_evidence,
    good_subject,
    observed,
    rules,
    text_page,
)

NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\x00", "\udc80", "%s%(x)s", "a" * 2_000, "v=spf1 " + "include:x " * 200]),
    st.sampled_from(["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "http://["]),
)
VALUES = st.one_of(
    NASTY,
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.lists(st.one_of(NASTY, st.integers(), st.lists(NASTY, max_size=4)), max_size=4),
    st.dictionaries(st.text(max_size=5), NASTY, max_size=3),
)
GOOD = list(good_evidence())


def _judged(seen: Observations) -> list[Judgement]:
    found = judge(rules(), good_subject(), seen, now=NOON)
    assert [each.code for each in found] == [rule.code for rule in rules()]
    for each in found:
        kept = json.dumps([each.facts, list(each.rests_on)], allow_nan=False)
        assert len(kept) < 100_000
        assert "\\u0000" not in kept
        wording.proof_of(each.reason, each.facts)
        wording.sentence_of(each.code, each.reason, each.facts)
        wording.cure_of(each.code, each.reason, each.facts, good_subject())
    return found


@st.composite
def spoilt(draw: st.DrawFn) -> Observation:
    """One of the good observations with another fact, status or error."""
    good = draw(st.sampled_from(GOOD))
    facts = dict(good.facts)
    if facts and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(facts)))
        facts[name] = draw(VALUES)
    status = draw(st.sampled_from([good.status, good.status, *Status]))
    error = draw(st.sampled_from(["", "timeout", "refused", "private", "odd"]))
    return Observation(good.probe, good.target, status, NOON, facts, 1, error)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(spoilt(), min_size=1, max_size=4))
def test_no_rule_falls_over_spoilt_evidence(changes: list[Observation]) -> None:
    _judged(but(*changes))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, len(GOOD) - 1), min_size=1))
def test_what_was_not_asked_never_makes_a_rule_fail(left_out: set[int]) -> None:
    seen = Observations(each for n, each in enumerate(GOOD) if n not in left_out)
    assert [each.code for each in _judged(seen) if each.outcome == Outcome.FAIL] == []


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, len(GOOD) - 1), min_size=1))
def test_what_could_not_be_asked_never_makes_a_rule_fail(ours: set[int]) -> None:
    lost = [observed(GOOD[n].probe, GOOD[n].target, Status.UNABLE) for n in ours]
    assert [each.code for each in _judged(but(*lost)) if each.outcome == Outcome.FAIL] == []


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([each for each in GOOD if each.probe == "dns"]), st.lists(NASTY, max_size=5))
def test_strangers_texts_are_never_our_fault(good: Observation, texts: list[str]) -> None:
    facts = good.facts | {"records": texts}
    seen = but(Observation(good.probe, good.target, Status.ANSWERED, NOON, facts))
    assert "unreadable" not in [each.reason for each in _judged(seen)]


LONG = "x" * 64_000
HOSTILE = {
    "a record of 64 kB": dns(f"{NAME} TXT", f"v=spf1 {LONG} -all"),
    "a DMARC record of 64 kB": dns(f"_dmarc.{NAME} TXT", f"v=DMARC1; p=reject; {LONG}"),
    "a key of 64 kB": dns(f"s2026._domainkey.{NAME} TXT", f"v=DKIM1; p={'A' * 64_000}"),
    "10,000 TXT records": dns(f"{NAME} TXT", *(f"v=spf1 a:h{n}.x -all" for n in range(10_000))),
    "10,000 terms": dns(f"{NAME} TXT", "v=spf1 " + "a:x.example " * 10_000 + "-all"),
    "thousands of MX": dns(f"{NAME} MX", *([n, f"mx{n}.{NAME}"] for n in range(5_000))),
    "thousands of NS": dns(f"{NAME} NS", *(f"ns{n}.{NAME}" for n in range(5_000))),
    "MX of nonsense": dns(f"{NAME} MX", ["ten", 7], [10], "mx", None, [10, "mx\x00.x"]),
    "NUL and garbage": dns(f"{NAME} TXT", "v=spf1 \x00\x01\udc80 -all"),
    "a policy of 64 kB": text_page(
        f"https://mta-sts.{NAME}/.well-known/mta-sts.txt", "mx: a.example\n" * 5_000
    ),
    "contacts of 64 kB": text_page(f"https://{NAME}/.well-known/security.txt", "a: b\n" * 13_000),
    "semicolons alone": dns(f"_dmarc.{NAME} TXT", "v=DMARC1" + ";" * 60_000),
    "commas alone": dns(f"_smtp._tls.{NAME} TXT", "v=TLSRPTv1; rua=" + "," * 60_000),
    "macros alone": dns(f"{NAME} TXT", "v=spf1 exists:" + "%{i}" * 400 + ".x.example -all"),
}


@pytest.mark.parametrize("hostile", list(HOSTILE))
def test_hostile_answers_are_judged_within_bounds(hostile: str) -> None:
    began = time.process_time()
    found = _judged(but(HOSTILE[hostile]))
    assert "unreadable" not in [each.reason for each in found]
    # Not a measure: a bound that only what never ends would miss.
    assert time.process_time() - began < 20


def test_a_rule_that_nobody_wrote_a_check_for_is_unknown() -> None:
    line: Any = rules()[0]
    strange = type(line)("XX-1", 1, "stable", "B")
    assert judge([strange], good_subject(), good_evidence(), now=NOON)[0].reason == "no_check"
