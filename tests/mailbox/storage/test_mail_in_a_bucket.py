"""A large letter from the door to its reader, with its content in a bucket all the way."""

from __future__ import annotations

import os
from base64 import encodebytes
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from mailbox import opening, storage, tasks
from mailbox.errors import ContentAway
from mailbox.filing.contents import delete_contents, store_content
from mailbox.filing.sweeping import delete_orphans, sweep
from mailbox.inbound.arrivals import take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Content, Mailbox, Message
from mailbox.reading import sorting
from mailbox.sealing.content import new_key
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.bucket import environment, kept_in, new_bucket
from tests.cast import Cast
from tests.mailbox.door import Caller, running
from tests.mailbox.post import folder_of
from tests.mailbox.postfix import mta

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "กวางผา-canary-goral"


@pytest.fixture
def bucket() -> str:
    return new_bucket()


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadingProcess]:
    process = ReadingProcess(settings.PARSE_SECONDS, settings.PARSE_MEMORY)
    monkeypatch.setattr(tasks, "reading_process", lambda: process)
    yield process
    process.close()


def letter(noise: bytes) -> bytes:
    """A letter that is large however it is compressed."""
    head = f"From: dara@elsewhere.example\r\nSubject: x\r\nMessage-ID: <{CANARY[-5:]}@x>\r\n"
    head += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    body = f"{CANARY}\r\n".encode() + encodebytes(noise).replace(b"\n", b"\r\n")
    return head.encode() + body


def names() -> list[str]:
    return [one.name for page in storage.content_storage().listing() for one in page]


def offered(port: int, raw: bytes) -> str:
    caller = Caller(port)
    try:
        caller.hello()
        return caller.deliver(raw, "amina@transport.example")[0]
    finally:
        caller.close()


def test_a_letter_goes_from_the_door_to_its_reader_and_out_of_the_bin(
    bucket: str,
    amina: Mailbox,
    reader: ReadingProcess,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
) -> None:
    raw = letter(os.urandom(200_000))
    with kept_in(bucket), running(key_set["lmtp"], tmp_path, **environment(bucket)) as lmtpd:
        assert offered(lmtpd.port, raw).startswith("250")
        arrival = Arrival.objects.get()
        assert names() == [arrival.file]
        with using(key_set["worker"]):
            tasks.file_arrivals([str(arrival.pk)])
        assert not Arrival.objects.exists()
        # The arrival's file has gone with it; what is left is what rows name.
        message = Message.objects.select_related("content").get()
        assert message.content.file in names() and arrival.file not in names()
        with using(key_set["web"]):
            rendition = opening.open_rendition(message, opening.mailbox_key(amina))
        assert CANARY in rendition.text
        for name in names():
            assert CANARY.encode() not in storage.content_storage().read_whole(name)

        now = timezone.now() + timedelta(hours=2)
        sorting.trash(folder_of(amina, "inbox"), [message.thread_id], now=now)
        sweep(now + timedelta(days=31))
        assert not Content.objects.exists() and names() == []


def test_while_the_bucket_is_away_the_door_says_later_and_takes_what_is_small(
    amina: Mailbox, key_set: dict[Role, StoredKeyring], tmp_path: Path
) -> None:
    away = {"S3_ENDPOINT": f"http://127.0.0.1:{mta.free_port()}"}
    changes = environment("content-x") | away
    with running(key_set["lmtp"], tmp_path, **changes) as lmtpd:
        assert offered(lmtpd.port, letter(os.urandom(200_000))).startswith("451")
        assert not Arrival.objects.exists()
        assert offered(lmtpd.port, letter(b"")).startswith("250")


def test_while_the_bucket_is_away_a_worker_puts_off_and_nothing_is_lost(
    bucket: str, amina: Mailbox, reader: ReadingProcess
) -> None:
    raw = letter(os.urandom(200_000))
    with kept_in(bucket):
        given = {"sender": "d@x.example", "recipients": ["amina@transport.example"]}
        now = timezone.now()
        take_in(raw, mailboxes=[amina.pk], now=now, nudge=lambda _: None, **given)
    arrival = Arrival.objects.get()
    with kept_in(bucket, f"http://127.0.0.1:{mta.free_port()}"):
        tasks.file_arrivals([str(arrival.pk)])
    arrival.refresh_from_db()
    assert arrival.due_at is not None and arrival.due_at > timezone.now()
    assert (arrival.attempts, arrival.held_at) == (0, None)
    Arrival.objects.update(due_at=now)
    with kept_in(bucket):
        tasks.file_arrivals([str(arrival.pk)])
    assert Message.objects.count() == 1 and not Arrival.objects.exists()


def test_orphans_in_a_bucket_go_after_a_day(bucket: str, cast: Cast) -> None:
    now = timezone.now()
    with kept_in(bucket):
        name = storage.keep(os.urandom(70_000)).file
        now = now.replace(hour=int(name[:2], 16) % 24)
        assert delete_orphans(now) == 0 and names() == [name]
        assert delete_orphans(now + timedelta(days=2)) == 1 and names() == []


def test_a_content_whose_file_cannot_be_deleted_goes_all_the_same(
    bucket: str, amina: Mailbox
) -> None:
    with kept_in(bucket):
        contents = [store_content(os.urandom(80_000), new_key(), uuid4()) for _ in range(3)]
    with kept_in(bucket, f"http://127.0.0.1:{mta.free_port()}"):
        assert delete_contents(contents) == 3
        with pytest.raises(ContentAway):
            storage.load(None, contents[0].file)
    with kept_in(bucket):
        assert len(names()) == 3  # orphans, for the sweep
    assert not Content.objects.exists()
