from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone

from mailbox import opening, tasks
from mailbox.errors import KeyMissing
from mailbox.inbound.arrivals import file_arrival, put_off, release, take_in
from mailbox.mime.reading_process import ReadingFailed, ReadingProcess
from mailbox.models import Arrival, Mailbox, Message, RetiredKey
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests.cast import Cast
from tests.mailbox.post import counts, raw_letter

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(cast: Cast) -> Mailbox:
    return cast.mailbox_of(cast.amina)


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    reader = ReadingProcess(seconds=30)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def hasty() -> Iterator[ReadingProcess]:
    """A reader that gives every message less time than starting takes: all of them are poison."""
    reader = ReadingProcess(seconds=0.0001)
    yield reader
    reader.close()


def arrive(*boxes: Mailbox, raw: bytes | None = None) -> Arrival:
    return take_in(
        raw or raw_letter(),
        sender="dara@elsewhere.example",
        mailboxes=[box.pk for box in boxes],
        recipients=["amina@transport.example"],
        now=timezone.now(),
        nudge=lambda _: None,
    )


@pytest.mark.parametrize("noise", [0, 200_000])
def test_an_arrival_becomes_a_message_and_is_gone(
    amina: Mailbox, reader: ReadingProcess, noise: int, django_capture_on_commit_callbacks: object
) -> None:
    arrival = arrive(amina, raw=raw_letter("ด่วน", body=os.urandom(noise).hex() + "จบ"))
    assert bool(arrival.file) == bool(noise)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture
        assert file_arrival(arrival, reader=reader, now=timezone.now())

    assert not Arrival.objects.exists()
    assert not arrival.file or not storages["content"].exists(arrival.file)
    message = Message.objects.get()
    assert message.received_at == arrival.received_at
    rendition = opening.open_rendition(message, opening.mailbox_key(amina))
    assert rendition.subject == "ด่วน" and rendition.text.strip().endswith("จบ")


def test_the_row_is_written_with_every_column_as_save_would(amina: Mailbox) -> None:
    names = [field.attname for field in Arrival._meta.concrete_fields]
    now = timezone.now()
    given = {
        "mailbox_ids": [amina.pk],
        "returned_to": uuid4(),
        "test_letter": 2**40,
        "ingest_key_id": "key",
        "sealed_key": b"\0key",
        "sealed_envelope": b"\xffenvelope",
        "size": 2**40,
        "row": b"\\x00",
        "file": "aa/bb",
        "received_at": now,
        "due_at": None,
        "attempts": 7,
        "held_at": now,
        "held_reason": "timeout",
    }
    assert set(names) == {"id", *given}
    Arrival(**given).insert()
    row = Arrival.objects.values(*given).get()
    assert {name: bytes(v) if isinstance(v, memoryview) else v for name, v in row.items()} == given
    Arrival(**{**given, "row": None, "returned_to": None, "test_letter": None}).insert()
    assert Arrival.objects.filter(row=None, returned_to=None, test_letter=None).exists()


def test_a_claimed_arrival_is_left_to_its_worker(amina: Mailbox, reader: ReadingProcess) -> None:
    arrival, now = arrive(amina), timezone.now()
    assert Arrival.objects.get().claim(now, now + settings.FILING_LEASE)
    assert not file_arrival(arrival, reader=reader, now=now)
    # That worker died: the arrival falls due again by itself.
    late = now + settings.FILING_LEASE + timedelta(seconds=1)
    assert file_arrival(Arrival.objects.get(), reader=reader, now=late)
    assert counts(amina) == {"inbox": (1, 1)}


