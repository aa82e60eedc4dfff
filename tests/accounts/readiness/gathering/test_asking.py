from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial

import pytest

from accounts.probing.failing import Deadline
from accounts.probing.observations import Observation, Status
from accounts.readiness.gathering import asking
from accounts.readiness.gathering.asking import Question, Round


def answered(target: str) -> Observation:
    return Observation("dns", target, Status.ANSWERED, datetime.now(UTC))


def question(target: str, server: str = "") -> Question:
    return Question("dns", target, lambda: answered(target), server)


def test_what_does_not_end_is_left_to_itself_and_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_GRACE", 0.05)
    never, told = threading.Event(), []

    def hang() -> Observation:
        never.wait(10)
        return answered("hangs")

    round = Round(Deadline(0), lambda asked, to_ask: told.append((asked, to_ask)))
    round.ask(Question("dns", "hangs", hang, "a"))
    round.ask(question("stands behind", "a"))
    found = round.run()
    never.set()
    assert [(each.target, each.status, each.error) for each in found] == [
        ("hangs", Status.UNABLE, "late"),
        ("stands behind", Status.UNABLE, "late"),
    ]
    assert told == [(2, 2)]


def test_a_question_is_put_once_and_all_who_wait_for_it_hear() -> None:
    heard: list[str] = []
    round = Round(Deadline(5))

    def again(seen: Observation) -> None:
        heard.append("first")
        round.ask(question("a"), lambda seen: heard.append("late"))

    round.ask(question("a"), again)
    round.ask(question("a"), lambda seen: heard.append("second"))
    assert len(round.run()) == 1
    assert heard == ["first", "late", "second"]


def test_questions_to_one_server_stand_in_line() -> None:
    at_once, most = [0], [0]

    def look(target: str) -> Observation:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        threading.Event().wait(0.01)
        at_once[0] -= 1
        return answered(target)

    round = Round(Deadline(5))
    for number in range(8):
        target = str(number)
        round.ask(Question("smtp", target, partial(look, target), "203.150.0.1"))
    assert (len(round.run()), most[0]) == (8, 1)
