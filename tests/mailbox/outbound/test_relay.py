"""Relaying: each recipient keeps an answer of their own, and a crash is told truthfully."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from mailbox import opening
from mailbox.mime.rendition import read_raw
from mailbox.models import Attempt, Content, Delivery, Draft, Folder, Mailbox, Message, Submission
from mailbox.outbound.outbox import DeliveryView, deliveries_of, tally
from mailbox.outbound.relay import relay
from mailbox.outbound.relaying.offers import Asked, Ways
from mailbox.outbound.schedule import LADDER
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.gateway import AboutToSend, Gateway, OutOfReach
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post

State = Delivery.State
LATER = timedelta(days=1)


def through(*gateways: Gateway) -> Ways:
    def routes(asked: Asked) -> Sequence[Gateway]:
        return gateways

    return routes


def fresh(submission: Submission) -> Submission:
    return Submission.objects.get(pk=submission.pk)


def run(submission: Submission, *gateways: Gateway, now: datetime) -> bool:
    return relay(fresh(submission), gateways=through(*gateways), now=now)


def views(submission: Submission, cast: Cast) -> dict[str, DeliveryView]:
    found = deliveries_of(fresh(submission), cast.amina)
    return {view.address.partition("@")[0]: view for view in found}


def states(submission: Submission) -> list[str]:
    return list(submission.deliveries.values_list("state", flat=True))


def in_inbox(mailbox: Mailbox) -> list[Message]:
    return list(Message.objects.filter(mailbox=mailbox, folder__kind=Folder.Kind.INBOX))


def test_insiders_are_filed_and_share_the_senders_content(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    submission = post(to=["bruno@transport.example"], bcc=["chiara@interior.example"])
    with using(key_set["worker"]):
        assert run(submission, now=now)
    (copy,) = in_inbox(cast.mailbox_of(cast.bruno))

    assert states(submission) == [State.FILED, State.FILED]
    assert Content.objects.count() == 1
    rendition = opening.open_rendition(copy, opening.mailbox_key(copy.mailbox))
    assert rendition.subject == "เรื่องน้ำ" and not rendition.bcc
    assert len(in_inbox(cast.mailbox_of(cast.chiara))) == 1
    assert not copy.is_read and not copy.is_own


def test_outsiders_go_through_the_gateway_byte_for_byte(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    gateway = FakeGateway()
    submission = post(to=["dara@else.example"], bcc=["emil@else.example"])
    with using(key_set["worker"]):
        run(submission, gateway, now=now)
    copy = Message.objects.get()
    private_key = opening.mailbox_key(copy.mailbox)
    rendition = opening.open_rendition(copy, private_key)

    assert gateway.offered == [["dara@else.example", "emil@else.example"]]
    assert gateway.messages == [read_raw(opening.reader(copy, private_key).read, rendition)]
    assert b"emil" not in gateway.messages[0]
    assert states(submission) == [State.RELAYED, State.RELAYED]


def test_each_recipient_keeps_their_own_answer(cast: Cast, post: Post, now: datetime) -> None:
    gateway = FakeGateway(emil=Verdict(451, "Later, please"), finn=Verdict(550, "No such person"))
    submission = post(
        to=["bruno@transport.example", "dara@else.example"],
        cc=["emil@else.example", "finn@else.example"],
    )
    run(submission, gateway, now=now)
    seen = views(submission, cast)

    assert {name: view.state for name, view in seen.items()} == {
        "bruno": State.FILED,
        "dara": State.RELAYED,
        "emil": State.DEFERRED,
        "finn": State.FAILED,
    }
    assert (seen["emil"].words, seen["emil"].code) == ("Later, please", 451)
    assert (seen["finn"].words, seen["finn"].code) == ("No such person", 550)
    assert list(seen) == ["finn", "emil", "dara", "bruno"]
    counted = tally(fresh(submission))
    assert (counted.total, counted.delivered, counted.failed, counted.waiting) == (4, 2, 1, 1)


def test_only_the_recipient_still_waiting_is_tried_again(post: Post, now: datetime) -> None:
    gateway = FakeGateway(emil=Verdict(451, "Later, please"))
    submission = post(to=["dara@else.example", "emil@else.example"])
    run(submission, gateway, now=now)
    gateway.answers.clear()
    run(submission, gateway, now=now + LATER)

    assert gateway.offered == [["dara@else.example", "emil@else.example"], ["emil@else.example"]]
    assert gateway.messages[0] == gateway.messages[1]
    assert states(submission) == [State.RELAYED, State.RELAYED]


def test_when_nobody_is_owed_anything_the_relays_key_is_wiped(post: Post, now: datetime) -> None:
    gateway = FakeGateway(emil=Verdict(451, "Later, please"))
    submission = post(to=["emil@else.example"])
    run(submission, gateway, now=now)
    assert fresh(submission).sealed_key_for_relay is not None
    gateway.answers.clear()
    run(submission, gateway, now=now + LATER)

    done = fresh(submission)
    assert (done.due_at, done.sealed_key_for_relay, done.relay_key_id) == (None, None, "")


def test_two_workers_do_not_send_twice(post: Post, now: datetime) -> None:
    gateway = FakeGateway()
    submission = post(to=["dara@else.example"])
    first, second = fresh(submission), fresh(submission)
    assert relay(first, gateways=through(gateway), now=now)
    assert not relay(second, gateways=through(gateway), now=now)
    assert len(gateway.messages) == 1


def test_nothing_leaves_before_the_undo_window_is_over(post: Post, now: datetime) -> None:
    gateway = FakeGateway()
    submission = post(to=["dara@else.example"])
    assert not run(submission, gateway, now=now - timedelta(seconds=1))
    assert Draft.objects.exists()
    assert run(submission, gateway, now=now)
    assert not Draft.objects.exists()


def test_each_recipient_climbs_a_ladder_of_their_own(post: Post, now: datetime) -> None:
    later, soon = Verdict(451, "Later"), Verdict(451, "Soon")
    gateway = FakeGateway(emil=later, finn=soon)
    submission = post(to=["emil@else.example", "finn@else.example"])
    emil, finn = submission.deliveries.all()
    for _ in range(3):
        run(submission, gateway, now=now)
        finn.refresh_from_db()
        assert finn.due_at is not None
        # As if Finn had been offered it for the first time only now.
        Delivery.objects.filter(pk=finn.pk).update(tries=0)
        emil.refresh_from_db()
        assert emil.due_at is not None
        now = max(emil.due_at, finn.due_at)
    waits = {who: one.due_at - one.changed_at for who, one in (("emil", emil), ("finn", finn))}

    assert timedelta(minutes=20) <= waits["emil"] <= timedelta(minutes=24)
    assert timedelta(minutes=5) <= waits["finn"] <= timedelta(minutes=6)
    assert fresh(submission).due_at == finn.due_at
    assert (emil.tries, emil.reply_code, emil.reason) == (3, 451, "")


def test_only_those_whose_moment_has_come_are_offered_it(post: Post, now: datetime) -> None:
    gateway = FakeGateway(emil=Verdict(451, "Later"), finn=Verdict(451, "Later"))
    submission = post(to=["emil@else.example", "finn@else.example"])
    run(submission, gateway, now=now)
    late = submission.deliveries.get(position=1)
    Delivery.objects.filter(pk=late.pk).update(due_at=now + timedelta(hours=3))
    run(submission, gateway, now=now + timedelta(minutes=10))

    assert gateway.offered[1:] == [["emil@else.example"]]
    late.refresh_from_db()
    assert late.due_at == now + timedelta(hours=3)


def test_a_gateway_that_only_asks_to_wait_has_not_been_tried(post: Post, now: datetime) -> None:
    submission = post(to=["emil@else.example"])
    run(submission, FakeGateway(meanwhile=asks_to_wait), now=now)
    delivery = submission.deliveries.get()
    assert delivery.due_at is not None
    assert (delivery.state, delivery.tries, delivery.reason) == (State.DEFERRED, 0, "own-limit")
    assert timedelta(seconds=20) <= delivery.due_at - now < timedelta(seconds=60)
    assert not Attempt.objects.exists()


def test_after_five_days_it_is_given_up_and_said(cast: Cast, post: Post, now: datetime) -> None:
    gateway = FakeGateway(emil=Verdict(451, "Mailbox is busy"))
    submission = post(to=["emil@else.example"])
    began, tries = now, 0
    while (due_at := fresh(submission).due_at) is not None:
        # The last try may come a first step of the ladder after the fifth day, never more.
        assert due_at - began <= timedelta(days=5) + LADDER[0]
        run(submission, gateway, now=due_at)
        tries += 1
    (view,) = views(submission, cast).values()

    assert 20 < tries < 40
    assert (view.state, view.words) == (State.EXPIRED, "Mailbox is busy")
    assert fresh(submission).sealed_key_for_relay is None


def test_no_gateway_at_all_is_said_in_words(cast: Cast, post: Post, now: datetime) -> None:
    submission = post(to=["emil@else.example", "bruno@transport.example"])
    run(submission, now=now)
    seen = views(submission, cast)

    assert (seen["emil"].state, seen["bruno"].state) == (State.DEFERRED, State.FILED)
    assert seen["emil"].sentence == "No gateway has been set up for your agency yet."


def test_the_next_gateway_is_tried_when_one_cannot_be_reached(post: Post, now: datetime) -> None:
    second = FakeGateway()
    submission = post(to=["dara@else.example"])
    run(submission, FakeGateway(out_of_reach=True), second, now=now)
    assert len(second.messages) == 1
    assert states(submission) == [State.RELAYED]


def test_a_refusal_is_not_shopped_around(post: Post, now: datetime) -> None:
    second = FakeGateway()
    submission = post(to=["dara@else.example"])
    run(submission, FakeGateway(dara=Verdict(550, "No")), second, now=now)
    assert second.offered == []


def asks_to_wait(gateway: FakeGateway) -> None:
    """It has no room now."""
    raise OutOfReach(Verdict(reason=Reason.OWN_LIMIT, wait=timedelta(seconds=20)))


def test_a_doubt_is_shown_and_tried_again_under_the_same_message_id(
    cast: Cast, post: Post, now: datetime
) -> None:
    gateway = FakeGateway(after_data=Verdict(in_doubt=True))
    submission = post(to=["dara@else.example"])
    run(submission, gateway, now=now)
    assert views(submission, cast)["dara"].state == State.UNKNOWN
    gateway.after_data = Verdict(250, "taken")
    run(submission, gateway, now=now + LATER)
    seen = views(submission, cast)["dara"]

    assert (seen.state, seen.maybe_twice) == (State.RELAYED, True)
    assert gateway.messages[0] == gateway.messages[1]
    outcomes = list(Attempt.objects.values_list("outcome", flat=True))
    assert outcomes == [Attempt.Outcome.UNKNOWN, Attempt.Outcome.ACCEPTED]


class Crashing(FakeGateway):
    """Breaks in the middle of a transaction that has this recipient."""

    def hand_over(
        self, message: bytes, *, sender: str, recipients: Sequence[str], about_to_send: AboutToSend
    ) -> dict[str, Verdict]:
        if "poison@else.example" in recipients:
            about_to_send(recipients[:1])
            raise ZeroDivisionError("poison@else.example")
        return super().hand_over(
            message, sender=sender, recipients=recipients, about_to_send=about_to_send
        )


def test_a_broken_transaction_never_holds_up_the_others(
    cast: Cast, post: Post, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    people = ["poison@else.example", *(f"p{n}@else.example" for n in range(150))]
    submission = post(bcc=[*people, "bruno@transport.example"])
    with caplog.at_level(logging.DEBUG):
        run(submission, Crashing(), now=now)
    counted = tally(fresh(submission))

    assert (counted.delivered, counted.unknown, counted.waiting) == (52, 1, 99)
    assert views(submission, cast)["poison"].state == State.UNKNOWN
    assert "else.example" not in caplog.text and "ZeroDivisionError" in caplog.text


def test_a_mailbox_that_breaks_never_holds_up_the_others(
    cast: Cast, post: Post, now: datetime
) -> None:
    Mailbox.objects.filter(account=cast.bruno).update(public_key=b"not a key")
    submission = post(to=["bruno@transport.example", "chiara@interior.example"])
    run(submission, now=now)
    assert states(submission) == [State.DEFERRED, State.FILED]
    assert in_inbox(cast.mailbox_of(cast.bruno)) == []


def test_a_full_mailbox_is_tried_again_and_a_closed_one_refused(
    cast: Cast, post: Post, now: datetime
) -> None:
    submission = post(to=["bruno@transport.example", "chiara@interior.example"])
    Mailbox.objects.filter(account=cast.bruno).update(quota_bytes=0)
    Mailbox.objects.filter(account=cast.chiara).update(is_open=False)
    run(submission, now=now)
    seen = views(submission, cast)
    assert (seen["bruno"].state, seen["bruno"].code) == (State.DEFERRED, 452)
    assert (seen["chiara"].state, seen["chiara"].code) == (State.FAILED, 550)

    Mailbox.objects.filter(account=cast.bruno).update(quota_bytes=10**9)
    run(submission, now=now + LATER)
    assert views(submission, cast)["bruno"].state == State.FILED


def test_filing_again_after_a_crash_files_nothing_twice(
    cast: Cast, post: Post, now: datetime
) -> None:
    submission = post(to=["bruno@transport.example"])
    run(submission, now=now)
    Delivery.objects.update(state=State.QUEUED)
    relay_key = submission.sealed_key_for_relay
    Submission.objects.update(
        due_at=now, sealed_key_for_relay=relay_key, relay_key_id=submission.relay_key_id
    )
    run(submission, now=now)
    assert states(submission) == [State.FILED]
    assert len(in_inbox(cast.mailbox_of(cast.bruno))) == 1


def test_a_letter_to_oneself_arrives_beside_the_copy_in_sent(
    cast: Cast, post: Post, now: datetime
) -> None:
    run(post(to=["amina@transport.example"]), now=now)
    (arrived,) = in_inbox(cast.mailbox_of(cast.amina))
    assert Message.objects.get(is_own=True).thread_id == arrived.thread_id


def test_a_worker_without_the_relay_key_sends_nothing_and_waits(
    post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    gateway = FakeGateway()
    submission = post(to=["dara@else.example"])
    with using(key_set["lmtp"]):
        run(submission, gateway, now=now)
    assert (gateway.messages, states(submission)) == ([], [State.QUEUED])
    with using(key_set["worker"]):
        run(submission, gateway, now=now + LATER)
    assert states(submission) == [State.RELAYED]


def test_whoever_lost_the_lease_stops_before_data(post: Post, now: datetime) -> None:
    class Slow(FakeGateway):
        def hand_over(
            self,
            message: bytes,
            *,
            sender: str,
            recipients: Sequence[str],
            about_to_send: AboutToSend,
        ) -> dict[str, Verdict]:
            other = fresh(submission)
            much_later = now + timedelta(hours=2)
            assert other.claim(much_later, much_later + timedelta(minutes=30))
            return super().hand_over(
                message, sender=sender, recipients=recipients, about_to_send=about_to_send
            )

    gateway = Slow()
    submission = post(to=["dara@else.example"])
    run(submission, gateway, now=now)
    assert (gateway.messages, states(submission)) == ([], [State.QUEUED])
    due_at = fresh(submission).due_at
    assert due_at is not None and due_at > now + timedelta(hours=2)
