"""The ledger: attempts before DATA for several letters, and what a crash in the middle leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError

from mailbox.models import Attempt, Delivery, Lane, Message, Submission
from mailbox.outbound.relay import Turn, carry
from mailbox.outbound.relaying import ledger, offers
from mailbox.outbound.relaying.lines import Line, claim
from mailbox.outbound.relaying.telling import is_late
from mailbox.outbound.relaying.turns import take_turn
from mailbox.outbound.returning import notices
from mailbox.outbound.work import Work
from mailbox.smtp.gateway import AboutToSend
from mailbox.smtp.verdicts import Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import run, through

State = Delivery.State


class Died(BaseException):
    """As kill -9: nothing catches it."""


class Mortal(FakeGateway):
    """Remembers how many attempts were written down when each message went; dies at the nth."""

    def __init__(self, *, dies_at: int = 1_000) -> None:
        super().__init__()
        self.dies_at = dies_at
        self.written: list[int] = []

    def hand_over(
        self, message: bytes, *, sender: str, recipients: Sequence[str], about_to_send: AboutToSend
    ) -> dict[str, Verdict]:
        verdicts = super().hand_over(
            message, sender=sender, recipients=recipients, about_to_send=about_to_send
        )
        self.written.append(Attempt.objects.count())
        if len(self.messages) == self.dies_at:
            raise Died
        return verdicts


@pytest.fixture
def claimed(cast: Cast, post: Post, now: datetime) -> Sequence[Submission]:
    for number in range(8):
        post(to=[f"p{number}@else.example"])
    return claim(Line(Lane.ORDINARY, cast.transport.pk), now=now, most=10).letters


def carry_through(submissions: Sequence[Submission], gateway: FakeGateway, now: datetime) -> None:
    turn = Turn.of(through(gateway), now)
    carry(submissions, turn)
    turn.end()


def test_every_attempt_is_written_down_before_its_message_is_sent(
    claimed: Sequence[Submission], now: datetime
) -> None:
    gateway = Mortal()
    carry_through(claimed, gateway, now)
    # Alone at first; once the gateway proved quick, the next ones with it.
    assert gateway.written[0] == 1
    assert all(count >= place for place, count in enumerate(gateway.written, 1))
    assert Attempt.objects.filter(outcome=Attempt.Outcome.ACCEPTED).count() == 8


def test_a_slow_gateways_letters_are_written_down_one_by_one(
    claimed: Sequence[Submission], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbox.outbound.outsiders._IN_DOUBT", 0.0)
    gateway = Mortal()
    carry_through(claimed, gateway, now)
    assert gateway.written == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("dies_at", [1, 2, 5, 8])
def test_a_crash_in_the_middle_of_ten_leaves_unknown_what_it_wrote_and_loses_nothing(
    claimed: Sequence[Submission], now: datetime, dies_at: int
) -> None:
    gateway = Mortal(dies_at=dies_at)
    with pytest.raises(Died):
        carry_through(claimed, gateway, now)
    open_ones = set(Attempt.objects.filter(finished_at=None).values_list("delivery_id", flat=True))
    sending = Delivery.objects.filter(state=State.SENDING).values_list("pk", flat=True)
    assert open_ones == set(sending)
    sent_before = len(gateway.messages)

    later = now + settings.RELAY_LEASE + timedelta(minutes=1)
    for submission in Submission.objects.filter(due_at__isnull=False):
        run(submission, gateway, now=later)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.RELAYED}
    twice = len(gateway.messages) - 8
    assert sent_before == dies_at and 1 <= twice <= len(open_ones)
    doubts = Attempt.objects.filter(outcome=Attempt.Outcome.UNKNOWN)
    assert set(doubts.values_list("delivery_id", flat=True)) == open_ones


def test_a_letter_that_another_worker_took_is_left_out_and_the_others_go(
    claimed: Sequence[Submission], now: datetime
) -> None:
    lost = claimed[3]
    Submission.objects.filter(pk=lost.pk).update(attempts=2)
    gateway = Mortal()
    carry_through(claimed, gateway, now)
    assert len(gateway.messages) == 7
    assert lost.deliveries.get().state == State.QUEUED
    assert Delivery.objects.filter(state=State.RELAYED).count() == 7


def test_an_answer_that_cannot_be_written_spoils_no_other(
    claimed: Sequence[Submission], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_reply = offers.seal_reply
    spoilt = claimed[0].deliveries.get().pk

    def too_long(verdict: Verdict, key: bytes, delivery: Delivery) -> bytes:
        if delivery.pk == spoilt:
            object.__setattr__(verdict, "enhanced", "2." + "1" * 40)
        return seal_reply(verdict, key, delivery)

    monkeypatch.setattr(offers, "seal_reply", too_long)
    monkeypatch.setattr(ledger, "LONGEST", 1_000.0)
    verdicts = {f"p{number}": Verdict(450, "later") for number in range(8)}
    carry_through(claimed, FakeGateway(**verdicts), now)
    states = list(Delivery.objects.values_list("state", flat=True))
    assert sorted(states) == [State.DEFERRED] * 7 + [State.QUEUED]


def test_who_is_refused_or_given_up_is_told_to_the_author_with_the_answer(
    post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int]] = []
    for name in ("expired", "refused"):
        monkeypatch.setattr(
            notices, name, lambda work, those, now, name=name: told.append((name, len(those)))
        )
    monkeypatch.setattr(notices, "delayed", lambda work, now: told.append(("delayed", 0)))
    gateway = FakeGateway(emil=Verdict(450, "later"), finn=Verdict(550, "no"))
    submission = post(to=["emil@else.example", "finn@else.example"])
    run(submission, gateway, now=now)
    assert told == [("refused", 1)]
    run(submission, gateway, now=now + timedelta(hours=4))
    run(submission, gateway, now=submission.expires_at)
    assert told == [("refused", 1), ("delayed", 0), ("expired", 1)]


def test_a_notice_that_fails_undoes_nothing_that_was_settled(
    post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        Delivery.objects.all().delete()
        raise ValueError("finn@else.example")

    monkeypatch.setattr(notices, "refused", broken)
    submission = post(to=["finn@else.example"])
    run(submission, FakeGateway(finn=Verdict(550, "no")), now=now)
    assert submission.deliveries.get().state == State.FAILED
    assert "ValueError" in caplog.text and "finn" not in caplog.text


def test_nobody_is_told_of_what_has_left_or_is_hardly_late(post: Post, now: datetime) -> None:
    submission = post(to=["emil@else.example"])
    work = Work.begin(submission, now)
    assert not is_late(work, now + timedelta(hours=3, minutes=59))
    assert is_late(work, now + timedelta(hours=4, minutes=1))
    submission.delay_told_at = now
    assert not is_late(work, now + timedelta(hours=5))


def test_what_was_refused_is_written_with_the_notice_of_it_or_not_at_all(
    cast: Cast, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LONGEST", 0.0)
    to = [f"p{number}@else.example" for number in range(150)]
    submission = post(to=to)

    refusals = {f"p{number}": Verdict(550, "No") for number in range(150)}

    def dies_at_the_second_hundred(gateway: FakeGateway) -> None:
        if gateway.offered:
            raise Died

    with pytest.raises(Died):
        run(submission, FakeGateway(meanwhile=dies_at_the_second_hundred, **refusals), now=now)
    failed = submission.deliveries.filter(state=State.FAILED).count()
    told = Message.objects.filter(mailbox=cast.amina.mailbox, is_own=False).count()
    assert (failed > 0) == (told > 0)
    run(submission, FakeGateway(**refusals), now=now + settings.RELAY_LEASE + timedelta(minutes=1))
    assert submission.deliveries.filter(state=State.FAILED).count() == 150
    assert Message.objects.filter(mailbox=cast.amina.mailbox, is_own=False).count() == told + 1


def test_what_gateways_said_before_the_database_broke_a_step_is_kept(
    cast: Cast, post: Post, now: datetime
) -> None:
    for number in range(2):
        post(to=[f"p{number}@else.example"])

    def breaks(gateway: FakeGateway) -> None:
        if gateway.messages:
            raise OperationalError("deadlock detected")

    line = Line(Lane.ORDINARY, cast.transport.pk)
    with pytest.raises(OperationalError):
        take_turn(line, gateways=through(FakeGateway(meanwhile=breaks)), now=now)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [
        State.QUEUED,
        State.RELAYED,
    ]


def test_what_an_officer_gave_up_while_it_was_under_way_does_not_wait_for_the_ladder(
    post: Post, now: datetime
) -> None:
    submission = post(to=["dara@else.example"])

    def is_given_up_meanwhile(gateway: FakeGateway) -> None:
        Submission.objects.filter(pk=submission.pk).update(expires_at=submission.created_at)

    later = Verdict(451, "Later")
    run(submission, FakeGateway(meanwhile=is_given_up_meanwhile, dara=later), now=now)
    due_at = Submission.objects.get(pk=submission.pk).due_at
    assert due_at is not None and due_at - now < timedelta(minutes=1)
    run(submission, FakeGateway(), now=due_at)
    assert submission.deliveries.get().state == State.EXPIRED
