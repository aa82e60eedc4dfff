"""Deeds on conversations, and the way back from each."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from mailbox.models import Folder, Message
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

HTMX = {"HX-Request": "true"}


def act(client: Client, message: Message, verb: str, **changes: str) -> str:
    data = {"verb": verb, "thread": str(message.thread_id), "folder": "inbox", **changes}
    answer = client.post(f"/mail/{message.mailbox_id}/act/", data, headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer.content.decode()


def kind_of(message: Message) -> str:
    return Message.objects.select_related("folder").get(pk=message.pk).folder.kind


@pytest.mark.parametrize(
    ("verb", "kind"), [("archive", "archive"), ("trash", "trash"), ("spam", "spam")]
)
def test_a_conversation_leaves_and_comes_back(cast: Cast, verb: str, kind: str) -> None:
    message = deliver(letter(), cast.amina)[0]
    client = signed_in(cast.amina)
    toast = act(client, message, verb)
    assert kind_of(message) == kind

    found = re.search(r'name="change" value="([^"]+)"', toast)
    assert found is not None
    client.post(f"/mail/{message.mailbox_id}/undo/", {"change": found[1]}, headers=HTMX)
    assert kind_of(message) == "inbox"


def test_without_scripts_the_next_page_offers_the_way_back_once(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    client = signed_in(cast.amina)
    data = {"verb": "trash", "thread": str(message.thread_id), "folder": "inbox"}
    answer = client.post(f"/mail/{message.mailbox_id}/act/", data, follow=True)

    assert "data-undo" in answer.content.decode()
    assert "data-undo" not in client.get("/").content.decode()


def test_several_conversations_move_together_into_an_own_folder(cast: Cast) -> None:
    both = [deliver(letter(name), cast.amina)[0] for name in ("One", "Two")]
    folder = Folder.objects.create(mailbox=cast.amina.mailbox, name="Budget")
    data = {
        "verb": f"move:{folder.slug}",
        "folder": "inbox",
        "thread": [str(one.thread_id) for one in both],
    }
    signed_in(cast.amina).post(f"/mail/{cast.amina.mailbox.pk}/act/", data, headers=HTMX)

    assert Message.objects.filter(folder=folder).count() == 2


def test_stars_and_read_marks_come_and_go(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    client = signed_in(cast.amina)
    answer = act(client, message, "star")
    assert 'value="unstar"' in answer
    act(client, message, "read")
    message.refresh_from_db()
    assert (message.is_starred, message.is_read) == (True, True)
    act(client, message, "unstar")
    act(client, message, "unread")
    message.refresh_from_db()
    assert (message.is_starred, message.is_read) == (False, False)


def test_nobody_acts_on_what_is_not_theirs(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    data = {"verb": "trash", "thread": str(message.thread_id), "folder": "inbox"}
    client = signed_in(cast.chiara)

    assert client.post(f"/mail/{cast.amina.mailbox.pk}/act/", data).status_code == 404
    client.post(f"/mail/{cast.chiara.mailbox.pk}/act/", data)
    assert kind_of(message) == "inbox"


@pytest.mark.parametrize(
    "data",
    [
        {"verb": "explode", "folder": "inbox"},
        {"verb": "trash", "folder": "nowhere"},
        {"verb": "trash", "folder": "inbox", "thread": "nonsense"},
        {"verb": "move:nowhere", "folder": "inbox"},
        {"verb": "move:snoozed", "folder": "inbox"},
        {"verb": "move:snoozed", "folder": "inbox", "all": "yes"},
    ],
)
def test_nonsense_is_not_there(cast: Cast, data: dict[str, str]) -> None:
    answer = signed_in(cast.amina).post(f"/mail/{cast.amina.mailbox.pk}/act/", data)

    assert answer.status_code == 404


def test_a_change_of_another_mailbox_is_not_undone(cast: Cast) -> None:
    message = deliver(letter(), cast.amina)[0]
    toast = act(signed_in(cast.amina), message, "archive")
    found = re.search(r'name="change" value="([^"]+)"', toast)
    assert found is not None
    client = signed_in(cast.chiara)
    where = f"/mail/{cast.chiara.mailbox.pk}/undo/"

    assert client.post(where, {"change": found[1]}).status_code == 404
    assert client.post(where, {"change": "nonsense"}).status_code == 404
    assert kind_of(message) == "archive"
