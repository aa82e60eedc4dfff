"""Lists: what they show, what they cost, and to whom they do not exist."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from mailbox.models import Folder, Message
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

HTMX = {"HX-Request": "true"}


def fill(person: Account, count: int) -> None:
    now = timezone.now()
    for number in range(count):
        deliver(letter(f"Letter {number}"), person, at=now - timedelta(minutes=number))


def inbox(person: Account) -> str:
    return f"/mail/{person.mailbox.pk}/inbox/"


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_inbox_shows_who_wrote_what_and_marks_outsiders(cast: Cast) -> None:
    deliver(letter("Course proposal"), cast.amina)
    house = letter("From the house", sender="Bruno <bruno@transport.example>")
    deliver(house, cast.amina, origin=Message.Origin.PORTAL)
    page = signed_in(cast.amina).get("/").content.decode()

    assert "Course proposal" in page
    assert page.count("tile--external") == 1
    assert "คค" in page


def test_a_row_outlines_the_tile_of_an_office_that_nothing_proves(cast: Cast) -> None:
    claim = letter("Claim", sender="Chiara <chiara@interior.example>")
    deliver(claim, cast.amina)
    claimed = signed_in(cast.amina).get("/").content.decode()
    deliver(claim, cast.bruno, found="dkim=pass header.d=interior.example")
    proven = signed_in(cast.bruno).get("/").content.decode()

    assert "tile--external" in claimed and "Ministry of Interior" not in claimed
    assert "tile--external" not in proven and "Ministry of Interior" in proven


def test_an_inbox_page_costs_the_same_with_60_and_with_600_conversations(cast: Cast) -> None:
    fill(cast.amina, 60)
    client = signed_in(cast.amina)
    client.get(inbox(cast.amina))
    few = queries(client, inbox(cast.amina))
    fill(cast.amina, 540)

    assert queries(client, inbox(cast.amina)) == few
    assert few <= 10


def test_pages_of_fifty_follow_each_other_without_gap_or_repetition(cast: Cast) -> None:
    fill(cast.amina, 120)
    client = signed_in(cast.amina)
    seen: list[str] = []
    address = inbox(cast.amina)
    while address:
        answer = client.get(address)
        page = answer.context["page"]
        seen += [row.subject for group in page.groups for row in group.rows]
        address = f"{inbox(cast.amina)}?before={page.older}" if page.older else ""

    assert seen == [f"Letter {number}" for number in range(120)]


def test_htmx_gets_the_next_rows_alone_and_no_second_heading(cast: Cast) -> None:
    fill(cast.amina, 60)
    client = signed_in(cast.amina)
    older = client.get(inbox(cast.amina)).context["page"].older
    part = client.get(f"{inbox(cast.amina)}?before={older}", headers=HTMX).content.decode()

    assert "<html" not in part
    assert part.count('class="row') >= 10


def test_a_list_is_brought_up_to_date_down_to_the_row_it_ended_with(cast: Cast) -> None:
    fill(cast.amina, 60)
    client = signed_in(cast.amina)
    bottom = client.get(inbox(cast.amina)).context["page"].bottom
    deliver(letter("Just arrived"), cast.amina)
    answer = client.get(f"{inbox(cast.amina)}?down_to={bottom}&show=", headers=HTMX)
    rows = [row.subject for group in answer.context["page"].groups for row in group.rows]

    assert rows == ["Just arrived", *(f"Letter {number}" for number in range(50))]
    assert 'id="folders"' in answer.content.decode()
    assert ">61 unread<" in answer.content.decode()


def test_one_broken_seal_leaves_the_other_rows_readable(cast: Cast) -> None:
    broken, _other = [deliver(letter(name), cast.amina)[0] for name in ("Broken", "Whole")]
    Message.objects.filter(pk=broken.pk).update(sealed_summary=bytes(120))
    page = signed_in(cast.amina).get("/").content.decode()

    assert "Whole" in page
    assert "seal is broken" in page


@pytest.mark.parametrize(("show", "subject"), [("unread", "New"), ("starred", "Starred")])
def test_filters_keep_what_they_name(cast: Cast, show: str, subject: str) -> None:
    deliver(letter("New"), cast.amina)
    starred = deliver(letter("Starred"), cast.amina)[0]
    client = signed_in(cast.amina)
    box = cast.amina.mailbox.pk
    for verb in ("star", "read"):
        data = {"verb": verb, "thread": starred.thread_id, "folder": "inbox"}
        client.post(f"/mail/{box}/act/", data)
    groups = client.get(f"{inbox(cast.amina)}?show={show}").context["page"].groups

    assert [row.subject for group in groups for row in group.rows] == [subject]


def test_an_empty_inbox_says_so(cast: Cast) -> None:
    assert "The inbox is empty" in signed_in(cast.amina).get("/").content.decode()


def test_nobody_else_finds_a_folder_and_a_made_up_cursor_finds_nothing(cast: Cast) -> None:
    assert signed_in(cast.amina).get(inbox(cast.amina)).status_code == 200
    assert signed_in(cast.chiara).get(inbox(cast.amina)).status_code == 404
    assert signed_in(cast.hana).get(inbox(cast.amina)).status_code == 404
    assert signed_in(cast.amina).get(f"{inbox(cast.amina)}?before=AAAA").status_code == 404
    assert signed_in(cast.amina).get(f"/mail/{cast.amina.mailbox.pk}/nowhere/").status_code == 404


def test_own_folders_are_made_renamed_and_deleted(cast: Cast) -> None:
    client = signed_in(cast.amina)
    own = f"/mail/{cast.amina.mailbox.pk}/folders/"
    client.post(own, {"name": "Budget"})
    folder = Folder.objects.get(mailbox=cast.amina.mailbox, kind="own")
    client.post(f"/mail/{cast.amina.mailbox.pk}/{folder.slug}/rename/", {"name": "Budget 2552"})

    assert "Budget 2552" in client.get(own).content.decode()
    assert client.get(f"/mail/{cast.amina.mailbox.pk}/{folder.slug}/").status_code == 200
    client.post(f"/mail/{cast.amina.mailbox.pk}/{folder.slug}/delete/")
    assert not Folder.objects.filter(pk=folder.pk).exists()
