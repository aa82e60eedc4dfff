from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from accounts.models import Outcome
from accounts.readiness.scores import score_of
from accounts.readiness.wording import cure_of, sentence_of
from tests.bed import table
from tests.bed.agencies import AGENCIES, NEVER_UNKNOWN, OUR_FAULT, READY, UNKNOWN
from tests.bed.agency import BedAgency
from tests.bed.runs import Run, run_all
from tests.bed.standing import Bed

FAULTY = [agency for agency in AGENCIES if agency.fails]
GRAVE = {"bogus": ["SE-8"], "open-spf": ["TR-1"], "over": ["ST-4", "SE-3"]}
Runs = Mapping[tuple[str, str], Run]


@pytest.fixture(scope="module")
def runs(bed: Bed) -> Runs:
    """All of them at once: whoever waits for a server leaves the processor to the others."""
    # The slow ones first.
    waits = dict.fromkeys(each for each in UNKNOWN.values() if each[1] != "whole")
    return run_all(bed, [*waits, *((each.label, "whole") for each in AGENCIES)], datetime.now(UTC))


@pytest.mark.parametrize("agency", READY, ids=lambda agency: agency.label)
def test_an_agency_that_is_ready_passes_every_rule_that_applies(
    runs: Runs, agency: BedAgency
) -> None:
    run = runs[agency.label, "whole"]
    passed = [code for code, each in run.verdicts.items() if each.outcome == Outcome.PASS]
    assert run.wrong == {}
    assert score_of(run.judgements) == 100
    # Whatever does not apply is not much.
    assert len(passed) >= {"mail": 23, "web": 14, "parked": 5}[agency.role]


@pytest.mark.parametrize("agency", FAULTY, ids=lambda agency: agency.label)
def test_an_agency_with_one_fault_fails_its_rule_alone(runs: Runs, agency: BedAgency) -> None:
    wrong = runs[agency.label, "whole"].wrong
    assert wrong.pop(agency.fails) == agency.outcome
    assert sorted(wrong) == sorted(agency.drags)


@pytest.mark.parametrize("code", UNKNOWN)
def test_what_is_our_own_fault_is_unknown(runs: Runs, code: str) -> None:
    verdicts = runs[UNKNOWN[code]].verdicts
    assert verdicts[code].outcome == Outcome.UNKNOWN
    assert [each.code for each in verdicts.values() if each.outcome == Outcome.FAIL] == []


def test_every_verdict_is_reached_again_from_the_evidence_alone(runs: Runs) -> None:
    assert len(runs) > 60
    for name, run in runs.items():
        assert run.replayed() == run.judgements, name


@pytest.mark.parametrize("agency", FAULTY, ids=lambda agency: agency.label)
def test_each_fault_comes_with_a_plain_sentence_and_a_cure(runs: Runs, agency: BedAgency) -> None:
    run = runs[agency.label, "whole"]
    found = run.verdicts[agency.fails]
    cure = cure_of(found.code, found.reason, found.facts, run.subject)
    assert sentence_of(found.code, found.reason, found.facts)
    assert cure is not None and cure.sentence


def test_only_what_nobody_waits_for_is_grave(runs: Runs) -> None:
    grave = {
        label: [code for code, each in run.verdicts.items() if each.is_grave]
        for (label, _way), run in runs.items()
    }
    assert {label: codes for label, codes in grave.items() if codes} == GRAVE


@pytest.mark.parametrize(
    ("label", "code", "blocks"),
    [
        ("bogus", "SE-8", True),
        ("unsigned", "SE-8", None),
        ("old-mx", "SE-2", False),
        ("old-web", "SE-2", None),
        ("ends-soon", "ST-4", None),
        ("ends-within-a-month", "ST-4", False),
        ("short-dkim", "TR-4", False),
    ],
)
def test_what_a_fault_costs_is_told_apart_within_a_rule(
    runs: Runs, label: str, code: str, blocks: bool | None
) -> None:
    assert runs[label, "whole"].verdicts[code].blocks is blocks


def test_every_rule_has_been_seen_good_bad_and_unknown() -> None:
    codes = set(table.codes())
    assert len(codes) == 24
    assert {agency.fails for agency in FAULTY} == codes
    assert {*UNKNOWN, *NEVER_UNKNOWN} == codes
    assert not [agency.label for agency in OUR_FAULT if agency.fails]


def test_the_table_of_the_rules_tells_of_these_tests() -> None:
    document = table.DOCUMENT.read_text(encoding="utf-8")
    here = globals()
    assert table.written(document) == document
    assert all(f"`{name}[…]`" in document and name in here for name in _NAMES)


_NAMES = (table.GOOD, table.BAD, table.UNSURE)
