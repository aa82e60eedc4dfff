"""Mail of an earlier release, after the migration that fills what is derived from it."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

import pytest
from django.db import connection

from mailbox.models import Delivery, Folder, Mailbox, Message, Placement, Submission, Thread
from mailbox.outbound.relay import relay
from mailbox.outbound.submission import send
from mailbox.reading import sorting
from tests.cast import Cast
from tests.fakes import FakeGateway
from tests.mailbox.outbound.conftest import in_english, now, write
from tests.mailbox.post import MORNING, file_raw, folder_of, later, raw_letter

__all__ = ["in_english", "now", "write"]
pytestmark = pytest.mark.django_db


def migrated() -> None:
    filled = import_module("mailbox.migrations.0003_existing_mail")
    with connection.cursor() as cursor:
        for statement in filled.STATEMENTS:
            cursor.execute(statement)


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def test_old_stars_bins_and_urgency_come_onto_their_lists(amina: Mailbox) -> None:
    urgent = raw_letter("ด่วน", name="1@x.example").replace(b"Date:", b"X-Priority: 1\r\nDate:", 1)
    file_raw(urgent, [amina])
    file_raw(raw_letter("ขยะ", name="2@x.example"), [amina], at=later(5))
    starred, thrown = Message.objects.order_by("received_at")
    Message.objects.filter(pk=starred.pk).update(urgency=2)
    inbox = folder_of(amina, "inbox")
    sorting.star(inbox, [starred.thread_id])
    sorting.trash(inbox, [thrown.thread_id], now=MORNING)
    Thread.objects.update(is_starred=False, is_listed=True)
    Placement.objects.update(urgency=0)

    migrated()

    first, second = Thread.objects.order_by("latest_at")
    assert (first.pk, first.is_starred, first.is_listed) == (starred.thread_id, True, True)
    assert (second.is_starred, second.is_listed) == (False, False)
    assert Placement.objects.get(thread=first).urgency == 2


def test_old_letters_of_colleagues_are_vouched_for_and_those_from_outside_are_not(
    cast: Cast, write: object, now: datetime, amina: Mailbox
) -> None:
    draft = write(to=["bruno@transport.example", "emil@else.example"])  # type: ignore[operator]
    sent = send(draft, by=cast.amina, now=now, undo_seconds=0)
    relay(sent, gateways=lambda _: [FakeGateway()], now=now)
    file_raw(raw_letter("จากข้างนอก"), [amina])
    Message.objects.update(origin=Message.Origin.LMTP)
    Submission.objects.update(tally={}, has_failed=True)

    migrated()

    origins = set(Message.objects.values_list("mailbox", "is_own", "origin"))
    bruno = cast.mailbox_of(cast.bruno).pk
    assert origins == {
        (amina.pk, True, "portal"),
        (bruno, False, "portal"),
        (amina.pk, False, "lmtp"),
    }
    sent.refresh_from_db()
    assert sent.tally == {Delivery.State.FILED.value: 1, Delivery.State.RELAYED.value: 1}
    assert not sent.has_failed


def test_every_mailbox_has_the_folder_snoozed_once(amina: Mailbox) -> None:
    Folder.objects.filter(mailbox=amina, kind="snoozed").delete()
    migrated()
    migrated()
    assert Folder.objects.filter(mailbox=amina, kind="snoozed").count() == 1
