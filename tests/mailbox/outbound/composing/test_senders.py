"""Whom a letter is said to be from may be chosen until it is sent."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from mailbox.models import Draft, Message
from mailbox.outbound import copying, drafting
from mailbox.outbound.answering import reply
from mailbox.outbound.composing.senders import choose
from tests.cast import Cast
from tests.mailbox.people.offices import delegate
from tests.mailbox.post import file_raw, raw_letter


@pytest.mark.django_db
def test_an_answer_may_be_sent_from_another_mailbox_than_it_was_begun_in(
    cast: Cast, now: datetime
) -> None:
    own, theirs = cast.mailbox_of(cast.amina), cast.mailbox_of(cast.bruno)
    delegate(theirs, cast.amina, may_write=True, may_send_as=True)
    file_raw(raw_letter(), [own], at=now)
    draft = reply(Message.objects.get(mailbox=own), by=cast.amina, now=now)
    choose(draft, f"{theirs.pk}:as", by=cast.amina)
    connection.check_constraints()
    kept = Draft.objects.get(pk=draft.pk)
    assert (kept.mailbox_id, kept.answers_id) == (theirs.pk, None)
    assert drafting.open_draft(kept).subject.startswith("Re: ")
    # The page that was open before goes on with what it has.
    copying.keep_apart(draft, {}, by=cast.amina, now=now)
    connection.check_constraints()
