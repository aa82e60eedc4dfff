from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailbox.addressbook import contacts
from mailbox.addressbook.card import Card
from mailbox.models import Message, RecentSearch
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

HTMX = {"HX-Request": "true"}


def ask(client: Client, text: str, **fields: Any) -> str:
    """Search by the box; return the address of the results."""
    answer = client.post("/mail/search/", {"q": text, **fields})
    assert answer.status_code == 302
    return str(answer["Location"])


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def subjects(client: Client, address: str) -> list[str]:
    return [one.row.subject for one in client.get(address).context["outcome"].rows]


def test_a_search_finds_by_body_and_marks_the_words(cast: Cast) -> None:
    deliver(letter("Budget plan", "The kangaroo jumps over the bridge."), cast.amina)
    deliver(letter("Other"), cast.amina)
    client = signed_in(cast.amina)
    shown = page(client, ask(client, "KANGAROO plan"))

    assert "<mark>kangaroo</mark>" in shown
    assert "Budget <mark>plan</mark>" in shown
    assert "Other" not in shown
    assert "All letters have been searched: 1 conversation found." in shown


def test_no_word_of_a_search_stands_in_an_address(cast: Cast) -> None:
    deliver(letter("Budget kangaroo"), cast.amina)
    client = signed_in(cast.amina)
    address = ask(client, "kangaroo")
    addresses = re.findall(r'(?:href|hx-get|hx-post|action)="([^"]*)"', page(client, address))

    assert re.fullmatch(r"/mail/search/[0-9a-f-]{36}/", address)
    assert addresses
    assert not [one for one in addresses if "kangaroo" in one]


def test_a_hit_with_markup_in_it_stays_text(cast: Cast) -> None:
    deliver(letter("<b>bold</b> needle<script>", "needle <img src=x onerror=alert(1)>"), cast.amina)
    client = signed_in(cast.amina)
    shown = page(client, ask(client, "needle"))

    assert "&lt;b&gt;bold&lt;/b&gt; <mark>needle</mark>&lt;script&gt;" in shown
    assert "<img src=x" not in shown


@pytest.mark.parametrize("text", ["<script>", "onerror=alert", '"><img src=x>'])
def test_hostile_words_in_the_box_are_words(cast: Cast, text: str) -> None:
    deliver(letter("Subject <script> onerror=alert"), cast.amina)
    client = signed_in(cast.amina)
    shown = page(client, ask(client, text)) + page(client, "/mail/search/")

    assert "<script>" not in shown.replace("<script defer", "").replace('<script type="module"', "")
    assert "<img src=x>" not in shown


def test_an_empty_search_leads_to_the_form(cast: Cast) -> None:
    answer = signed_in(cast.amina).post("/mail/search/", {"q": "   "})

    assert "Search by form" in answer.content.decode()
    assert not RecentSearch.objects.exists()


def test_what_was_not_understood_is_said(cast: Cast) -> None:
    client = signed_in(cast.amina)
    shown = page(client, ask(client, "before:someday in:nowhere x"))

    assert "“before:someday” could not be understood" in shown
    assert "no folder or label “nowhere”" in shown


def test_nothing_is_said_only_of_what_was_searched_and_the_rest_is_offered(cast: Cast) -> None:
    message = deliver(letter("In the bin kangaroo"), cast.amina)[0]
    client = signed_in(cast.amina)
    act = f"/mail/{cast.amina.mailbox.pk}/act/"
    client.post(act, {"verb": "trash", "thread": message.thread_id, "folder": "inbox"})
    shown = page(client, ask(client, "kangaroo"))

    assert "Nothing found for “kangaroo”" in shown
    assert "besides spam and the bin" in shown
    everywhere = re.search(r'name="q" value="([^"]* in:anywhere)"', shown)
    assert everywhere is not None
    assert subjects(client, ask(client, everywhere[1])) == ["In the bin kangaroo"]


def test_results_come_fifty_at_a_time_and_each_conversation_once(cast: Cast) -> None:
    now = timezone.now()
    for number in range(60):
        deliver(letter(f"Kangaroo {number}"), cast.amina, at=now - timedelta(minutes=number))
    client = signed_in(cast.amina)
    here = address = ask(client, "kangaroo")
    seen: list[str] = []
    for _step in range(20):
        answer = client.get(address, headers=HTMX if address != here else {})
        outcome = answer.context["outcome"]
        seen += [one.row.subject for one in outcome.rows]
        assert outcome.state in ("running", "paused", "done")
        if not outcome.further:
            break
        address = f"{here}?{outcome.further}"

    assert seen == [f"Kangaroo {number}" for number in range(60)]
    assert outcome.found == 60
    assert "60 conversations found" in answer.content.decode()


def test_a_search_made_again_is_kept_once_and_sealed(cast: Cast) -> None:
    client = signed_in(cast.amina)
    first, again = ask(client, "งบ ๒๕๖๙"), ask(client, "งบ  2569")
    other = ask(client, "อื่น")

    assert first == again
    assert first != other
    assert [one.text for one in client.get("/mail/search/").context["recent"]] == ["อื่น", "งบ  2569"]
    for row in RecentSearch.objects.all():
        assert "งบ".encode() not in bytes(row.sealed_query)


def test_ten_searches_are_shown_and_no_more_than_thirty_kept(cast: Cast) -> None:
    client = signed_in(cast.amina)
    for number in range(35):
        ask(client, f"word{number}")

    shown = [one.text for one in client.get("/mail/search/").context["recent"]]
    assert shown == [f"word{number}" for number in range(34, 24, -1)]
    assert RecentSearch.objects.count() == 30


