"""Reading a server's words."""

from __future__ import annotations

import pytest

from mailbox.smtp.verdicts import from_reply


def test_the_enhanced_code_stands_apart_from_the_words() -> None:
    verdict = from_reply(550, b"5.1.1 No such person here")
    assert (verdict.enhanced, verdict.text) == ("5.1.1", "No such person here")


@pytest.mark.parametrize(
    ("code", "accepted", "final"),
    [(250, True, False), (251, True, False), (451, False, False), (550, False, True)]
    + [(354, False, False), (-1, False, False), (999, False, False)],
)
def test_only_a_two_hundred_accepts_and_only_a_five_hundred_ends(
    code: int, accepted: bool, final: bool
) -> None:
    verdict = from_reply(code, b"words")
    assert (verdict.accepted, verdict.final) == (accepted, final)


def test_control_and_direction_marks_never_reach_the_page_or_a_terminal() -> None:
    text = from_reply(550, "no\x1b[31m\r\nsuch\x00 \u202eperson".encode()).text
    assert text == "no [31m such person"


def test_a_talkative_server_is_cut_short() -> None:
    assert len(from_reply(450, b"x" * 10_000).text) == 500


@pytest.mark.parametrize(
    ("said", "another_may"),
    [
        ("553 5.7.1 <r+x@y.test>: Sender address rejected: not owned by user portal", True),
        ("552 5.3.4 Message size exceeds fixed limit", True),
        ("552 5.2.3 Message is too large for this mailbox", False),
        ("452 4.3.1 Insufficient system storage", True),
        ("550 5.1.1 User unknown", False),
        ("550 5.7.1 Message contains a virus", False),
        ("250 2.0.0 taken", False),
    ],
)
def test_what_one_gateway_will_not_carry_another_may(said: str, another_may: bool) -> None:
    assert from_reply(int(said[:3]), said[4:]).another_may == another_may
