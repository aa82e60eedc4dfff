"""What the author sees, and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from govmail_portal.errors import NotYours
from mailbox import opening
from mailbox.errors import KeyMissing
from mailbox.models import Attempt, Delivery, Gateway, Submission
from mailbox.outbound.envelope import key_for_owner, seal_reply
from mailbox.outbound.outbox import MOST_TRIES, deliveries_of, page_of, rows, tally
from mailbox.outbound.returning.sentences import SENTENCES, sentence_for
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from mailbox.smtp.verdicts import Reason, Verdict
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post

State = Delivery.State


def test_only_the_author_sees_who_got_it(
    cast: Cast, post: Post, key_set: dict[Role, StoredKeyring]
) -> None:
    submission = post(to=["Emil <emil@else.example>"])
    (view,) = deliveries_of(submission, cast.amina)
    assert (view.name, view.address, view.state) == ("Emil", "emil@else.example", State.QUEUED)
    with pytest.raises(NotYours):
        deliveries_of(submission, cast.chiara)
    with using(key_set["worker"]), pytest.raises(KeyMissing):
        deliveries_of(submission, cast.amina)


def test_the_worst_comes_first(cast: Cast, post: Post) -> None:
    submission = post(to=[f"p{number}@else.example" for number in range(4)])
    wanted = [State.RELAYED, State.DEFERRED, State.FAILED, State.UNKNOWN]
    for delivery, state in zip(submission.deliveries.all(), wanted, strict=True):
        Delivery.objects.filter(pk=delivery.pk).update(state=state)
    seen = [view.state for view in deliveries_of(submission, cast.amina)]
    assert seen == [State.FAILED, State.UNKNOWN, State.DEFERRED, State.RELAYED]


def test_what_a_dead_worker_was_sending_is_shown_as_unknown(
    cast: Cast, post: Post, now: datetime
) -> None:
    submission = post(to=["emil@else.example"])
    assert submission.claim(now, now + timedelta(minutes=30))
    submission.deliveries.update(state=State.SENDING)
    (during,) = deliveries_of(submission, cast.amina, now=now)
    (after,) = deliveries_of(submission, cast.amina, now=now + timedelta(minutes=31))
    assert (during.state, after.state) == (State.SENDING, State.UNKNOWN)
    assert after.label == str(State.UNKNOWN.label)


def test_the_list_shows_subjects_and_counts_in_one_query(
    cast: Cast, post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        post(to=["Bruno <bruno@transport.example>", "emil@else.example"], subject=f"No {number}")
    mailbox = cast.mailbox_of(cast.amina)
    with django_assert_num_queries(1):
        found = rows(list(Submission.objects.order_by("created_at", "pk")), mailbox)

    assert {row.subject for row in found} == {"No 0", "No 1", "No 2"}
    assert {row.to_names for row in found} == {"Bruno, emil@else.example"}
    assert {(row.tally.total, row.tally.waiting) for row in found} == {(2, 2)}


def test_a_chip_counts_every_state_once(post: Post) -> None:
    submission = post(to=[f"p{number}@else.example" for number in range(len(State))])
    for delivery, state in zip(submission.deliveries.all(), State, strict=True):
        Delivery.objects.filter(pk=delivery.pk).update(state=state)
    submission.count_again()
    chip = tally(submission)
    parts = (chip.delivered, chip.failed, chip.unknown, chip.waiting, chip.cancelled)
    assert sum(parts) == chip.total == len(State)
    assert not chip.is_settled


def test_ten_thousand_recipients_come_a_page_at_a_time_for_the_same_price(
    cast: Cast, post: Post, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few = post(bcc=[f"p{number}@else.example" for number in range(3)])
    many = post(bcc=[f"p{number}@else.example" for number in range(900)])
    for position, state in [(5, State.FAILED), (890, State.DEFERRED), (7, State.FILED)]:
        many.deliveries.filter(position=position).update(state=state)
    seen, after = page_of(many, cast.amina, size=40)

    assert [view.state for view in seen[:2]] == [State.FAILED, State.DEFERRED]
    names = [view.address for view in seen]
    while after is not None:
        views, after = page_of(many, cast.amina, size=200, after=after)
        names += [view.address for view in views]
    assert sorted(names) == sorted(f"p{number}@else.example" for number in range(900))
    assert names[-1] == "p7@else.example"
    for one in (few, many):
        with django_assert_max_num_queries(13):
            page_of(Submission.objects.select_related("mailbox").get(pk=one.pk), cast.amina)


def test_every_reason_has_a_sentence() -> None:
    with translation.override("en"):
        missing = [reason for reason in Reason if reason and not str(SENTENCES.get(reason, ""))]
    assert missing == []


def test_what_a_server_says_in_codes_has_a_sentence_too() -> None:
    with translation.override("en"):
        assert sentence_for("", 550, "5.1.1") == "There is no such recipient at this address."
        assert sentence_for("mailbox-full", 550, "5.1.1") == "The recipient's mailbox is full."
        assert (
            sentence_for("of a later version", 452, "4.2.2") == "The recipient's mailbox is full."
        )
        assert sentence_for("", 250, "2.0.0") == sentence_for("") == ""


def answered(submission: Submission, cast: Cast, verdict: Verdict) -> Delivery:
    """The only recipient's, put off with these words."""
    delivery = submission.deliveries.get()
    key = key_for_owner(submission, opening.mailbox_key(cast.mailbox_of(cast.amina)))
    delivery.state, delivery.reply_code = State.DEFERRED, verdict.code
    delivery.sealed_reply, delivery.reason = seal_reply(verdict, key, delivery), verdict.reason
    delivery.enhanced = verdict.enhanced
    delivery.save()
    return delivery


