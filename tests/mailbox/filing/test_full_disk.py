"""A disk that is full in the middle: a clear refusal, and nothing lies there half-written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from django.conf import settings as configured
from django.utils import timezone, translation

from mailbox import tasks
from mailbox.errors import NoRoomLeft
from mailbox.inbound.arrivals import take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Content, Draft, DraftAttachment, Message, SearchText
from mailbox.outbound import drafting
from mailbox.outbound.composing import uploads
from mailbox.outbound.enclosures import attach
from mailbox.storage import DurableFileStorage
from tests.cast import Cast
from tests.mailbox.post import raw_letter

pytestmark = pytest.mark.django_db

FillUp = Callable[[int], None]


@pytest.fixture
def disk(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "content"
    content = {
        "BACKEND": "mailbox.storage.DurableFileStorage",
        "OPTIONS": {"location": str(folder)},
    }
    settings.STORAGES = {**settings.STORAGES, "content": content}
    return folder


@pytest.fixture
def room_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[FillUp]:
    """Let so many more files be written whole, and each after them by half."""
    real = os.fsync
    with monkeypatch.context() as patch:

        def fill_up(most: int) -> None:
            left = [most]
            save = DurableFileStorage._save

            def sync(descriptor: int) -> None:
                if left[0] < 0 and not Path(f"/proc/self/fd/{descriptor}").is_dir():
                    raise OSError(errno.ENOSPC, "No space left on device")
                real(descriptor)

            def counted(self: DurableFileStorage, name: str, content: IO[Any]) -> str:
                left[0] -= 1
                return save(self, name, content)

            patch.setattr(os, "fsync", sync)
            patch.setattr(DurableFileStorage, "_save", counted)

        yield fill_up


def files(disk: Path) -> list[Path]:
    return [each for each in disk.rglob("*") if each.is_file()]


@pytest.fixture
def draft(cast: Cast) -> Draft:
    return drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=timezone.now())


@pytest.mark.parametrize("most", [0, 1])
def test_a_letter_for_which_there_is_no_room_waits_and_leaves_nothing_of_itself(
    disk: Path,
    cast: Cast,
    room_for: FillUp,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    """Its content is a file, and so are its words: the second may find no room."""
    reader = ReadingProcess(configured.PARSE_SECONDS, configured.PARSE_MEMORY)
    monkeypatch.setattr(tasks, "reading_process", lambda: reader)
    box, now = cast.mailbox_of(cast.amina), timezone.now()
    raw = raw_letter(body="\r\n".join(os.urandom(30).hex() for _ in range(4_000)))
    given = {"sender": "", "recipients": ["amina@transport.example"], "mailboxes": [box.pk]}
    arrival = take_in(raw, now=now, nudge=lambda _: None, **given)
    before = files(disk)
    room_for(most)
    tasks.file_arrivals([str(arrival.pk)])
    arrival.refresh_from_db()
    assert arrival.attempts == 0 and arrival.due_at is not None and arrival.due_at > now
    assert files(disk) == before
    assert not Content.objects.exists() and not SearchText.objects.exists()
    room_for(1_000)
    Arrival.objects.update(due_at=now)
    tasks.file_arrivals([str(arrival.pk)])
    reader.close()
    assert Message.objects.count() == 1 and not Arrival.objects.exists()
    assert SearchText.objects.get().file


def test_a_file_for_which_there_is_no_room_is_refused_with_a_sentence_and_the_draft_is_safe(
    disk: Path, draft: Draft, room_for: FillUp
) -> None:
    room_for(0)
    with translation.override("en"), pytest.raises(NoRoomLeft) as raised:
        attach(draft, name="a.bin", type="", data=os.urandom(100_000))
    assert raised.value.status == 507 and "no room" in str(raised.value)
    assert files(disk) == [] and not DraftAttachment.objects.exists()
    # What needs no file is kept.
    attach(draft, name="b.txt", type="text/plain", data=b"x")
    assert DraftAttachment.objects.count() == 1


def test_a_piece_for_which_there_is_no_room_may_be_sent_again(
    disk: Path, draft: Draft, room_for: FillUp
) -> None:
    upload = uploads.begin(draft, name="a.bin", type="", size=200_000)
    data = os.urandom(100_000)
    room_for(0)
    with pytest.raises(NoRoomLeft):
        uploads.put(draft, upload.pk, start=0, data=data)
    assert uploads.received(draft, upload.pk) == 0 and files(disk) == []
    room_for(1_000)
    assert uploads.put(draft, upload.pk, start=0, data=data) == 100_000
