"""What a suspended official has sent waits, and leaves afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox.models import Submission
from mailbox.outbound.sending import holding
from tests.cast import Cast
from tests.mailbox.outbound.conftest import Post


def test_what_is_owed_is_held_and_leaves_with_as_much_time_as_it_had(
    cast: Cast, post: Post, now: datetime
) -> None:
    sent, done = post(to=["dara@else.example"]), post(to=["dara@else.example"])
    Submission.objects.filter(pk=done.pk).update(due_at=None)
    assert holding.hold(cast.amina, now=now) == 1
    assert holding.hold(cast.amina, now=now) == 0
    assert not Submission.objects.due(now).exists()
    assert holding.release(cast.amina, now=now + timedelta(days=9)) == 1
    sent.refresh_from_db()
    assert sent.held_at is None and sent.expires_at == sent.created_at + timedelta(days=5 + 9)
    assert list(Submission.objects.due(now)) == [sent]


def test_letters_are_locked_in_the_order_of_the_relay_that_settles_several_at_once(
    cast: Cast, post: Post, now: datetime
) -> None:
    for _ in range(3):
        post(to=["dara@else.example"])
    for deed in (holding.hold, holding.release):
        with CaptureQueriesContext(connection) as asked:
            assert deed(cast.amina, now=now) == 3
        first = next(one["sql"] for one in asked.captured_queries if "held_at" in one["sql"])
        assert 'ORDER BY "mailbox_submission"."id" ASC FOR NO KEY UPDATE' in first