def test_each_recipient_has_a_next_try_of_their_own(cast: Cast, post: Post, now: datetime) -> None:
    submission = post(to=["emil@else.example"])
    delivery = answered(submission, cast, Verdict(451, "Later", "4.7.1", Reason.GREYLISTED))
    soon, much_later = now + timedelta(minutes=5), now + timedelta(hours=6)
    Delivery.objects.filter(pk=delivery.pk).update(due_at=much_later)
    Submission.objects.filter(pk=submission.pk).update(due_at=soon)
    (view,) = deliveries_of(submission, cast.amina, now=now)
    assert view.next_try == much_later
    assert (view.code, view.enhanced, view.words) == (451, "4.7.1", "Later")
    assert view.sentence.startswith("The receiving side asks every new sender")
    (view,) = deliveries_of(submission, cast.amina, now=now + timedelta(hours=7))
    assert view.next_try is None


def test_each_try_is_told_with_its_gateway_the_latest_first(
    cast: Cast, post: Post, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    submission = post(to=["emil@else.example"])
    delivery = answered(submission, cast, Verdict(451, "Later", "4.7.1"))
    gateway = Gateway.objects.create(agency=cast.transport, name="Main", host="mx.example")
    for number in range(MOST_TRIES + 5):
        Attempt.objects.create(
            delivery=delivery,
            gateway=gateway,
            started_at=now + timedelta(hours=number),
            outcome=Attempt.Outcome.DEFERRED,
            reply_code=451,
            reason=Reason.GREYLISTED,
        )
    found = Submission.objects.select_related("mailbox").get(pk=submission.pk)
    with django_assert_max_num_queries(13):
        (view,) = deliveries_of(found, cast.amina, now=now)
    assert len(view.tries) == MOST_TRIES
    assert view.tries[0].at == now + timedelta(hours=MOST_TRIES + 4)
    assert {(one.gateway, one.code, one.outcome) for one in view.tries} == {
        ("Main", 451, "deferred")
    }
    assert all(one.sentence for one in view.tries)


def test_an_earlier_try_in_doubt_is_told_of_what_was_taken(
    cast: Cast, post: Post, now: datetime
) -> None:
    submission = post(to=["emil@else.example"])
    delivery = submission.deliveries.get()
    for outcome in (Attempt.Outcome.UNKNOWN, Attempt.Outcome.ACCEPTED):
        Attempt.objects.create(delivery=delivery, started_at=now, outcome=outcome)
    submission.deliveries.update(state=State.RELAYED)
    (view,) = deliveries_of(submission, cast.amina, now=now)
    assert view.maybe_twice and len(view.tries) == 2 and view.sentence == ""
