"""Every statement of a page, and of filing a letter, reads one partition of each table.

The tests have two (`tests.engines`); each statement is explained before it runs.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from mailbox.filing.deleting import delete_messages
from mailbox.models import (
    Draft,
    Folder,
    InvitationAnswer,
    Mailbox,
    MailReport,
    Message,
    Placement,
    Submission,
    UnfoldedSignature,
)
from mailbox.opening import mailbox_key
from mailbox.reading import labels, sorting
from mailbox.reading.cursors import Cursor
from mailbox.reading.deeds import changes, snoozing
from tests.cast import Cast, signed_in
from tests.mailbox.models.plans import spread
from tests.mailbox.post import file_raw, folder_of, raw_letter
from tests.mailbox.web.post import deliver, letter

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def threads(cast: Cast, box: Mailbox) -> list[UUID]:
    """Four conversations of Amina's, and some of others."""
    now = timezone.now()
    deliver(letter("Elsewhere"), cast.bruno, at=now)
    deliver(letter("Elsewhere"), cast.chiara, at=now)
    return [
        deliver(letter(f"Letter {n} kangaroo"), cast.amina, at=now - n * DAY)[0].thread_id
        for n in range(4)
    ]


@pytest.fixture
def label(box: Mailbox, threads: list[UUID]) -> labels.Label:
    label = labels.create(box, "Budget", mailbox_key(box))
    labels.put(box, threads[:2], label)
    return label


def read(client: Client, *addresses: str) -> list[str]:
    with spread() as found:
        for address in addresses:
            assert client.get(address).status_code == 200
    return found


def test_lists_read_one_partition(
    cast: Cast, box: Mailbox, threads: list[UUID], label: labels.Label
) -> None:
    sorting.star(box, threads[:1])
    below = str(Cursor(timezone.now() - DAY / 2, threads[0]))
    lists = [f"/mail/{box.pk}/{one}/" for one in ("inbox", "starred", "all", f"label/{label.pk}")]

    found = read(signed_in(cast.amina), *lists, *(f"{one}?before={below}" for one in lists))

    assert found == []


def test_what_sleeps_reads_one_partition(cast: Cast, box: Mailbox, threads: list[UUID]) -> None:
    now = timezone.now()
    with spread() as found:
        change = snoozing.snooze(folder_of(box, "inbox"), threads[:2], until=now + DAY, now=now)
        assert signed_in(cast.amina).get(f"/mail/{box.pk}/snoozed/").status_code == 200
        snoozing.wake(box, threads[:1], now=now)
        changes.undo(box, change)

    assert found == []


def test_an_open_conversation_reads_one_partition(
    cast: Cast, box: Mailbox, threads: list[UUID], label: labels.Label
) -> None:
    client = signed_in(cast.amina)

    assert read(client, f"/mail/{box.pk}/inbox/t/{threads[0]}/") == []


def test_a_search_reads_one_partition(
    cast: Cast, box: Mailbox, threads: list[UUID], label: labels.Label
) -> None:
    client = signed_in(cast.amina)
    # "x OR is:muted" is left out: there the mailbox of the conversation cannot narrow anything.
    queries = ("kangaroo", "kangaroo is:unread", "is:muted", "label:budget", "-label:budget letter")
    for query in queries:
        address = client.post("/mail/search/", {"q": query})["Location"]

        assert read(client, address) == [], query


def test_verbs_and_their_undoing_read_one_partition(box: Mailbox, threads: list[UUID]) -> None:
    now, inbox = timezone.now(), folder_of(box, "inbox")
    with spread() as found:
        done = [
            sorting.mark_read(inbox, threads),
            sorting.mark_read(box, threads, read=False),
            sorting.star(inbox, threads),
            sorting.mute(inbox, threads[:1], now=now),
            sorting.archive(inbox, threads, now=now),
            sorting.trash(box, threads, now=now),
            sorting.restore(box, threads),
        ]
        for change in reversed(done):
            changes.undo(box, change)

    assert found == []


def test_filing_a_letter_reads_one_partition(box: Mailbox) -> None:
    names = ("1@x.example", "2@x.example")
    with spread() as found:
        for name in names:
            file_raw(raw_letter(name, name=name), [box])
        file_raw(raw_letter(name="3@x.example", references=" ".join(names)), [box])
        file_raw(raw_letter(name="3@x.example", references=" ".join(names)), [box])

    assert found == []
    assert Message.objects.filter(mailbox=box).values("thread").distinct().count() == 1


def test_deleting_for_ever_reads_one_partition(box: Mailbox, threads: list[UUID]) -> None:
    kept = Folder.objects.get(mailbox=box, kind=Folder.Kind.INBOX)
    pks = list(Message.objects.filter(mailbox=box).values_list("pk", flat=True)[:3])
    with spread() as found:
        assert delete_messages(pks, [box.pk]) == 3

    assert found == []
    fields = Message._meta.get_fields(include_hidden=True)
    hanging = {one.related_model for one in fields if one.auto_created and not one.concrete}
    assert hanging == {
        Placement,
        UnfoldedSignature,
        Draft,
        Submission,
        MailReport,
        InvitationAnswer,
    }
    kept.refresh_from_db()
    assert kept.conversation_count == 1