def test_the_same_message_taken_in_twice_is_filed_once(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    raw = raw_letter()
    for arrival in (arrive(amina, raw=raw), arrive(amina, raw=raw)):
        assert file_arrival(arrival, reader=reader, now=timezone.now())
    assert not Arrival.objects.exists()
    assert counts(amina) == {"inbox": (1, 1)}


def fail_until_held(arrival: Arrival, hasty: ReadingProcess) -> datetime:
    now = timezone.now()
    for _ in range(settings.FILING_ATTEMPTS):
        assert file_arrival(Arrival.objects.get(pk=arrival.pk), reader=hasty, now=now)
        now += timedelta(hours=1)
    return now


def test_what_cannot_be_read_is_held_and_kept_and_tried_again_at_a_wish(
    amina: Mailbox, reader: ReadingProcess, hasty: ReadingProcess
) -> None:
    arrival = arrive(amina)
    now = fail_until_held(arrival, hasty)
    held = Arrival.objects.held().get()
    assert (held.due_at, held.held_reason) == (None, "timeout")
    assert not Arrival.objects.due(now + timedelta(days=9)).exists()

    release(held, now=now)
    assert file_arrival(Arrival.objects.get(), reader=reader, now=now)
    assert counts(amina) == {"inbox": (1, 1)}


def test_a_worker_that_dies_each_time_does_not_go_on_for_ever(
    amina: Mailbox, reader: ReadingProcess
) -> None:
    arrival = arrive(amina)
    Arrival.objects.update(attempts=settings.FILING_ATTEMPTS)
    assert file_arrival(Arrival.objects.get(pk=arrival.pk), reader=reader, now=timezone.now())
    assert Arrival.objects.held().get().held_reason == "WorkerLost"


@pytest.mark.parametrize("failure", [KeyMissing(), OperationalError(), OSError(28, "full")])
def test_what_is_away_is_waited_for(amina: Mailbox, failure: Exception) -> None:
    arrival, now = arrive(amina), timezone.now()
    arrival.attempts = 99
    put_off(arrival, failure, now=now)
    waiting = Arrival.objects.get()
    assert waiting.held_at is None and waiting.due_at == now + timedelta(minutes=5)


def test_a_worker_with_keys_of_yesterday_keeps_letters_waiting_for_one_that_has_todays(
    amina: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    arrival, now = arrive(amina), timezone.now()
    RetiredKey.objects.create(pk=arrival.ingest_key_id, retired_at=now)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        arrive(amina)
    arrival.attempts = 99
    put_off(arrival, refused.value, now=now)
    waiting = Arrival.objects.get()
    assert waiting.held_at is None and waiting.due_at == now + timedelta(minutes=5)
    assert "retired keys" in caplog.text


def test_a_lost_file_is_held_and_not_waited_for(amina: Mailbox) -> None:
    arrival = arrive(amina)
    arrival.attempts = settings.FILING_ATTEMPTS
    put_off(arrival, FileNotFoundError(), now=timezone.now())
    assert Arrival.objects.held().get().held_reason == "FileNotFoundError"


def test_without_a_key_nothing_is_kept_in_clear(
    amina: Mailbox, key_set: dict[Role, StoredKeyring]
) -> None:
    with using(StoredKeyring(active={})), pytest.raises(KeyMissing):
        arrive(amina)
    assert not Arrival.objects.exists()


def test_the_reason_never_quotes_the_message(amina: Mailbox) -> None:
    arrival = arrive(amina)
    arrival.attempts = settings.FILING_ATTEMPTS
    put_off(arrival, ValueError("canary subject"), now=timezone.now())
    assert Arrival.objects.held().get().held_reason == "ValueError"


@pytest.mark.django_db(transaction=True)
def test_the_task_files_the_others_when_one_breaks(
    amina: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, broken, last = arrive(amina), arrive(amina), arrive(amina)
    Arrival.objects.filter(pk=broken.pk).update(sealed_key=b"\x01 not a key at all")
    tasks.file_arrivals([str(one.pk) for one in (first, broken, last)])
    tasks.reading_process().close()

    assert counts(amina) == {"inbox": (2, 2)}
    assert [one.pk for one in Arrival.objects.all()] == [broken.pk]
    assert Arrival.objects.get().due_at > timezone.now()


def test_a_limit_is_named_by_its_own_name(amina: Mailbox) -> None:
    arrival = arrive(amina)
    arrival.attempts = settings.FILING_ATTEMPTS
    put_off(arrival, ReadingFailed("died"), now=timezone.now())
    assert Arrival.objects.held().get().held_reason == "died"
