"""P3. The row is the truth: the real Redis loses everything, and no mail is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from mailbox import nudges, tasks
from mailbox.inbound.arrivals import take_in
from mailbox.models import Arrival, Delivery, Gateway, Mailbox, Message, Submission
from mailbox.outbound import drafting
from mailbox.outbound.submission import send
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests import processes
from tests.cast import Cast
from tests.mailbox.post import counts, raw_letter
from tests.mailbox.smtp.servers import RecordingServer

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = ("-m", "celery", "-A", "govmail_portal", "worker", "-Q", "mail,urgent", "-c", "1")


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushall()
        yield redis
        redis.flushall()


@contextmanager
def worker(keyring: StoredKeyring, folder: Path) -> Iterator[None]:
    key_files.write(folder / "worker.json", keyring)
    process = subprocess.Popen(
        [sys.executable, *WORKER, "-l", "ERROR", "--without-gossip", "--without-mingle"],
        cwd=processes.ROOT,
        env=processes.environment(KEYRING_FILE=str(folder / "worker.json")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def arrive(mailbox: Mailbox, count: int) -> None:
    for number in range(count):
        take_in(
            raw_letter(name=f"{number}-{os.urandom(4).hex()}@x.example"),
            sender="",
            mailboxes=[mailbox.pk],
            recipients=[],
            now=timezone.now(),
        )


def until(reached: int, seconds: float = 90) -> None:
    """Wait until so many messages are filed."""
    end = time.monotonic() + seconds
    while Message.objects.count() < reached:
        assert time.monotonic() < end, f"{Message.objects.count()} of {reached} were filed"
        threading.Event().wait(0.05)


def test_all_nudges_lost_in_mid_flight_and_all_mail_filed(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, redis: Redis
) -> None:
    box = cast.mailbox_of(cast.amina)
    arrive(box, 40)
    assert redis.llen("mail") == 40
    with worker(key_set["worker"], tmp_path):
        until(5)
        redis.flushall()
        arrive(box, 10)
        redis.flushall()
        # What beat does every minute.
        tasks.file_due_arrivals()
        until(50)
    assert not Arrival.objects.exists()
    assert counts(box) == {"inbox": (50, 50)}


def test_a_nudge_rung_twice_files_once(cast: Cast, redis: Redis) -> None:
    box = cast.mailbox_of(cast.amina)
    arrive(box, 3)
    everything = [str(pk) for pk in Arrival.objects.values_list("pk", flat=True)]
    for _ in range(2):
        tasks.file_arrivals(everything)
    tasks.reading_process().close()
    assert counts(box) == {"inbox": (3, 3)}


def test_a_broker_that_is_down_stops_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def nobody_there(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(nudges.current_app, "send_task", nobody_there)
    arrive(cast.mailbox_of(cast.amina), 1)
    assert Arrival.objects.due(timezone.now()).count() == 1


def test_every_due_arrival_is_found_by_the_sweep(cast: Cast, redis: Redis) -> None:
    box = cast.mailbox_of(cast.amina)
    arrive(box, nudges.ARRIVALS_A_TASK * 2 + 1)
    Arrival.objects.filter(pk=Arrival.objects.earliest("due_at").pk).update(
        due_at=None, held_at=timezone.now()
    )
    redis.flushall()
    tasks.file_due_arrivals()
    assert redis.llen("mail") == 2


def test_all_nudges_lost_in_mid_flight_and_all_letters_relayed(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, redis: Redis
) -> None:
    with RecordingServer() as server:
        gateway_to(cast, server.port)
        write_letters(cast, 30)
        # However many letters: their line has one nudge.
        assert redis.llen("mail") == 1
        with worker(key_set["worker"], tmp_path):
            wait_for(lambda: len(server.taken) >= 3)
            redis.flushall()
            write_letters(cast, 10)
            redis.flushall()
            # What beat does every minute.
            tasks.relay_due_submissions()
            wait_for(lambda: not Submission.objects.filter(due_at__isnull=False).exists())
        ids = {message_from_bytes(one.content)["Message-ID"] for one in server.taken}
        assert (len(ids), len(server.taken)) == (40, 40)
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.RELAYED}


def gateway_to(cast: Cast, port: int) -> None:
    Gateway.objects.create(
        agency=cast.transport,
        name="gateway",
        host="127.0.0.1",
        port=port,
        security=Gateway.Security.LOOPBACK,
    )


def write_letters(cast: Cast, count: int) -> None:
    earlier = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    box = cast.mailbox_of(cast.amina)
    for number in range(count):
        to = [f"p{number}@else.example"]
        send(drafting.start(box, by=cast.amina, now=earlier, to=to), by=cast.amina, now=earlier)


def wait_for(reached: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it never came"
        threading.Event().wait(0.02)
