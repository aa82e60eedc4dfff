"""What mail officers do to the queue: told in the audit, seen by the next worker, never content."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Account, AuditEvent
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Attempt, Delivery, Gateway, Message, Submission
from mailbox.operating import deeds
from mailbox.operating.deeds import Hand
from mailbox.outbound.relay import relay
from mailbox.smtp.verdicts import Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.test_relay import fresh, through
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db

State = Delivery.State


def these(*submissions: Submission) -> Any:
    return Submission.objects.filter(pk__in=[one.pk for one in submissions])


def deferred(submission: Submission, now: datetime) -> Submission:
    """Asked to come back later by a gateway."""
    relay(submission, gateways=through(FakeGateway(after_data=Verdict(451, "later"))), now=now)
    return fresh(submission)


def acts() -> list[str]:
    return list(AuditEvent.objects.order_by("number").values_list("act", flat=True))


def test_trying_again_makes_every_recipient_due_and_is_told(
    post: Post, officer: Account, now: datetime
) -> None:
    letter = deferred(post(to=["a@else.example", "b@else.example"]), now)
    assert letter.due_at is not None and letter.due_at > now
    assert deeds.retry(these(letter), Hand(officer, now)) == 1
    assert fresh(letter).due_at == now
    assert set(letter.deliveries.values_list("due_at", flat=True)) == {now}
    event = AuditEvent.objects.get()
    assert (event.act, event.actor, event.agency) == (
        "mail_tried_again",
        officer,
        officer.agency,
    )
    relay(fresh(letter), gateways=through(FakeGateway()), now=now)
    assert set(letter.deliveries.values_list("state", flat=True)) == {State.RELAYED}


def test_what_is_done_or_may_still_be_called_back_is_not_touched(
    post: Post, officer: Account, now: datetime
) -> None:
    done, open_ = post(to=["a@else.example"]), post(to=["b@else.example"])
    relay(done, gateways=through(FakeGateway()), now=now)
    Submission.objects.filter(pk=open_.pk).update(undo_until=now + timedelta(seconds=1))
    hand = Hand(officer, now)
    assert deeds.retry(these(done, open_), hand) == deeds.give_up(these(done, open_), hand) == 0
    assert acts() == []


def test_giving_up_ends_without_another_try_and_tells_the_author(
    post: Post, cast: Cast, officer: Account, now: datetime
) -> None:
    letter = deferred(post(to=["a@else.example"]), now)
    inbox = Message.objects.filter(mailbox=letter.mailbox, origin=Message.Origin.PORTAL)
    before, tried = inbox.count(), Attempt.objects.count()
    assert deeds.give_up(these(letter), Hand(officer, now, "gateway is gone")) == 1
    gateway = FakeGateway()
    relay(fresh(letter), gateways=through(gateway), now=now)
    delivery = letter.deliveries.get()
    assert (delivery.state, delivery.reason, delivery.due_at) == (State.EXPIRED, "given-up", None)
    assert gateway.offered == [] and Attempt.objects.count() == tried
    after = fresh(letter)
    assert (after.due_at, after.sealed_key_for_relay, after.has_failed) == (None, None, True)
    assert inbox.count() == before + 1
    event = AuditEvent.objects.get(act="mail_given_up")
    assert event.details == {"reason": "gateway is gone"}


def test_redirecting_takes_another_agencys_gateways_and_line(
    post: Post, cast: Cast, officer: Account, now: datetime
) -> None:
    letter = deferred(post(to=["a@else.example"]), now)
    assert deeds.redirect(these(letter), cast.interior, Hand(officer, now)) == 1
    moved = fresh(letter)
    assert (moved.agency, moved.due_at) == (cast.interior, now)
    event = AuditEvent.objects.get(act="mail_redirected")
    assert event.details == {"from": cast.transport.name_th, "to": cast.interior.name_th}
    assert deeds.redirect(these(letter), cast.interior, Hand(officer, now)) == 0


def test_a_held_letter_is_not_tried_but_can_be_given_up(
    post: Post, officer: Account, now: datetime
) -> None:
    letter = post(to=["a@else.example"])
    Submission.objects.filter(pk=letter.pk).update(held_at=now)
    assert deeds.retry(these(letter), Hand(officer, now)) == 0
    assert deeds.give_up(these(letter), Hand(officer, now)) == 1
    relay(fresh(letter), gateways=through(FakeGateway()), now=now)
    assert letter.deliveries.get().state == State.EXPIRED


def test_holding_and_releasing_an_arrival(cast: Cast, officer: Account, now: datetime) -> None:
    take_in(
        raw_letter("s"),
        sender="x@else.example",
        mailboxes=[cast.mailbox_of(cast.amina).pk],
        recipients=[cast.amina.address],
        now=now,
        nudge=lambda _: None,
    )
    hand = Hand(officer, now)
    assert deeds.hold(Arrival.objects.all(), hand) == 1
    assert deeds.hold(Arrival.objects.all(), hand) == 0
    assert not Arrival.objects.due(now).exists()
    assert Arrival.objects.get().held_reason == deeds.BY_OFFICER
    assert deeds.release(Arrival.objects.all(), hand) == 1
    assert Arrival.objects.due(now).count() == 1
    assert acts() == ["arrival_held", "arrival_released"]


def test_no_event_carries_an_address_or_a_subject(
    post: Post, officer: Account, now: datetime
) -> None:
    Gateway.objects.all().delete()
    letter = deferred(post(to=["canary@else.example"], subject="canary"), now)
    deeds.retry(these(letter), Hand(officer, now))
    deeds.give_up(these(letter), Hand(officer, now))
    told = AuditEvent.objects.values_list("object_name", "details", "kind")
    assert "canary" not in str(list(told))