def test_searches_are_forgotten_one_by_one_or_all(cast: Cast) -> None:
    client = signed_in(cast.amina)
    gone, _kept = ask(client, "one"), ask(client, "two")
    client.post(f"{gone}forget/")
    assert client.get(gone).status_code == 404
    assert [one.text for one in client.get("/mail/search/").context["recent"]] == ["two"]

    client.post("/mail/search/forget/")
    assert not RecentSearch.objects.exists()


def test_nobody_else_has_anothers_search_and_nothing_is_forgotten_for_them(cast: Cast) -> None:
    address = ask(signed_in(cast.amina), "kangaroo")

    for person in (cast.bruno, cast.chiara, cast.hana):
        client = signed_in(person)
        assert client.get(address).status_code == 404
        assert client.post(f"{address}forget/").status_code == 404
        of = address.split("/")[3]
        assert client.get(f"/mail/search/form/?of={of}").status_code == 404
        client.post("/mail/search/forget/")
    assert RecentSearch.objects.count() == 1


def test_the_form_writes_operators_and_shows_them_again(cast: Cast) -> None:
    cast.amina.language = "th"
    cast.amina.save(update_fields=["language"])
    client = signed_in(cast.amina)
    fields = {
        "by_form": "yes",
        "sender": "สมชาย ใจดี",
        "subject": "งบ",
        "words": "แผน",
        "without": "ร่าง",
        "since": "๑ ม.ค. ๒๕๖๙",
        "until": "31/1/2569",
        "size": "5",
        "has_attachment": "yes",
        "place": "in:กล่องเข้า",
        "state": "unread",
    }
    address = str(client.post("/mail/search/", fields)["Location"])
    answer = client.get(address)
    written = answer.context["query"]
    form = client.get(f"/mail/search/form/?of={address.split('/')[3]}", headers=HTMX)
    filled = form.context["filter"]

    assert written == (
        'แผน จาก:"สมชาย ใจดี" เรื่อง:งบ -ร่าง มี:ไฟล์แนบ เป็น:ยังไม่อ่าน ใน:กล่องเข้า '
        "หลัง:1/1/2569 ก่อน:1/2/2569 ใหญ่กว่า:5MB"
    )
    assert answer.context["outcome"].problems == []
    assert (filled.sender, filled.subject, filled.words, filled.without) == (
        "สมชาย ใจดี",
        "งบ",
        "แผน",
        "ร่าง",
    )
    assert (filled.since, filled.until, filled.size) == ("1/1/2569", "31/1/2569", "5")
    assert (filled.has_attachment, filled.state, filled.place) == (True, "unread", "in:กล่องเข้า")


def test_the_box_suggests_searches_people_and_operators(cast: Cast) -> None:
    client = signed_in(cast.amina)
    ask(client, "kangaroo")
    first = client.post("/mail/search/suggest/", {"q": ""}, headers=HTMX).content.decode()
    person = client.post("/mail/search/suggest/", {"q": "plan from:bru"}, headers=HTMX)

    assert "kangaroo" in first
    assert 'data-insert="has:attachment"' in first
    assert 'data-insert="from:bruno@transport.example "' in person.content.decode()


def test_the_box_suggests_own_contacts_too(cast: Cast) -> None:
    contacts.keep(cast.amina.mailbox, Card("Dararat Sea", ("dara@else.example",)))
    client = signed_in(cast.amina)
    shown = client.post("/mail/search/suggest/", {"q": "darar"}, headers=HTMX).content.decode()

    assert 'data-insert="from:dara@else.example "' in shown


def test_chosen_results_can_be_archived_wherever_they_lie(cast: Cast) -> None:
    message = deliver(letter("Kangaroo"), cast.amina)[0]
    client = signed_in(cast.amina)
    act = f"/mail/{cast.amina.mailbox.pk}/act/"
    client.post(act, {"verb": "archive", "thread": message.thread_id, "folder": ""}, headers=HTMX)

    assert Message.objects.get(pk=message.pk).folder.kind == "archive"
    shown = page(client, ask(client, "kangaroo"))
    assert 'chip--quiet">Archived' in shown


def test_a_result_opens_beside_the_results_even_from_the_bin(cast: Cast) -> None:
    message = deliver(letter("Kangaroo"), cast.amina)[0]
    client = signed_in(cast.amina)
    act = f"/mail/{cast.amina.mailbox.pk}/act/"
    client.post(act, {"verb": "trash", "thread": message.thread_id, "folder": "inbox"})
    here = ask(client, "kangaroo in:anywhere")
    opened = f"{here}t/{message.thread_id}/"

    assert f'href="{opened}"' in page(client, here)
    assert f'hx-get="{here}"' in page(client, opened)
    assert signed_in(cast.chiara).get(opened).status_code == 404


def test_the_list_comes_alone_when_a_letter_page_asks_for_it(cast: Cast) -> None:
    deliver(letter("Kangaroo"), cast.amina)
    client = signed_in(cast.amina)
    answer = client.get(ask(client, "kangaroo"), headers=HTMX).content.decode()

    assert "<html" not in answer
    assert 'id="list"' in answer


def test_a_count_of_thousands_of_figures_in_an_address_is_none(cast: Cast) -> None:
    client = signed_in(cast.amina)
    address = ask(client, "needle")
    assert client.get(address, {"found": "9" * 5_000}).status_code == 200
