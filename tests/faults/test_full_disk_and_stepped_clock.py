"""A disk that is full, and a clock that is set while letters are under way."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from mailbox.models import Arrival, Submission
from tests.cast import Cast
from tests.faults.arrivals import (
    BRUNO,
    count_arrivals,
    hand_over,
    letter,
    settle_arrivals,
)
from tests.faults.conftest import Record
from tests.faults.counting import count, said
from tests.faults.far_side import FarSide, Line
from tests.faults.plant import LEASE, Plant, wait_for
from tests.faults.post import are_owed, gateway_to, post, settle
from tests.faults.starting import stepped
from tests.mailbox.door import Caller

HOUR = timedelta(hours=1)
# --- The disk -----------------------------------------------------------------


@pytest.fixture
def small_disk(plant: Plant) -> Iterator[Path]:
    """Where large content is kept: a disk of 512 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk of its own")
    folder = plant.folder / "content"
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder]).returncode:
        pytest.skip("nothing may be mounted here")
    yield folder
    plant.stop_worker()
    plant.kill_lmtpd()
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> Path:
    """Leave no octet free."""
    stuffing = folder / "stuffing"
    with suppress(OSError), stuffing.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))
    return stuffing


def files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file() and each.name != "stuffing"]


def offered(port: int, raw: bytes) -> str:
    caller = Caller(port)
    try:
        caller.hello()
        return caller.deliver(raw, BRUNO)[0]
    finally:
        caller.close()


def test_a_full_disk_is_451_and_nothing_lies_there_half_written(
    plant: Plant, people: Cast, record: Record, small_disk: Path
) -> None:
    plant.start_lmtpd()
    stuffing = fill(small_disk)
    large, small = letter("large", is_large=True), letter("small")
    reply = offered(plant.lmtp_port, large)
    assert reply.startswith("451") and files_in(small_disk) == []
    assert not Arrival.objects.exists()
    # What needs no file has room in the database.
    assert offered(plant.lmtp_port, small).startswith("250")
    stuffing.unlink()
    hand_over(lambda: plant.lmtp_port, large)
    settle_arrivals(plant)
    box = people.mailbox_of(people.bruno)
    row = count_arrivals("disk full at the door", ["large", "small"], box, reply)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (2, 0, 0)


def test_a_worker_without_a_disk_files_nothing_by_halves_and_files_it_later(
    plant: Plant, people: Cast, record: Record, small_disk: Path
) -> None:
    plant.stop_worker()
    plant.start_lmtpd()
    hand_over(lambda: plant.lmtp_port, letter("large", is_large=True))
    (kept,) = files_in(small_disk)
    stuffing = fill(small_disk)
    plant.start_worker()
    now = timezone.now()
    plant.until(
        lambda: Arrival.objects.filter(attempts=0, due_at__gt=now).exists(), "it was not put off"
    )
    assert files_in(small_disk) == [kept]
    stuffing.unlink()
    plant.stop_worker()
    plant.passes(timedelta(minutes=6))
    plant.start_worker()
    settle_arrivals(plant)
    box = people.mailbox_of(people.bruno)
    row = count_arrivals("disk full behind the door", ["large"], box, "filed when there is room")
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (1, 0, 0)


# --- The clock ----------------------------------------------------------------


@pytest.fixture
def clock(plant: Plant) -> Iterator[Path]:
    """A worker whose clock the test may step."""
    file = plant.folder / "clock"
    stepped.step(file, timedelta())
    plant.stop_worker()
    # As if there were four processes: two may serve one line at a time.
    program = stepped.PROGRAM.format(file=str(file))
    plant.start_worker(program=program, RELAY_PROCESSES="4")
    yield file
    plant.stop_worker()


def test_a_clock_set_back_an_hour_keeps_letters_waiting_and_loses_none(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, clock: Path
) -> None:
    gateway_to(people, far_side.port)
    # In the middle of a letter; the others are not due any more.
    far_side.once_at("DATA", lambda _: stepped.step(clock, -HOUR))
    posted = post(people, 3)
    plant.until(lambda: not far_side.is_waiting_for("DATA"), "nothing was sent")
    posted += post(people, 1)
    plant.until(lambda: len(far_side.kept) >= 1, "what was begun is not ended")
    sees = said(posted, people)
    stepped.step(clock, timedelta())
    settle(plant, posted)
    row = count("clock set back an hour", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (4, 0, 0)


def test_a_clock_set_forward_takes_a_letter_from_its_worker_and_says_that_it_may_be_there_twice(
    plant: Plant, far_side: FarSide, people: Cast, record: Record, clock: Path
) -> None:
    gateway_to(people, far_side.port)

    def set_forward(_: Line) -> None:
        stepped.step(clock, HOUR)
        # The lease seems to be over: the other process takes the letter.
        with suppress(AssertionError):
            wait_for(lambda: len(far_side.kept) > 1, "nobody came", seconds=8)

    far_side.once_at("DOT", set_forward)
    posted = post(people, 1)
    plant.until(lambda: not far_side.is_waiting_for("DOT"), "nothing was sent")
    plant.until(lambda: not are_owed(posted), "the letter is owed for ever")
    stepped.step(clock, timedelta())
    sees = said(posted, people)
    row = count("clock set forward an hour", posted, far_side, people, sees=sees)
    record(row)
    assert (row.relayed, row.lost) == (1, 0)
    assert row.duplicates == row.unknown


def test_rows_from_before_the_clock_was_set_back_wait_no_longer_than_they_say(
    plant: Plant, far_side: FarSide, people: Cast, record: Record
) -> None:
    """What a clock an hour ahead has left: a lease and a breaker that end in the far future."""
    gateway_to(people, far_side.port)
    far_side.answers["RCPT"] = "450 4.2.1 Busy, try later"
    posted = post(people, 2)
    plant.until(lambda: not Submission.objects.filter(attempts=0).exists(), "nothing was tried")
    plant.stop_worker()
    plant.passes(-HOUR)
    far_side.is_well()
    plant.start_worker()
    sees = said(posted, people)
    plant.stop_worker()
    plant.passes(HOUR + LEASE)
    plant.start_worker()
    settle(plant, posted)
    row = count("rows of a clock an hour ahead", posted, far_side, people, deferred=2, sees=sees)
    record(row)
    assert (row.relayed, row.lost, row.duplicates) == (2, 0, 0)
