from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from accounts.readiness import checks, wording
from accounts.readiness.wording.cures import CURES
from accounts.readiness.wording.reasons import REASONS
from accounts.readiness.wording.rules import GISTS, NAMES
from tests.accounts.readiness.evidences import good_subject, rules

FOLDER = Path(checks.__file__).parent
MAKERS = {"passed", "failed", "grave", "partial", "untested", "unknown", "beside", "CannotTell"}
# Named by a variable: by how the server failed, or by a word of the counting.
BY_VARIABLE = {"mx_silent", "mx_closed", "dmarc_rua_bad", "dmarc_no_reports", "sts_not_enforced"}
BY_VARIABLE |= {"spf_loop", "spf_many_mx", "spf_include_none", "spf_include_many"}
BY_VARIABLE |= {"spf_include_malformed"}
THAI = re.compile(r"[\u0e00-\u0e7f]")


def _calls() -> Iterator[tuple[str, list[ast.expr]]]:
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id, node.args


def _reasons() -> Iterator[tuple[str, str]]:
    """Each reason in the code of the checks, with the name of the function that makes it."""
    for name, args in _calls():
        if name in MAKERS and args:
            yield from ((name, each) for each in _texts(args[0]))
        if name == "Part" and len(args) > 1:
            maker = "failed" if "FAIL" in ast.unparse(args[0]) else "passed"
            yield from ((maker, each) for each in _texts(args[1]))
    yield from (("failed", each) for each in BY_VARIABLE)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


REASONS_GIVEN = {reason for _maker, reason in _reasons()}
FAILS = {reason for maker, reason in _reasons() if maker in ("failed", "grave", "partial")}


def test_the_test_finds_the_reasons() -> None:
    assert len(REASONS_GIVEN) > 120
    assert {"spf_passes_all", "dnssec_bogus", "mx_silent", "no_route"} <= REASONS_GIVEN


@pytest.mark.parametrize("language", ["en", "th"])
def test_every_reason_of_every_check_has_words(language: str) -> None:
    with translation.override(language):
        silent = {each for each in REASONS_GIVEN if not wording.sentence_of("", each, {})}
    assert silent == set()


def test_every_fail_has_a_cure() -> None:
    assert FAILS - CURES.keys() == set()


def test_every_word_belongs_to_a_reason() -> None:
    # What the journey says of a run that was given up.
    assert REASONS.keys() - REASONS_GIVEN == {"run_failed"}
    assert CURES.keys() - REASONS.keys() == set()


def test_every_rule_has_a_name_and_a_gist() -> None:
    codes = {rule.code for rule in rules()}
    assert NAMES.keys() == GISTS.keys() == codes == checks.CHECKS.keys()


def test_english_is_without_thai_and_thai_is_in_thai() -> None:
    with translation.override("en"):
        english = [str(text) for text in (*NAMES.values(), *GISTS.values())]
        english += [str(said.sentence) for said in REASONS.values()]
    with translation.override("th"):
        thai = [str(text) for text in (*NAMES.values(), *GISTS.values())]
        thai += [str(said.sentence) for said in REASONS.values()]
    assert [each for each in english if THAI.search(each)] == []
    assert [each for each in thai if not THAI.search(each)] == []


@pytest.mark.parametrize("language", ["en", "th"])
@pytest.mark.parametrize("reason", sorted(CURES))
def test_a_cure_can_be_made_even_without_facts(reason: str, language: str) -> None:
    with translation.override(language):
        cure = wording.cure_of("", reason, {}, good_subject())
    assert cure is not None and cure.sentence
    assert all(line.text and line.where and line.kind for line in cure.lines)


def test_what_a_sentence_needs_and_is_not_there_leaves_no_mark() -> None:
    assert wording.proof_of("mx_silent", {"of": ["mx1.agency.go.th"]}) == "mx1.agency.go.th"
    assert wording.proof_of("nothing like it", {}) == ""
    assert wording.sentence_of("TR-1", "nothing like it", {}) == ""
    assert wording.name_of("XX-1") == "XX-1"


def test_days_are_of_the_readers_era() -> None:
    facts = {"of": ["agency.go.th"], "until": "2027-02-01T00:00:00+00:00", "days": 70}
    with translation.override("th"):
        assert "1 ก.พ. 2570" in wording.proof_of("certificate_lasts", facts)
    with translation.override("en"):
        assert "1 Feb 2027" in wording.proof_of("certificate_lasts", facts)


def test_a_percent_in_a_strangers_text_is_only_a_text() -> None:
    facts = {"record": "v=spf1 exists:%{i}.%(x)s -all", "lookups": 1, "void": 0}
    assert "%{i}.%(x)s" in wording.proof_of("spf_good", facts)
