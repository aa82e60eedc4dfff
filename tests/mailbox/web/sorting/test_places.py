"""Lists beyond folders: what they show, what they cost, and to whom they do not exist."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from mailbox.filing.placements import place
from mailbox.models import Label, Message, Thread
from mailbox.opening import mailbox_key
from mailbox.reading import labels, listing, sorting
from mailbox.reading.deeds import snoozing
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, keep_in_sent, letter

pytestmark = pytest.mark.django_db


def at(person: Account, where: str) -> str:
    return f"/mail/{person.mailbox.pk}/{where}/"


def subjects(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [row.subject for group in answer.context["page"].groups for row in group.rows]


def fill(person: Account, count: int) -> list[UUID]:
    now = timezone.now()
    return [
        deliver(letter(f"Letter {number}"), person, at=now - timedelta(minutes=number))[0].thread_id
        for number in range(count)
    ]


def labelled(person: Account, threads: list[UUID], name: str = "Budget") -> Label:
    box = person.mailbox
    label = labels.create(box, name, mailbox_key(box))
    labels.put(box, threads, label)
    return label


def test_starred_letters_stand_together_whatever_folder_they_lie_in(cast: Cast) -> None:
    box = cast.amina.mailbox
    threads = fill(cast.amina, 4)
    sorting.star(box, threads[:3])
    sorting.archive(box, threads[:1], now=timezone.now())
    sorting.trash(box, threads[1:2], now=timezone.now())

    assert subjects(signed_in(cast.amina), at(cast.amina, "starred")) == ["Letter 0", "Letter 2"]


def test_all_mail_shows_each_conversation_once_without_bin_and_spam(cast: Cast) -> None:
    box = cast.amina.mailbox
    threads = fill(cast.amina, 4)
    first = letter("Letter 9")
    mine = letter("Re: Letter 9", answers=str(first["Message-ID"]))
    deliver(first, cast.amina, at=timezone.now() - timedelta(hours=1))
    keep_in_sent(mine, cast.amina, at=timezone.now() + timedelta(minutes=1))
    sorting.spam(box, threads[:1], now=timezone.now())
    sorting.trash(box, threads[1:2], now=timezone.now())
    client = signed_in(cast.amina)

    shown = subjects(client, at(cast.amina, "all"))
    assert shown == ["Re: Letter 9", "Letter 2", "Letter 3"]
    row = client.get(at(cast.amina, "all")).context["page"].groups[0].rows[0]
    assert row.count == 2


def test_a_label_has_a_list_a_line_of_the_rail_and_a_chip(cast: Cast) -> None:
    threads = fill(cast.amina, 3)
    label = labelled(cast.amina, threads[:2], "งบประมาณ 2552")
    client = signed_in(cast.amina)

    assert subjects(client, at(cast.amina, f"label/{label.pk}")) == ["Letter 0", "Letter 1"]
    page = client.get("/").content.decode()
    assert page.count("chip--label") == 2
    assert f'href="{at(cast.amina, f"label/{label.pk}")}"' in page


@pytest.mark.parametrize("where", ["starred", "all", "label"])
def test_pages_follow_each_other_and_cost_the_same_however_long_the_list(
    cast: Cast, where: str
) -> None:
    threads = fill(cast.amina, 60)
    box = cast.amina.mailbox
    sorting.star(box, threads)
    label = labelled(cast.amina, threads)
    address = at(cast.amina, f"label/{label.pk}" if where == "label" else where)
    client = signed_in(cast.amina)
    client.get(address)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    few = queries()
    more = fill(cast.amina, 120)
    sorting.star(box, more)
    labels.put(box, more, label)
    assert queries() == few
    assert few <= 11

    seen: list[str] = []
    following = address
    while following:
        answer = client.get(following)
        page = answer.context["page"]
        seen += [row.thread for group in page.groups for row in group.rows]
        following = f"{address}?before={page.older}" if page.older else ""
    assert len(seen) == len(set(seen)) == 180


def test_a_row_shows_two_labels_and_how_many_more(cast: Cast) -> None:
    threads = fill(cast.amina, 1)
    for name in ("One", "Two", "Three", "Four"):
        labelled(cast.amina, threads, name)
    page = signed_in(cast.amina).get("/").content.decode()
    assert page.count("chip--label") == 2
    assert ">+2<" in page


def test_an_inbox_with_labels_costs_ten_queries_at_most(cast: Cast) -> None:
    threads = fill(cast.amina, 55)
    for number in range(5):
        labelled(cast.amina, threads[number::5], f"Label {number}")
    client = signed_in(cast.amina)
    client.get("/")
    with CaptureQueriesContext(connection) as captured:
        client.get(at(cast.amina, "inbox"))
    assert len(captured) <= 10
    assert not [one for one in captured if "COUNT(" in one["sql"] or "OFFSET" in one["sql"]]


def test_the_snoozed_list_says_until_when_and_the_rail_how_many(cast: Cast) -> None:
    threads = fill(cast.amina, 2)
    now = timezone.now()
    until = now + timedelta(days=1)
    snoozing.snooze(cast.amina.mailbox, threads[:1], until=until, now=now)
    client = signed_in(cast.amina)
    answer = client.get(at(cast.amina, "snoozed"))

    (row,) = answer.context["page"].groups[0].rows
    assert row.until
    assert row.until in answer.content.decode()
    entry = next(one for one in answer.context["shell"].entries if one.slug == "snoozed")
    assert (entry.number, entry.unread) == (1, 0)
    assert "row__until" not in client.get("/").content.decode()


def test_urgent_mail_can_be_seen_alone(cast: Cast) -> None:
    threads = fill(cast.amina, 3)
    Message.objects.filter(thread=threads[1]).update(urgency=2)
    place(threads, [cast.amina.mailbox.pk])
    client = signed_in(cast.amina)

    assert subjects(client, f"{at(cast.amina, 'inbox')}?show=urgent") == ["Letter 1"]
    assert client.get(f"{at(cast.amina, 'all')}?show=unread").status_code == 404


def test_a_letter_opens_beside_every_list(cast: Cast) -> None:
    (thread,) = fill(cast.amina, 1)
    label = labelled(cast.amina, [thread])
    client = signed_in(cast.amina)
    for where in ("starred", "all", f"label/{label.pk}"):
        page = client.get(f"{at(cast.amina, where)}t/{thread}/")
        assert page.status_code == 200
        assert f'href="{at(cast.amina, where)}"' in page.content.decode()
    assert Message.objects.get(thread=thread).is_read


def test_rows_can_be_made_of_any_messages(cast: Cast) -> None:
    threads = fill(cast.amina, 3)
    label = labelled(cast.amina, threads[:1])
    box = cast.amina.mailbox
    key = mailbox_key(box)
    view = listing.View(key, listing.Manner("en"), timezone.now(), labels.labels_of(box, key))
    found = list(Message.objects.filter(mailbox=box).order_by("-received_at"))
    with CaptureQueriesContext(connection) as captured:
        rows = listing.rows_of(found, view)

    assert [row.subject for row in rows] == ["Letter 0", "Letter 1", "Letter 2"]
    assert [one.id for one in rows[0].labels] == [label.pk]
    assert len(captured) == 3


def test_lists_and_labels_of_others_do_not_exist(cast: Cast) -> None:
    threads = fill(cast.amina, 1)
    label = labelled(cast.amina, threads)
    hers = fill(cast.chiara, 1)
    client = signed_in(cast.chiara)
    for where in ("starred", "all", f"label/{label.pk}"):
        assert client.get(at(cast.amina, where)).status_code == 404
    assert client.get(at(cast.chiara, f"label/{label.pk}")).status_code == 404
    assert client.get(f"{at(cast.chiara, 'all')}t/{threads[0]}/").status_code == 404
    assert Thread.objects.filter(pk=hers[0]).exists()
