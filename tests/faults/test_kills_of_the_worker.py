"""kill -9 of the whole worker at every moment of an SMTP conversation."""

from __future__ import annotations

import pytest

from mailbox.models import Attempt
from tests.cast import Cast
from tests.faults.conftest import Record
from tests.faults.counting import count, said
from tests.faults.far_side import FarSide
from tests.faults.plant import LEASE, Plant
from tests.faults.post import gateway_to, go_on, post, settle

LETTERS = 3
# Which of them it is: the second, where each letter has this moment.
MOMENTS = {"CONNECT": 0, "EHLO": 0, "MAIL": 1, "RCPT": 1, "DATA": 1, "DOT": 1, "ANSWERED": 1}
# The far side has a message whose answer no row has.
CERTAINLY_TWICE = ("DOT", "ANSWERED")


@pytest.mark.parametrize(("moment", "after"), MOMENTS.items(), ids=MOMENTS)
def test_a_worker_killed_loses_nothing_and_doubts_what_it_repeats(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, moment: str, after: int
) -> None:
    gateway_to(people, far_side.port)
    far_side.once_at(moment, plant.kill_worker, after=after)
    posted = post(people, LETTERS)
    plant.until(plant.is_worker_dead, "nobody was killed")
    plant.passes(LEASE)
    sees = said(posted, people)
    go_on(plant, posted)
    row = count(f"kill -9 of the worker at {moment}", posted, far_side, people, sees=sees)
    record(row)
    assert (row.messages, row.relayed, row.lost) == (LETTERS, LETTERS, 0)
    assert row.duplicates == row.unknown
    assert bool(row.duplicates) >= (moment in CERTAINLY_TWICE)


def test_a_worker_killed_in_the_middle_of_a_long_message_has_sent_nothing(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway_to(people, far_side.port)
    far_side.once_at("MIDDLE", plant.kill_worker)
    posted = post(people, 1, size=8_000_000)
    plant.until(plant.is_worker_dead, "nobody was killed")
    plant.passes(LEASE)
    sees = said(posted, people)
    go_on(plant, posted)
    row = count("kill -9 of the worker in mid-data", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (1, 0, 0)
    # What was begun is in doubt all the same: nobody can know how far it came.
    assert Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN).count() == 1


def test_a_worker_killed_at_rset_after_a_refusal_tells_of_the_refusal_or_asks_again(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway_to(people, far_side.port)
    far_side.people["person0"] = ["550 5.1.1 No such user"]
    far_side.once_at("RSET", plant.kill_worker)
    posted = post(people, LETTERS)
    plant.until(plant.is_worker_dead, "nobody was killed")
    go_on(plant, posted)
    sees = said(posted, people)
    row = count("kill -9 of the worker at RSET", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.failed, row.lost) == (LETTERS - 1, 1, 0)
    assert row.duplicates == row.unknown


def test_a_worker_killed_at_quit_has_written_everything_down(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    # A gateway that counts its connections is let go at the end of a turn.
    gateway_to(people, far_side.port, most_connections=1)
    far_side.once_at("QUIT", plant.kill_worker)
    posted = post(people, LETTERS)
    plant.until(plant.is_worker_dead, "nobody was killed")
    go_on(plant, posted)
    sees = said(posted, people)
    row = count("kill -9 of the worker at QUIT", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (LETTERS, 0, 0)


def test_one_of_the_workers_processes_killed_is_replaced_and_the_others_go_on(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    gateway_to(people, far_side.port)
    posted = []
    for _ in range(LETTERS):
        far_side.once_at("DOT", plant.kill_child)
        posted += post(people, 1)
        plant.until(lambda: not far_side.is_waiting_for("DOT"), "a letter never left")
    later = post(people, 1)
    settle(plant, later)
    go_on(plant, posted)
    row = count("kill -9 of one of its processes at DOT", [*posted, *later], far_side, people)
    record(row)
    assert (row.relayed, row.lost) == (LETTERS + 1, 0)
    assert row.duplicates == row.unknown
