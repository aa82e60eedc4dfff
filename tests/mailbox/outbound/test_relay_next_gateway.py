"""Several gateways: what one cannot carry, or is asked to wait with, and the next may take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailbox.models import Attempt, Delivery
from mailbox.outbound.work import LeaseLost
from mailbox.smtp.gateway import AboutToSend
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import asks_to_wait, run, states, views

State = Delivery.State
DENIED = Verdict(454, "Relay access denied", "5.7.1", Reason.RELAY_DENIED)
TOO_LARGE = Verdict(552, "Too large", "5.3.4", Reason.TOO_LARGE)


def test_what_one_gateway_cannot_carry_the_next_may(cast: Cast, post: Post, now: datetime) -> None:
    submission = post(to=["dara@else.example"])
    small, large = FakeGateway(dara=TOO_LARGE), FakeGateway()
    run(submission, small, large, now=now)
    assert (len(large.messages), states(submission)) == (1, [State.RELAYED])
    assert Attempt.objects.get().outcome == Attempt.Outcome.ACCEPTED


def test_what_no_gateway_can_carry_has_failed_and_the_first_ones_words_are_kept(
    cast: Cast, post: Post, now: datetime
) -> None:
    submission = post(to=["dara@else.example"])
    other = Verdict(552, "Larger than mine", "5.3.4", Reason.TOO_LARGE)
    run(submission, FakeGateway(dara=TOO_LARGE), FakeGateway(dara=other), now=now)
    (view,) = views(submission, cast).values()
    assert (view.state, view.words) == (State.FAILED, "Too large")


def test_what_the_gateway_that_is_away_might_carry_waits_for_it(post: Post, now: datetime) -> None:
    submission = post(to=["dara@else.example"])
    run(submission, FakeGateway(dara=TOO_LARGE), FakeGateway(out_of_reach=True), now=now)
    delivery = submission.deliveries.get()
    assert (delivery.state, delivery.reason) == (State.DEFERRED, "unreachable")


def test_a_gateway_that_will_not_relay_for_us_keeps_nobody_from_the_next(
    cast: Cast, post: Post, now: datetime
) -> None:
    second = FakeGateway()
    submission = post(to=["dara@else.example", "emil@else.example"])
    run(submission, FakeGateway(dara=DENIED), second, now=now)
    assert second.offered == [["dara@else.example"]]
    assert states(submission) == [State.RELAYED] * 2
    assert Attempt.objects.filter(outcome=Attempt.Outcome.ACCEPTED).count() == 2


def test_a_doubt_at_the_second_gateway_is_a_doubt(cast: Cast, post: Post, now: datetime) -> None:
    submission = post(to=["dara@else.example"])
    second = FakeGateway(after_data=Verdict(in_doubt=True))
    run(submission, FakeGateway(dara=TOO_LARGE), second, now=now)
    assert views(submission, cast)["dara"].state == State.UNKNOWN


def test_one_that_asks_to_wait_is_waited_for_and_what_was_tried_before_it_stands(
    post: Post, now: datetime
) -> None:
    submission = post(to=["dara@else.example"])
    run(submission, FakeGateway(out_of_reach=True), FakeGateway(meanwhile=asks_to_wait), now=now)
    delivery = submission.deliveries.get()
    assert delivery.due_at is not None
    assert delivery.due_at - now < timedelta(minutes=1)
    assert (delivery.state, delivery.reason) == (State.DEFERRED, "unreachable")
    assert Attempt.objects.get().outcome == Attempt.Outcome.DEFERRED


class Witness(FakeGateway):
    """Remembers who was written down, and had no answer yet, when it had heard the message."""

    written: Sequence[int] = ()

    def hand_over(
        self, message: bytes, *, sender: str, recipients: Sequence[str], about_to_send: AboutToSend
    ) -> dict[str, Verdict]:
        said = super().hand_over(
            message, sender=sender, recipients=recipients, about_to_send=about_to_send
        )
        begun = Attempt.objects.filter(finished_at=None)
        self.written = sorted(begun.values_list("delivery__position", flat=True))
        return said


def test_who_goes_by_the_next_gateway_is_written_down_before_it_too(
    post: Post, now: datetime
) -> None:
    submission = post(to=["dara@else.example", "emil@else.example"])
    first, second = Witness(emil=DENIED), Witness()
    run(submission, first, second, now=now)
    assert states(submission) == [State.RELAYED] * 2
    assert (first.written, second.written) == ([0], [1])


def test_what_one_gateway_took_is_kept_when_the_lease_is_lost_at_the_next(
    post: Post, now: datetime
) -> None:
    def loses_the_lease(gateway: FakeGateway) -> None:
        raise LeaseLost

    submission = post(to=["dara@else.example", "emil@else.example"])
    run(submission, FakeGateway(emil=DENIED), FakeGateway(meanwhile=loses_the_lease), now=now)
    assert submission.deliveries.get(position=0).state == State.RELAYED
