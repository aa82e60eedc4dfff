"""Turns: fair to agencies and lanes, bounded in time, and never more nudges than lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from mailbox import nudges, tasks
from mailbox.models import Attempt, Delivery, Lane, Submission
from mailbox.outbound import insiders, outsiders
from mailbox.outbound.relay import Turn, carry
from mailbox.outbound.relaying import ledger, lines, turns
from mailbox.outbound.relaying.lines import Line, claim, owing, slot
from mailbox.outbound.relaying.settling import wake
from mailbox.outbound.relaying.turns import take_turn
from mailbox.smtp.verdicts import Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import fresh, through

State = Delivery.State


# Places held in this database; other processes' tests hold theirs in others of the same server.
_PLACES = """
FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE locktype = 'advisory' AND datname = current_database()
"""


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, float | None]]:
    """What was rung, instead of a broker: task, line, seconds to wait."""
    rung: list[tuple[str, Any, float | None]] = []

    def send_task(task: str, *, args: Any, countdown: float | None, **_: Any) -> None:
        rung.append((task, tuple(args), countdown))

    monkeypatch.setattr(nudges.current_app, "send_task", send_task)
    # Rung at once: nothing is committed in a test.
    monkeypatch.setattr(nudges.transaction, "on_commit", lambda ring, robust: ring())
    return rung


@pytest.fixture
def line(cast: Cast) -> Line:
    return Line(Lane.ORDINARY, cast.transport.pk)


def posted(post: Post, count: int, **values: Any) -> list[Submission]:
    return [post(to=[f"p{number}@else.example"], **values) for number in range(count)]


def carry_for_no_time(claimed: Sequence[Submission], gateway: FakeGateway, now: datetime) -> None:
    turn = Turn.of(through(gateway), now, until=0.0)
    carry(claimed, turn)
    turn.end()


def states() -> list[str]:
    return list(Delivery.objects.values_list("state", flat=True))


def test_a_turn_takes_the_letters_of_its_line_and_no_others(
    post: Post, line: Line, now: datetime, cast: Cast, rings: list[Any]
) -> None:
    mine, others, urgent = posted(post, 3)
    Submission.objects.filter(pk=others.pk).update(agency=cast.interior)
    Submission.objects.filter(pk=urgent.pk).update(lane=Lane.URGENT)
    assert take_turn(line, gateways=through(FakeGateway()), now=now) == 1
    assert mine.deliveries.get().state == State.RELAYED
    assert sorted(states()) == [State.QUEUED, State.QUEUED, State.RELAYED]


def test_the_oldest_go_first_and_what_another_worker_holds_is_passed_over(
    post: Post, line: Line, now: datetime
) -> None:
    first, second, third = posted(post, 3)
    for minutes, one in ((3, third), (2, first), (1, second)):
        Submission.objects.filter(pk=one.pk).update(due_at=now - timedelta(minutes=minutes))
    assert [one.pk for one in claim(line, now=now, most=1).letters] == [third.pk]
    assert {one.pk for one in claim(line, now=now, most=10).letters} == {first.pk, second.pk}
    assert claim(line, now=now, most=10).letters == []
    assert all(fresh(one).attempts == 1 for one in (first, second, third))


def test_what_is_held_or_called_back_or_not_due_is_not_claimed(
    post: Post, line: Line, now: datetime
) -> None:
    held, called_back, later = posted(post, 3)
    Submission.objects.filter(pk=held.pk).update(held_at=now)
    Submission.objects.filter(pk=called_back.pk).update(cancelled_at=now, due_at=None)
    Submission.objects.filter(pk=later.pk).update(due_at=now + timedelta(seconds=5))
    assert claim(line, now=now, most=10).letters == []
    assert owing(now) == []
    ((owed, since),) = owing(now + timedelta(minutes=1))
    assert (owed, since) == (line, now + timedelta(seconds=5))


def test_a_scheduled_letter_that_falls_due_in_a_turn_waits_for_the_next_ones_question(
    post: Post, line: Line, now: datetime
) -> None:
    (one,) = posted(post, 1)
    later = now + timedelta(seconds=1)
    Submission.objects.filter(pk=one.pk).update(scheduled_for=later, due_at=later)
    assert claim(line, now=later, most=10, asked_at=now).letters == []
    assert len(claim(line, now=later, most=10).letters) == 1


def test_a_turn_ends_after_its_letters_and_goes_to_the_end_of_the_queue(
    post: Post,
    line: Line,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    rings: list[Any],
) -> None:
    monkeypatch.setattr(turns, "LETTERS", 3)
    monkeypatch.setattr(turns, "_FIRST", 3)
    posted(post, 7)
    rings.clear()
    taken = []
    for _ in range(3):
        nudges.rung(line.lane, line.agency_id)
        taken.append(take_turn(line, gateways=through(FakeGateway()), now=now))
        assert rings.count(("mailbox.relay_turn", (line.lane, line.agency_id), None)) <= 1
        rings.clear()
    assert taken == [3, 3, 1]
    assert set(states()) == {State.RELAYED}


def test_what_a_turn_has_no_time_for_is_due_again_at_once(
    post: Post, line: Line, now: datetime
) -> None:
    posted(post, 5)
    gateway = FakeGateway()
    claimed = claim(line, now=now, most=10).letters
    carry_for_no_time(claimed, gateway, now)
    assert len(gateway.messages) == 1
    assert sorted(states()) == [State.QUEUED] * 4 + [State.RELAYED]
    assert Submission.objects.due(now).count() == 4
    assert take_turn(line, gateways=through(gateway), now=now) == 4


def test_a_circular_is_served_in_slices(
    cast: Cast, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insiders, "BATCH", 1)
    circular = post(to=["bruno@transport.example", "chiara@interior.example"], bcc=["a@b.example"])
    Submission.objects.update(lane=Lane.BULK)
    line = Line(Lane.BULK, cast.transport.pk)
    for left in (2, 1, 0):
        claimed = claim(line, now=now, most=10).letters
        carry_for_no_time(claimed, FakeGateway(), now)
        counted = fresh(circular).tally
        assert counted.get("queued", 0) <= left
    assert fresh(circular).due_at is None
    assert fresh(circular).tally == {"filed": 2, "relayed": 1}


def test_many_letters_cost_few_statements_and_fewer_commits(
    post: Post,
    line: Line,
    now: datetime,
    django_assert_max_num_queries: Any,
    rings: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However busy the machine is.
    monkeypatch.setattr(ledger, "LONGEST", 1_000.0)
    monkeypatch.setattr(outsiders, "_IN_DOUBT", 1_000.0)
    posted(post, 40)
    with django_assert_max_num_queries(50) as asked:
        assert take_turn(line, gateways=through(FakeGateway()), now=now) == 40
    begun = [one["sql"] for one in asked.captured_queries if "INTO mailbox_attempt" in one["sql"]]
    # The first letter's attempt alone, then those of all that were claimed with it; the last
    # thirty together.
    assert len(begun) <= 2 * 3
    assert Attempt.objects.filter(outcome="accepted", finished_at__isnull=False).count() == 40


# --- Fairness ---------------------------------------------------------------


@pytest.fixture
def others_hold(line: Line) -> Iterator[Any]:
    """Takes places at a line, as other workers do: in a connection of its own."""
    other = connection.copy()

    def hold(first: int, second: int) -> None:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [first, second])

    yield hold
    other.close()


def test_half_of_the_workers_serve_one_agency_at_most(
    line: Line, others_hold: Any, monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    monkeypatch.setattr(settings, "RELAY_PROCESSES", 4)
    base = cast.transport.pk * lines._MOST_SLOTS
    others_hold(lines._LOCKS, base)
    with slot(line) as mine:
        assert mine
    others_hold(lines._LOCKS, base + 1)
    with slot(line) as mine, slot(Line(Lane.ORDINARY, cast.interior.pk)) as another:
        assert (mine, another) == (False, True)
    with slot(Line(Lane.URGENT, cast.transport.pk)) as mine:
        assert mine
    # Nor do one agency's urgent letters, at a gateway that hangs, take all who could send others'.
    others_hold(lines._URGENT_LOCKS, base)
    others_hold(lines._URGENT_LOCKS, base + 1)
    with slot(Line(Lane.URGENT, cast.transport.pk)) as mine:
        assert not mine
    with slot(Line(Lane.URGENT, cast.interior.pk)) as another:
        assert another


def test_a_place_is_free_again_after_the_turn_and_when_a_worker_is_gone(
    line: Line, others_hold: Any, monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    monkeypatch.setattr(settings, "RELAY_PROCESSES", 1)
    with slot(line) as mine:
        assert mine
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*)" + _PLACES)
        assert cursor.fetchall() == [(0,)]
    others_hold(lines._LOCKS, cast.transport.pk * lines._MOST_SLOTS)
    with slot(line) as mine:
        assert not mine
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 10000)" + _PLACES)
    with slot(line) as mine:
        assert mine


def test_who_finds_no_place_comes_back_in_a_moment(
    post: Post,
    line: Line,
    now: datetime,
    others_hold: Any,
    monkeypatch: pytest.MonkeyPatch,
    rings: list[Any],
    cast: Cast,
) -> None:
    monkeypatch.setattr(settings, "RELAY_PROCESSES", 1)
    posted(post, 1)
    rings.clear()
    others_hold(lines._LOCKS, cast.transport.pk * lines._MOST_SLOTS)
    assert take_turn(line, gateways=through(FakeGateway()), now=now) == 0
    ((task, whose, wait),) = rings
    assert (task, whose) == ("mailbox.relay_turn", (line.lane, line.agency_id))
    assert wait is not None and 0 < wait <= 3


def test_a_circular_lets_late_letters_of_others_pass_but_not_for_ever(
    post: Post, cast: Cast, now: datetime, rings: list[Any]
) -> None:
    circular, letter = posted(post, 2)
    Submission.objects.filter(pk=circular.pk).update(lane=Lane.BULK)
    Submission.objects.filter(pk=letter.pk).update(
        agency=cast.interior, due_at=now - timedelta(minutes=1)
    )
    bulk = Line(Lane.BULK, cast.transport.pk)
    assert take_turn(bulk, gateways=through(FakeGateway()), now=now) == 0
    Submission.objects.filter(pk=circular.pk).update(due_at=now - timedelta(minutes=11))
    assert take_turn(bulk, gateways=through(FakeGateway()), now=now) == 1


def test_a_dead_gateway_is_asked_once_in_a_turn(
    post: Post, line: Line, now: datetime, rings: list[Any]
) -> None:
    class Dead(FakeGateway):
        asked = 0

        def hand_over(self, *given: Any, **named: Any) -> dict[str, Verdict]:
            Dead.asked += 1
            return super().hand_over(*given, **named)

    posted(post, 25)
    dead, good = Dead(out_of_reach=True, gateway_id=None), FakeGateway()
    assert take_turn(line, gateways=through(dead), now=now) == 25
    assert (Dead.asked, set(states()), Attempt.objects.count()) == (1, {State.DEFERRED}, 1)

    later = now + timedelta(minutes=7)
    assert take_turn(line, gateways=through(dead, good), now=later) == 25
    assert (Dead.asked, set(states()), len(good.messages)) == (2, {State.RELAYED}, 25)


# --- Nudges -----------------------------------------------------------------


def test_a_thousand_letters_ring_once_until_a_worker_has_heard(
    cast: Cast, rings: list[Any]
) -> None:
    for _ in range(1000):
        nudges.relay_line_later(Lane.ORDINARY, cast.transport.pk)
    nudges.relay_line_later(Lane.URGENT, cast.transport.pk)
    assert [task for task, _, _ in rings] == ["mailbox.relay_turn", "mailbox.relay_urgent_turn"]
    nudges.rung(Lane.ORDINARY, cast.transport.pk)
    nudges.relay_line_later(Lane.ORDINARY, cast.transport.pk)
    assert len(rings) == 3


def test_letters_of_the_same_second_ring_once_for_when_they_fall_due(
    cast: Cast, rings: list[Any]
) -> None:
    soon = timezone.now().replace(microsecond=100_000) + timedelta(seconds=10)
    for number in range(50):
        due_at = soon + timedelta(milliseconds=number * 10)
        nudges.relay_line_later(Lane.ORDINARY, cast.transport.pk, due_at)
    nudges.relay_line_later(Lane.ORDINARY, cast.transport.pk, soon + timedelta(hours=1))
    ((_, _, wait),) = rings
    # Not before the last of them is due.
    assert wait is not None and timezone.now() + timedelta(seconds=wait) >= soon


def test_the_sweep_rings_every_line_that_owes_even_where_a_nudge_was_lost(
    post: Post, cast: Cast, now: datetime, rings: list[Any]
) -> None:
    letters = posted(post, 6)
    for one in letters[:2]:
        Submission.objects.filter(pk=one.pk).update(agency=cast.interior)
    Submission.objects.filter(pk=letters[2].pk).update(lane=Lane.URGENT)
    Submission.objects.update(due_at=now - timedelta(minutes=1))
    rings.clear()
    # Marked as rung by posting, and no worker has heard.
    nudges.relay_line_later(Lane.ORDINARY, cast.transport.pk)
    assert rings == []
    tasks.relay_due_submissions()
    transport, interior = cast.transport.pk, cast.interior.pk
    assert sorted(rings) == [
        ("mailbox.relay_turn", (Lane.ORDINARY, transport), None),
        ("mailbox.relay_turn", (Lane.ORDINARY, interior), None),
        ("mailbox.relay_urgent_turn", (Lane.URGENT, transport), None),
    ]


def test_a_cache_that_is_away_silences_nobody(
    cast: Cast, rings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(nudges.cache, "add", away)
    monkeypatch.setattr(nudges.cache, "delete", away)
    nudges.rung(Lane.ORDINARY, cast.transport.pk)
    nudges.relay_line_later(Lane.ORDINARY, cast.transport.pk)
    assert len(rings) == 1


# --- Woken before their moment ----------------------------------------------


def test_a_recipient_who_waits_for_hours_can_be_tried_now(
    post: Post, line: Line, now: datetime, rings: list[Any]
) -> None:
    (submission,) = posted(post, 1)
    gateway = FakeGateway(p0=Verdict(451, "Later"))
    take_turn(line, gateways=through(gateway), now=now)
    delivery = submission.deliveries.get()
    gateway.answers.clear()
    assert take_turn(line, gateways=through(gateway), now=now) == 0
    assert wake(submission, [delivery.pk], now)
    assert take_turn(line, gateways=through(gateway), now=now) == 1
    assert states() == [State.RELAYED]
    assert not wake(submission, [delivery.pk], now)


def test_waking_what_a_worker_has_in_hand_does_not_take_it_away(
    post: Post, line: Line, now: datetime
) -> None:
    (submission,) = posted(post, 1)
    claim(line, now=now, most=1)
    leased = fresh(submission)
    assert wake(fresh(submission), [submission.deliveries.get().pk], now)
    assert fresh(submission).due_at == leased.due_at
