"""Whether a sender inside learns that a letter was opened."""

from __future__ import annotations

from datetime import datetime

import pytest

from mailbox.models import Delivery, Message
from mailbox.outbound.answers.opened import tell_senders
from mailbox.outbound.relay import relay
from tests.cast import Cast, signed_in
from tests.mailbox.outbound.conftest import Post
from tests.mailbox.web.post import address_of


@pytest.fixture
def received(cast: Cast, post: Post, now: datetime) -> Message:
    submission = post(to=[cast.bruno.address, cast.chiara.address])
    relay(submission, now=now)
    return Message.objects.get(mailbox__account=cast.bruno)


def opened_by(cast: Cast) -> list[str]:
    told = Delivery.objects.filter(opened_at__isnull=False)
    return [one.mailbox.account.address for one in told if one.mailbox and one.mailbox.account]


def test_a_sender_learns_it_where_the_readers_agency_says_so(
    cast: Cast, received: Message, now: datetime
) -> None:
    cast.transport.shows_opened = True
    cast.transport.save()
    cast.bruno.refresh_from_db()

    assert tell_senders([received.thread_id], by=cast.bruno, now=now) == 1
    assert opened_by(cast) == [cast.bruno.address]
    assert tell_senders([received.thread_id], by=cast.bruno, now=now) == 0


def test_it_is_off_unless_the_agency_turned_it_on(
    cast: Cast, received: Message, now: datetime
) -> None:
    cast.interior.shows_opened = True
    cast.interior.save()

    assert tell_senders([received.thread_id], by=cast.bruno, now=now) == 0
    assert opened_by(cast) == []


def test_nobody_opens_for_another(cast: Cast, received: Message, now: datetime) -> None:
    cast.transport.shows_opened = True
    cast.transport.save()
    cast.hana.refresh_from_db()

    assert tell_senders([received.thread_id], by=cast.hana, now=now) == 0


def test_opening_tells_and_marking_as_read_from_the_list_does_not(
    cast: Cast, received: Message
) -> None:
    cast.transport.shows_opened = True
    cast.transport.save()
    client = signed_in(cast.bruno)
    where = f"/mail/{received.mailbox_id}/act/"
    form = {"folder": "inbox", "thread": received.thread_id, "verb": "read"}

    client.post(where, form)
    assert opened_by(cast) == []
    client.post(where, {**form, "opened": "yes"})
    assert opened_by(cast) == [cast.bruno.address]


def test_the_whole_page_tells_and_one_fetched_ahead_does_not(cast: Cast, received: Message) -> None:
    cast.transport.shows_opened = True
    cast.transport.save()
    client = signed_in(cast.bruno)

    client.get(address_of(received), headers={"Sec-Purpose": "prefetch"})
    assert opened_by(cast) == []
    client.get(address_of(received))
    assert opened_by(cast) == [cast.bruno.address]
