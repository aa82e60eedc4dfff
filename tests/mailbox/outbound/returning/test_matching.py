"""Whom a report is about: found by a worker that can open nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox.mime.returned.reports import Report, read
from mailbox.models import Delivery, Submission
from mailbox.outbound.envelope import address_digest
from mailbox.outbound.outbox import deliveries_of
from mailbox.outbound.returning.matching import Noted, note
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.outbound.returning.conftest import relayed, report_on, states

State = Delivery.State
BOTH = ["emil@else.example", "dara@else.example"]


def parsed(raw: bytes) -> Report:
    report = read(raw)
    assert report is not None
    return report


def noted(submission: Submission, raw: bytes, now: datetime) -> Noted:
    return note(parsed(raw), submission.pk, now)


def test_whoever_came_back_is_bounced_and_nobody_else(
    post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    sent = relayed(post, now, to=BOTH)
    with using(key_set["worker"]):
        found = noted(sent, report_on("EMIL@else.example"), now)

    assert states(sent) == [State.BOUNCED, State.RELAYED]
    assert [one.delivery.position for one in found.bounced] == [0] and not found.strangers
    sent.refresh_from_db()
    assert sent.has_failed and sent.tally == {State.BOUNCED: 1, State.RELAYED: 1}


def test_the_author_reads_why_and_in_whose_words(
    cast: Cast, post: Post, now: datetime, key_set: dict[Role, StoredKeyring]
) -> None:
    sent = relayed(post, now, to=BOTH)
    with using(key_set["worker"]):
        noted(sent, report_on("dara@else.example"), now)
    sent.refresh_from_db()
    came_back, _taken = deliveries_of(sent, cast.amina, now=now)

    assert came_back.address == "dara@else.example" and came_back.is_bad
    assert (came_back.code, came_back.enhanced) == (550, "5.1.1")
    assert came_back.words == "User unknown" and came_back.is_reported
    assert came_back.sentence == "There is no such recipient at this address."


def test_nothing_of_it_is_readable_beside_the_row(post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    noted(sent, report_on("emil@else.example", said="550 5.1.1 Emil has moved to Phrae"), now)
    row = sent.deliveries.get(state=State.BOUNCED)
    assert row.sealed_reply is not None
    kept = bytes(row.sealed_reply) + bytes(row.address_digest or b"")
    assert b"Phrae" not in kept and b"else.example" not in kept


def test_the_same_report_again_changes_nothing(post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    noted(sent, report_on("emil@else.example"), now)
    before = list(sent.deliveries.values())
    again = noted(sent, report_on("emil@else.example"), now + timedelta(hours=1))
    assert not again.bounced and list(sent.deliveries.values()) == before


def test_a_report_on_nobody_of_ours_bounces_nobody(post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    found = noted(sent, report_on("somebody@else.example"), now)
    assert states(sent) == [State.RELAYED] * 2
    assert [one.recipient for one in found.strangers] == ["somebody@else.example"]


def test_mail_passed_on_to_another_address_is_still_the_only_recipients(
    post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=["emil@else.example", "bruno@transport.example"])
    noted(sent, report_on("emil.at.home@far.example"), now)
    assert states(sent) == [State.BOUNCED, State.FILED]


def test_an_address_is_the_same_however_it_is_written(keyring: StoredKeyring) -> None:
    letter = uuid4()
    written = address_digest(letter, "Emil@ตัวอย่าง.example")
    assert address_digest(letter, " emil@XN--72C1A1BT4AWK9O.example ") == written
    assert address_digest(letter, "emile@ตัวอย่าง.example") != written


def test_the_same_address_has_another_digest_in_every_letter(post: Post, now: datetime) -> None:
    for _ in range(2):
        relayed(post, now, to=["emil@else.example"])
    digests = [bytes(one.address_digest or b"") for one in Delivery.objects.all()]
    assert len(set(digests)) == 2 and all(digests)


def test_a_report_on_another_letter_says_nothing_of_this_one(post: Post, now: datetime) -> None:
    this, other = relayed(post, now, to=BOTH), relayed(post, now, to=BOTH)
    noted(other, report_on("emil@else.example"), now)
    assert states(this) == [State.RELAYED] * 2 and State.BOUNCED in states(other)


@pytest.mark.parametrize(
    "state", [each for each in State if each not in (State.RELAYED, State.SENDING)]
)
def test_nobodys_claim_ends_a_try_or_changes_what_is_settled(
    post: Post, now: datetime, state: Delivery.State
) -> None:
    sent = relayed(post, now, to=BOTH)
    sent.deliveries.update(state=state)
    noted(sent, report_on(*BOTH), now)
    assert states(sent) == [state, state]


def test_a_report_that_overtakes_the_gateways_own_answer_counts(post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    sent.deliveries.update(state=State.SENDING)
    noted(sent, report_on("emil@else.example"), now)
    assert states(sent) == [State.BOUNCED, State.SENDING]


def test_who_is_late_is_shown_so_until_they_are_reached(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=["emil@else.example"])
    late = report_on(
        "emil@else.example", action="delayed", status="4.4.1", said="450 4.4.1 timed out"
    )
    found = noted(sent, late, now)
    (view,) = deliveries_of(sent, cast.amina, now=now)
    assert found.late and view.state == State.RELAYED and view.is_late and view.sentence

    done = report_on("emil@else.example", action="delivered", status="2.0.0", said="250 ok")
    noted(sent, done, now)
    (view,) = deliveries_of(sent, cast.amina, now=now)
    assert view.state == State.RELAYED and not view.is_late and not view.sentence


@pytest.mark.parametrize(
    ("status", "said", "sentence"),
    [
        ("5.7.8", "554 5.7.8 you are not proven", "The receiving side's rules do not let this"),
        ("5.7.1", "554 5.7.1 relay access denied", "The receiving side's rules do not let this"),
        ("5.3.2", "554 5.3.2 not today", "The receiving side asks to try again later"),
        ("5.6.3", "554 5.6.3 no eight bits", "The receiving side does not take what is in"),
    ],
)
def test_a_server_beyond_the_gateway_never_speaks_of_our_gateway(
    cast: Cast, post: Post, now: datetime, status: str, said: str, sentence: str
) -> None:
    sent = relayed(post, now, to=["emil@else.example"])
    noted(sent, report_on("emil@else.example", status=status, said=said), now)
    (view,) = deliveries_of(sent, cast.amina, now=now)
    assert view.sentence.startswith(sentence)


def test_the_letter_is_locked_before_its_recipients_as_the_relay_does_it(
    post: Post, now: datetime
) -> None:
    sent = relayed(post, now, to=BOTH)
    with CaptureQueriesContext(connection) as asked:
        noted(sent, report_on("emil@else.example"), now)
    locks = [one["sql"] for one in asked.captured_queries if " FOR " in one["sql"]]
    locks = [sql for sql in locks if "KEY SHARE" not in sql]
    assert [("mailbox_submission" in sql.partition("WHERE")[0]) for sql in locks] == [True, False]
    assert "FOR NO KEY UPDATE" in locks[0]


def test_a_letter_that_is_gone_is_nobodys(post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    pk = sent.pk
    sent.delete()
    assert note(parsed(report_on(*BOTH)), pk, now) == Noted()


def test_for_a_shredded_mailbox_no_words_are_kept(cast: Cast, post: Post, now: datetime) -> None:
    sent = relayed(post, now, to=BOTH)
    mailbox = cast.mailbox_of(cast.amina)
    type(mailbox).objects.filter(pk=mailbox.pk).update(sealed_private_key=b"")
    noted(sent, report_on("emil@else.example"), now)
    row = sent.deliveries.get(position=0)
    assert row.state == State.BOUNCED and row.sealed_reply is None
