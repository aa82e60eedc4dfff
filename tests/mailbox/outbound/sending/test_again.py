"""Second thoughts: now, at another time, once more, and written anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from govmail_portal.errors import NotYours
from mailbox.errors import TooLateToUndo
from mailbox.models import Delivery, Draft, Message, Submission
from mailbox.outbound import drafting
from mailbox.outbound.enclosures import attach, enclosures
from mailbox.outbound.outbox import deliveries_of, tally
from mailbox.outbound.relay import relay
from mailbox.outbound.sending import again
from mailbox.outbound.submission import send
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.verdicts import Verdict
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import Post, Write
from tests.mailbox.outbound.test_relay import fresh, run, through

State = Delivery.State
TOMORROW = timedelta(days=1)


def test_a_letter_in_its_undo_window_leaves_at_once(
    cast: Cast, write: Write, now: datetime
) -> None:
    sent = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    assert not run(sent, FakeGateway(), now=now)
    again.leave_now(sent, by=cast.amina, now=now)
    assert run(sent, FakeGateway(), now=now)
    with pytest.raises(TooLateToUndo):
        again.leave_now(fresh(sent), by=cast.amina, now=now)


def test_a_scheduled_letter_sent_now_bears_todays_date(
    cast: Cast, write: Write, now: datetime
) -> None:
    sent = send(write(to=["emil@else.example"]), by=cast.amina, now=now, at=now + TOMORROW)
    gateway = FakeGateway()
    instead = again.leave_now(sent, by=cast.amina, now=now)
    assert Submission.objects.get() == instead and instead.scheduled_for is None
    assert run(instead, gateway, now=now)
    # The day in the portal's own time zone: at night in Bangkok it is still yesterday in UTC.
    today = timezone.localtime(now)
    assert f"Date: {today:%a}, {today:%d %b %Y} ".encode() in gateway.messages[0][:60]
    assert Message.objects.filter(mailbox__account=cast.amina).count() == 1


def test_another_time_moves_everything_with_it(cast: Cast, write: Write, now: datetime) -> None:
    sent = send(write(to=["emil@else.example"]), by=cast.amina, now=now, at=now + TOMORROW)
    instead = again.leave_at(sent, now + 2 * TOMORROW, by=cast.amina, now=now)
    assert Submission.objects.get() == instead
    assert instead.scheduled_for == instead.due_at == now + 2 * TOMORROW
    assert not run(instead, FakeGateway(), now=now + TOMORROW)
    assert not Draft.objects.unsent().exists()


def test_a_window_that_is_looked_at_stays_open_but_not_for_ever(
    cast: Cast, write: Write, now: datetime
) -> None:
    sent = send(write(to=["emil@else.example"]), by=cast.amina, now=now)
    window, moment = timedelta(seconds=settings.UNDO_SECONDS), now
    while moment < now + again.LONGEST_WAIT - window:
        moment += window / 2
        assert again.wait_a_moment(sent, by=cast.amina, now=moment)
    assert fresh(sent).due_at == moment + window
    assert not again.wait_a_moment(sent, by=cast.amina, now=now + again.LONGEST_WAIT)
    with pytest.raises(NotYours):
        again.wait_a_moment(sent, by=cast.chiara, now=now)


def test_a_failed_recipient_is_tried_once_more_with_the_same_letter(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    gateway = FakeGateway(finn=Verdict(550, "No such person"))
    sent = post(to=["emil@else.example", "finn@else.example"])
    run(sent, gateway, now=now)
    assert fresh(sent).sealed_key_for_relay is None and fresh(sent).has_failed
    gateway.answers.clear()
    failed = sent.deliveries.get(state=State.FAILED)
    failed.submission = fresh(sent)
    with using(key_set["web"]):
        assert again.try_again(failed, by=cast.amina, now=now)
        assert not again.try_again(failed, by=cast.amina, now=now)
    with using(key_set["worker"]):
        assert relay(fresh(sent), gateways=through(gateway), now=now)

    assert gateway.offered[1] == ["finn@else.example"]
    assert gateway.messages[0] == gateway.messages[1]
    done = fresh(sent)
    assert (tally(done).delivered, done.has_failed, done.sealed_key_for_relay) == (2, False, None)
    assert {view.words for view in deliveries_of(done, cast.amina)} == {"taken"}


def test_nobody_tries_again_for_somebody_else(cast: Cast, post: Post, now: datetime) -> None:
    sent = post(to=["finn@else.example"])
    run(sent, FakeGateway(finn=Verdict(550, "No")), now=now)
    with pytest.raises(NotYours):
        again.try_again(sent.deliveries.get(), by=cast.chiara, now=now)
    with pytest.raises(NotYours):
        again.write_again(sent, by=cast.chiara, now=now)


def test_whoever_was_hidden_is_hidden_in_what_is_written_again(
    cast: Cast, write: Write, now: datetime
) -> None:
    names = {"to": ["emil@else.example"], "cc": ["dara@else.example"], "bcc": ["finn@else.example"]}
    sent = send(write(**names), by=cast.amina, now=now)
    refused = Verdict(550, "No")
    run(sent, FakeGateway(emil=refused, dara=refused, finn=refused), now=now + TOMORROW)
    body = drafting.open_draft(again.write_again(fresh(sent), by=cast.amina, now=now))
    for field, addresses in names.items():
        found = getattr(body, field)
        assert [who.address for who in found if not isinstance(who, str)] == addresses


def test_the_same_letter_is_written_again_to_those_it_did_not_reach(
    cast: Cast, write: Write, now: datetime
) -> None:
    draft = write(
        to=["emil@else.example", "finn@else.example"], html="<p>Water <b>has come</b></p>"
    )
    attach(draft, name="plan.pdf", type="application/pdf", data=b"%PDF-1.7 map")
    sent = send(draft, by=cast.amina, now=now)
    run(sent, FakeGateway(finn=Verdict(550, "No")), now=now + TOMORROW)
    again_written = again.write_again(fresh(sent), by=cast.amina, now=now)
    body = drafting.open_draft(again_written)

    assert [who.address for who in body.to if not isinstance(who, str)] == ["finn@else.example"]
    assert body.subject == "เรื่องน้ำ" and "<b>has come</b>" in body.html.for_frame()
    assert [file.name for file in enclosures(again_written)] == ["plan.pdf"]
