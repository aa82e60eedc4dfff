from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.filing.rules import (
    MARKS,
    PLACES,
    TEXTS,
    WAYS,
    Condition,
    Deeds,
    Facts,
    Rule,
    RuleUnreadable,
    chosen,
    is_sound,
    plain,
    together,
)
from mailbox.mime.rendition import Address, Attachment, Rendition

LETTER = Rendition(
    subject="ขอเชิญประชุม ครั้งที่ ๕/๒๕๖๙",
    senders=(Address("สำนักงาน ก.พ.", "Saraban@OCSC.example"),),
    to=(Address("Amina", "amina@transport.example"),),
    cc=(Address("", "planning@sub.interior.example"),),
    raw_length=2_000_000,
    attachments=(Attachment(0, "a.pdf", "application/pdf", 1, False, "", 0, 1, "section", 0, ""),),
)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (("from", "contains", "ocsc"), True),
        (("from", "contains", "สำนักงาน"), True),
        (("from", "is", "saraban@ocsc.example"), True),
        (("from", "is", "saraban"), False),
        (("from", "domain", "ocsc.example"), True),
        (("from", "domain", "@OCSC.example"), True),
        (("from", "domain", "csc.example"), False),
        (("to", "domain", "interior.example"), True),
        (("to", "contains", "amina"), True),
        (("subject", "contains", "ครั้งที่ 5"), True),
        (("subject", "contains", "๕/2569"), True),
        (("subject", "is", "ขอเชิญประชุม  ครั้งที่ 5/2569"), True),
        (("subject", "is", "ขอเชิญประชุม"), False),
        (("attachment", "", ""), True),
        (("list", "", ""), False),
        (("larger", "", "1000000"), True),
        (("larger", "", "2000000"), False),
    ],
)
def test_a_condition_looks_at_its_part_of_the_letter(
    condition: tuple[str, str, str], met: bool
) -> None:
    assert Condition(*condition).is_met(Facts.of(LETTER)) is met


def test_a_vowel_typed_as_two_halves_is_the_same_vowel() -> None:
    assert plain("น\u0e4d\u0e49\u0e32") == "น\u0e49\u0e33"
    assert plain("ก\u0e4d\u0e32") == "ก\u0e33"


def test_all_or_any_and_none_at_all() -> None:
    yes, no = Condition("from", "contains", "ocsc"), Condition("subject", "contains", "งบ")
    facts = Facts.of(LETTER)
    assert not Rule(conditions=(yes, no)).is_met(facts)
    assert Rule(needs_all=False, conditions=(yes, no)).is_met(facts)
    assert not Rule().is_met(facts)


def test_later_rules_add_and_a_stop_ends_them() -> None:
    condition = (Condition("attachment"),)
    rules = [
        Rule(conditions=condition, deeds=Deeds(move_to="archive", labels=("a",), star=True)),
        Rule(conditions=(Condition("list"),), deeds=Deeds(read=True)),
        Rule(conditions=condition, deeds=Deeds(move_to="spam", labels=("b", "a"), stop=True)),
        Rule(conditions=condition, deeds=Deeds(read=True)),
    ]
    course = together(chosen(rules, Facts.of(LETTER)))
    assert course == Deeds(move_to="archive", labels=("a", "b"), star=True)


# Line ends, separators, quotes and commands of other languages: class 30 of the bad input.
NASTY = ("\r\n", "\n", "\0", "\x1c", "\x85", "\u2028", '"', "'", "\\", "{", ";", "/*", "\u202e",
         'fileinto "x";', "<script>", "%s", "$1", "DROP TABLE")  # fmt: skip
texts = st.text(max_size=40) | st.lists(st.sampled_from(NASTY) | st.text(max_size=5)).map("".join)
conditions = st.one_of(
    st.builds(Condition, st.sampled_from(TEXTS), st.sampled_from(WAYS), texts),
    st.builds(Condition, st.sampled_from(MARKS)),
    st.builds(Condition, st.just("larger"), st.just(""), st.integers(0, 10**14).map(str)),
).filter(is_sound)
deeds = st.builds(
    Deeds,
    st.sampled_from(PLACES) | texts,
    st.lists(texts, max_size=3).map(tuple),
    star=st.booleans(),
    read=st.booleans(),
    forward_to=st.lists(texts, max_size=3).map(tuple),
    stop=st.booleans(),
)


@given(st.builds(Rule, texts, st.booleans(), st.lists(conditions, max_size=6).map(tuple), deeds))
def test_whatever_a_rule_says_it_comes_back_as_it_was(rule: Rule) -> None:
    assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule
    rule.is_met(Facts.of(LETTER))


@pytest.mark.parametrize(
    "change",
    [
        {"if": [["from", "matches", "x"]]},
        {"if": [["header", "is", "x"]]},
        {"if": [["larger", "", "many"]]},
        {"if": [["larger", "", "-1"]]},
        {"if": [["subject", "domain", "x"]]},
        {"if": [["from", "contains", ""]]},
        {"if": [["from"]]},
        {"if": [["from", "is", 1]]},
        {"if": None},
        {"name": 5},
        {"labels": [None]},
        {"forward": "amina@transport.example", "move": 3},
    ],
)
def test_what_is_no_rule_is_not_taken_for_one(change: dict[str, object]) -> None:
    with pytest.raises(RuleUnreadable):
        Rule.from_json(Rule(conditions=(Condition("list"),)).to_json() | change)
