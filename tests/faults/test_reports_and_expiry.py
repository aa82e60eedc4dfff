"""A worker killed while it tells an author: told once, never not at all.

The test holds a row that the worker needs next; so it stands still at that very place, and
is killed there with -9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Delivery, Submission
from mailbox.operating import deeds
from mailbox.operating.deeds import Hand
from tests.cast import Cast
from tests.faults.conftest import Record
from tests.faults.counting import Row, count, said, seen
from tests.faults.far_side import FarSide
from tests.faults.plant import LEASE, Plant, wait_for
from tests.faults.post import are_answered, gateway_to, post, settle
from tests.mailbox.outbound.returning.conftest import in_inbox, report_on

State = Delivery.State
MAILBOX = "SELECT id FROM mailbox_mailbox WHERE id = %s FOR NO KEY UPDATE"
DELIVERY = "SELECT id FROM mailbox_delivery WHERE submission_id = %s FOR UPDATE"
ARRIVAL = "SELECT id FROM mailbox_arrival WHERE id = %s FOR UPDATE"
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


class Holder:
    """Connections of the test that hold rows."""

    def __init__(self, plant: Plant) -> None:
        self._url = plant.postgres.url
        self._held: list[psycopg.Connection[tuple[object, ...]]] = []

    def hold(self, statement: str, value: object) -> None:
        self._held.append(psycopg.connect(self._url))
        assert self._held[-1].execute(statement, [value]).fetchall()

    def let_go(self) -> None:
        """Of what was held first."""
        self._held.pop(0).close()

    def somebody_waits(self) -> bool:
        with psycopg.connect(self._url) as asking:
            rows = asking.execute(_WAITS).fetchall()
        return bool(rows[0][0])

    def close(self) -> None:
        while self._held:
            self.let_go()


@pytest.fixture
def holder(plant: Plant) -> Iterator[Holder]:
    made = Holder(plant)
    yield made
    made.close()


@contextmanager
def killed_there(plant: Plant, holder: Holder) -> Iterator[None]:
    """Wait until the worker stands still at what is held, kill it there, and let go."""
    plant.until(holder.somebody_waits, "no worker came there")
    plant.kill_worker()
    yield
    holder.close()
    plant.stop_worker()
    wait_for(lambda: not holder.somebody_waits(), "its session stays")


def came_back(posted: Sequence[Submission]) -> Arrival:
    """A report on a letter, taken in by the door; nobody is rung."""
    return take_in(
        report_on("person0@else.example"),
        sender="",
        mailboxes=[],
        recipients=["r+path@transport.example"],
        returned_to=posted[0].pk,
        now=timezone.now(),
        nudge=lambda _: None,
    )


def notices(people: Cast, subject: str) -> int:
    found = in_inbox(people.mailbox_of(people.amina))
    return sum(1 for one in found if one.subject.startswith(subject))


def noted(fault: str, people: Cast, posted: Sequence[Submission], far_side: FarSide) -> Row:
    told = notices(people, "Not delivered")
    sees = f"{said(posted, people)} (told {told} time)"
    return count(fault, posted, far_side, people, failed=1, sees=sees)


@pytest.mark.parametrize("place", ["before anything is noted", "after the notice is filed"])
def test_a_worker_killed_over_a_report_takes_it_again_and_tells_once(
    plant: Plant, far_side: FarSide, people: Cast, holder: Holder, record: Record, place: str
) -> None:
    gateway_to(people, far_side.port)
    posted = post(people, 1)
    settle(plant, posted)
    arrival = came_back(posted)
    holder.hold(DELIVERY, posted[0].pk)
    if place.startswith("after"):
        # It has claimed the arrival, and will forget it last of all.
        plant.until(holder.somebody_waits, "no worker came there")
        holder.hold(ARRIVAL, arrival.pk)
        holder.let_go()
        wait_for(lambda: _waits_for_arrival(plant), "it does not come to the end")
    with killed_there(plant, holder):
        assert Arrival.objects.filter(pk=arrival.pk).exists()
        assert [view.state for view in seen(posted, people)] == [State.RELAYED]
        assert notices(people, "Not delivered") == 0
    plant.passes(settings.FILING_LEASE + timedelta(minutes=1))
    plant.start_worker()
    plant.until(lambda: not Arrival.objects.exists(), "the report is never taken")
    assert [view.state for view in seen(posted, people)] == [State.BOUNCED]
    assert notices(people, "Not delivered") == 1
    record(noted(f"kill -9 over a report, {place}", people, posted, far_side))


def _waits_for_arrival(plant: Plant) -> bool:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    asked += " AND query LIKE 'DELETE FROM \"mailbox_arrival\"%%'"
    with psycopg.connect(plant.postgres.url) as asking:
        rows = asking.execute(asked).fetchall()
    return bool(rows[0][0])


def of_old_age(plant: Plant, posted: Sequence[Submission]) -> None:
    plant.stop_worker()
    plant.passes(settings.GIVE_UP_AFTER + timedelta(hours=1))
    plant.start_worker()


def by_an_officer(plant: Plant, posted: Sequence[Submission]) -> None:
    letters = Submission.objects.filter(pk__in=[one.pk for one in posted])
    assert deeds.give_up(letters, Hand(None, timezone.now(), "no use")) == len(posted)


@pytest.mark.parametrize("end", [of_old_age, by_an_officer], ids=["old age", "an officer"])
def test_a_worker_killed_between_giving_up_and_its_notice_tells_all_the_same(
    plant: Plant,
    far_side: FarSide,
    people: Cast,
    holder: Holder,
    record: Record,
    end: Callable[[Plant, Sequence[Submission]], None],
) -> None:
    gateway_to(people, far_side.port)
    far_side.answers["RCPT"] = "450 4.2.1 Busy, try later"
    posted = post(people, 1)
    plant.until(lambda: are_answered(posted), "no answer is written down")
    # The author's mailbox is what a notice needs, and nothing before it.
    holder.hold(MAILBOX, posted[0].mailbox_id)
    end(plant, posted)
    with killed_there(plant, holder):
        assert State.EXPIRED not in [view.state for view in seen(posted, people)]
    plant.passes(LEASE)
    plant.start_worker()
    settle(plant, posted)
    (view,) = seen(posted, people)
    assert (view.state, view.sentence != "") == (State.EXPIRED, True)
    assert notices(people, "Not delivered") == 1
    name = "kill -9 between giving up and its notice, " + end.__name__.replace("_", " ")
    record(noted(name, people, posted, far_side))
