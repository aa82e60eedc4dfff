"""The page of a conversation: cost, what marks it read, and for whom it does not exist."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mailbox.models import Message
from mailbox.reading import sorting
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import address_of, deliver, letter

HTMX = {"HX-Request": "true"}
LONG = "A line of an ordinary letter, again and again.\n" * 220


def test_opening_a_letter_of_10_kb_takes_ten_queries_at_most(cast: Cast) -> None:
    message = deliver(letter("Long", LONG), cast.amina)[0]
    sorting.mark_read(message.folder, [message.thread_id])
    client = signed_in(cast.amina)
    client.get("/")
    for address in (address_of(message), f"/mail/message/{message.pk}/body/"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        assert len(captured) <= 10, [query["sql"][:90] for query in captured]


def test_a_page_that_is_seen_marks_the_conversation_read(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    signed_in(cast.amina).get(address_of(message))

    assert Message.objects.get(pk=message.pk).is_read


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, HTMX], ids=str
)
def test_fetching_ahead_marks_nothing_read(cast: Cast, headers: dict[str, str]) -> None:
    message = deliver(letter(), cast.amina)[0]
    answer = signed_in(cast.amina).get(address_of(message), headers=headers)

    assert answer.status_code == 200
    assert not Message.objects.get(pk=message.pk).is_read


def test_the_pane_marks_itself_read_once_it_is_shown(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    page = signed_in(cast.amina).get(address_of(message), headers=HTMX).content.decode()

    assert 'hx-trigger="load"' in page
    assert "<html" not in page


def test_a_folded_letter_opens_without_scripts(cast: Cast) -> None:
    first = letter("Course")
    old = deliver(first, cast.amina)[0]
    new = deliver(letter("Re: Course", answers=first["Message-ID"]), cast.amina)[0]
    sorting.mark_read(old.folder, [old.thread_id])
    client = signed_in(cast.amina)

    assert client.get(address_of(new)).content.decode().count("<iframe") == 1
    assert client.get(f"{address_of(new)}?open={old.pk}").content.decode().count("<iframe") == 2
    assert client.get(f"{address_of(new)}?open=nonsense").status_code == 404


def test_conversations_of_others_do_not_exist(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    theirs = deliver(letter(), cast.chiara)[0]
    wrong_box = f"/mail/{cast.chiara.mailbox.pk}/inbox/t/{message.thread_id}/"
    client = signed_in(cast.chiara)

    assert client.get(address_of(theirs)).status_code == 200
    assert client.get(address_of(message)).status_code == 404
    assert client.get(wrong_box).status_code == 404
    assert signed_in(cast.amina).get(wrong_box).status_code == 404
    assert client.get(f"/mail/{cast.chiara.mailbox.pk}/inbox/t/{uuid.uuid4()}/").status_code == 404


def test_a_broken_letter_is_said_and_the_page_is_there(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    Message.objects.filter(pk=message.pk).update(sealed_key=bytes(1200))
    answer = signed_in(cast.amina).get(address_of(message))

    assert answer.status_code == 200
    assert "its seal is broken" in answer.content.decode()
    assert "<iframe" not in answer.content.decode()
