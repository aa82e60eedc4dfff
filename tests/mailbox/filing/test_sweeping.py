from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from mailbox import storage
from mailbox.filing.sweeping import delete_orphans, empty_trash, sweep
from mailbox.models import Arrival, Content, Folder, Mailbox, Message, Thread
from mailbox.reading import sorting
from tests.cast import Cast
from tests.mailbox.post import MORNING, counts, file_raw, folder_of, later, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


def test_the_bin_is_emptied_after_thirty_days_and_not_before(amina: Mailbox) -> None:
    file_raw(raw_letter("ก"), [amina])
    file_raw(raw_letter("ข", name="1@x.example"), [amina])
    file_raw(raw_letter("ค", answers="1@x.example"), [amina], at=later(1))
    inbox, two = folder_of(amina, "inbox"), Thread.objects.filter(references__isnull=False)
    sorting.trash(inbox, [two.latest("latest_at").pk], now=MORNING)

    assert empty_trash(MORNING + timedelta(days=29)) == 0
    assert counts(amina) == {"inbox": (1, 1), "trash": (1, 1)}
    assert empty_trash(MORNING + timedelta(days=31)) == 2
    assert counts(amina) == {"inbox": (1, 1)}
    amina.refresh_from_db()
    assert amina.used_bytes == Message.objects.get().size
    assert Thread.objects.count() == 1


def test_held_mail_is_said_again_every_hour(
    amina: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    now = timezone.now()
    sweep(now)
    assert "held" not in caplog.text
    Arrival(
        mailbox_ids=[amina.pk],
        ingest_key_id="k",
        sealed_key=b"",
        sealed_envelope=b"",
        size=1,
        received_at=now,
        due_at=None,
        held_at=now - timedelta(hours=5, minutes=10),
        held_reason="timeout",
    ).insert()
    sweep(now)
    assert "1 arrivals are held, the oldest for 5 h" in caplog.text


def test_a_content_goes_when_its_last_message_is_gone(amina: Mailbox, cast: Cast) -> None:
    file_raw(raw_letter(body="x" * 200_000), [amina, cast.mailbox_of(cast.bruno)])
    for box in (amina, cast.mailbox_of(cast.bruno)):
        sorting.trash(
            folder_of(box, "inbox"), Thread.objects.values_list("pk", flat=True), now=MORNING
        )
    one = Message.objects.filter(mailbox=amina)
    one.update(trashed_at=MORNING + timedelta(days=60))
    now = timezone.now() + timedelta(hours=2)
    Message.objects.exclude(mailbox=amina).update(trashed_at=now - timedelta(days=31))
    one.update(trashed_at=now)
    sweep(now)
    assert (Message.objects.count(), Content.objects.count()) == (1, 1)

    sweep(now + timedelta(days=31))
    assert (Message.objects.count(), Content.objects.count()) == (0, 0)
    assert counts(amina) == {}


def test_orphans_go_after_a_day_and_named_files_stay(amina: Mailbox) -> None:
    noise = os.urandom(150_000).hex()
    file_raw(raw_letter(body=noise), [amina])
    named = Content.objects.get().file
    orphan = storage.keep(os.urandom(70_000)).file
    assert named and orphan
    now = timezone.now()

    def all_day(day: timedelta) -> int:
        return sum(delete_orphans(now + day + timedelta(hours=hour)) for hour in range(24))

    assert all_day(-timedelta(days=1)) == 0
    for name in (named, orphan):
        path = Path(storages["content"].path(name))
        os.utime(path, times=(now.timestamp() - 200_000,) * 2)
    assert all_day(timedelta()) >= 1
    assert storages["content"].exists(named)
    assert not storages["content"].exists(orphan)


def test_a_folder_keeps_its_counters_when_half_a_conversation_goes(amina: Mailbox) -> None:
    file_raw(raw_letter("ก", name="1@x.example"), [amina])
    file_raw(raw_letter("ข", answers="1@x.example"), [amina], at=later(1))
    first = Message.objects.earliest("received_at")
    Message.objects.filter(pk=first.pk).update(trashed_at=MORNING)
    assert empty_trash(MORNING + timedelta(days=31)) == 1
    assert counts(amina) == {Folder.Kind.INBOX: (1, 1)}
