"""kill -9 of lmtpd, and of its engines, at every verb: what was answered 250 is shown once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connections

from tests.cast import Cast
from tests.faults.arrivals import (
    BRUNO,
    count_arrivals,
    hand_over,
    letter,
    settle_arrivals,
)
from tests.faults.conftest import Record
from tests.faults.plant import LEASE, Plant
from tests.mailbox.door import Caller

MAIL, RCPT = "MAIL FROM:<dara@elsewhere.example>", f"RCPT TO:<{BRUNO}>"
# How far the talk has come when the door is killed; ANSWERED: its 250 has been heard.
MOMENTS = ("CONNECT", "LHLO", "MAIL", "RCPT", "DATA", "MIDDLE", "DOT", "ANSWERED", "QUIT")


@pytest.fixture
def open_door(plant: Plant) -> None:
    plant.start_lmtpd()


def come_to(moment: str, caller: Caller, raw: bytes) -> bool:
    """Speak until this moment; say whether a 250 for the message was heard."""
    steps: dict[str, Callable[[], object]] = {
        "CONNECT": lambda: None,
        "LHLO": caller.hello,
        "MAIL": lambda: caller.say(MAIL),
        "RCPT": lambda: caller.say(RCPT),
        "DATA": lambda: caller.say("DATA"),
        "MIDDLE": lambda: caller.send(raw[: len(raw) // 2]),
        "DOT": lambda: caller.send(raw[len(raw) // 2 :] + b".\r\n"),
        "ANSWERED": caller.reply,
        "QUIT": lambda: caller.send(b"QUIT\r\n"),
    }
    reply: object = ""
    for name in MOMENTS[: MOMENTS.index(moment) + 1]:
        said = steps[name]()
        reply = said if name == "ANSWERED" else reply
    return str(reply).startswith("250")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
def test_a_letter_the_door_was_killed_over_is_shown_once(
    plant: Plant, people: Cast, open_door: None, record: Record, moment: str, is_large: bool
) -> None:
    raw, name = letter("one", is_large=is_large), f"kill -9 of lmtpd at {moment}"
    caller = Caller(plant.lmtp_port)
    try:
        is_answered = come_to(moment, caller, raw)
        plant.kill_lmtpd()
    finally:
        caller.close()
    plant.start_lmtpd()
    if not is_answered:
        hand_over(lambda: plant.lmtp_port, raw)
    settle_arrivals(plant)
    row = count_arrivals(name, ["one"], people.mailbox_of(people.bruno))
    if not is_large:
        record(row)
    assert is_answered == (moment in ("ANSWERED", "QUIT"))
    assert (row.relayed, row.lost, row.duplicates) == (1, 0, 0)


@pytest.mark.parametrize("moment", ["CONNECT", "RCPT", "DATA", "MIDDLE", "DOT"])
def test_postgresql_killed_behind_the_door_is_no_250(
    plant: Plant, people: Cast, open_door: None, record: Record, moment: str
) -> None:
    raw = letter("one")
    caller = Caller(plant.lmtp_port)
    try:
        come_to(moment, caller, raw)
        plant.kill_postgres()
        said = _the_rest(moment, caller, raw)
    finally:
        caller.close()
    plant.start_postgres()
    connections.close_all()
    # At the dot it may have been there in time: a 250 then is a promise that is kept.
    answered = said.startswith("250")
    assert answered or said.startswith("451")
    if not answered:
        hand_over(lambda: plant.lmtp_port, raw)
    settle_arrivals(plant)
    name = f"kill -9 of PostgreSQL behind lmtpd at {moment}"
    row = count_arrivals(name, ["one"], people.mailbox_of(people.bruno), said)
    record(row)
    assert answered <= (moment == "DOT")
    assert (row.relayed, row.lost, row.duplicates) == (1, 0, 0)


def _the_rest(moment: str, caller: Caller, raw: bytes) -> str:
    """Go on after this moment; return the first answer that is no agreement, or the last one."""
    if moment == "CONNECT":
        caller.hello()
        first, second = caller.say(MAIL)[0], caller.say(RCPT)[0]
        return second if first.startswith("250") else first
    if moment == "RCPT":
        caller.say("DATA")
    if moment in ("RCPT", "DATA"):
        caller.send(raw)
    if moment == "MIDDLE":
        caller.send(raw[len(raw) // 2 :])
    if moment != "DOT":
        caller.send(b".\r\n")
    return caller.reply()


def test_redis_killed_behind_the_door_delays_the_filing_and_nothing_else(
    plant: Plant, people: Cast, open_door: None, record: Record
) -> None:
    names = [f"letter-{number}" for number in range(6)]
    for number, name in enumerate(names):
        if number == 2:
            plant.kill_redis()
        assert hand_over(lambda: plant.lmtp_port, letter(name)) == 1
    plant.start_redis()
    # Celery may have ended of it, with an arrival in hand.
    plant.stop_worker()
    plant.passes(LEASE)
    plant.start_worker()
    settle_arrivals(plant)
    row = count_arrivals("kill -9 of Redis behind lmtpd", names, people.mailbox_of(people.bruno))
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (len(names), 0, 0)
