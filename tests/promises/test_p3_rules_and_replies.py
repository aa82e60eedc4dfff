"""P3 and P1 for what happens by itself: the LMTP door, a worker, its kill, a gateway; all real."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from mailbox import tasks
from mailbox.models import Arrival, AutoReply, Gateway, Mailbox, Submission
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring, using
from tests import processes
from tests.cast import Cast
from tests.mailbox.door import running
from tests.mailbox.orders import DARA, be_away, give_rule
from tests.mailbox.post import counts, raw_letter
from tests.mailbox.smtp.servers import RecordingServer
from tests.promises.test_p3_the_row_is_the_truth import worker

pytestmark = pytest.mark.django_db(transaction=True)

# A worker that dies when the reply is posted and not yet forgotten, in one transaction.
DIE_WHILE_ANSWERING = """
import os, signal, sys, django
django.setup()
from django.utils import timezone
from mailbox.models import AutoReply
from mailbox.outbound.automatic import vacation
vacation._forget = lambda reply: os.kill(os.getpid(), signal.SIGKILL)
vacation.answer(AutoReply.objects.get(pk=sys.argv[1]), now=timezone.now())
"""


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushall()
        yield redis
        redis.flushall()


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as running_server:
        yield running_server


@pytest.fixture
def amina(cast: Cast, server: RecordingServer) -> Mailbox:
    """Amina is away, and a rule of hers archives what Dara writes."""
    Gateway.objects.create(
        agency=cast.transport,
        name="gateway",
        host="127.0.0.1",
        port=server.port,
        security=Gateway.Security.LOOPBACK,
    )
    box = cast.mailbox_of(cast.amina)
    give_rule(box, DARA, move_to="archive", star=True)
    be_away(box, timezone.now())
    return box


def deliver_by_lmtp(keyring: StoredKeyring, folder: Path) -> None:
    with running(keyring, folder) as lmtpd:
        caller = lmtpd.call()
        caller.hello()
        (said,) = caller.deliver(raw_letter("Budget"), "amina@transport.example")
        assert said.startswith("250"), said
        caller.close()


def file_with(keyring: StoredKeyring) -> None:
    """File what has arrived, as a worker does, with a worker's keys only."""
    with using(keyring):
        tasks.file_arrivals([str(pk) for pk in Arrival.objects.values_list("pk", flat=True)])
    tasks.reading_process().close()


def wait_for(reached: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it never came"
        threading.Event().wait(0.05)


def test_a_rule_is_followed_and_a_reply_sent_though_every_nudge_is_lost(
    amina: Mailbox,
    server: RecordingServer,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
    redis: Redis,
) -> None:
    deliver_by_lmtp(key_set["lmtp"], tmp_path)
    file_with(key_set["worker"])
    redis.flushall()
    with worker(key_set["worker"], tmp_path):
        tasks.answer_due_replies()
        wait_for(lambda: bool(server.taken))
    assert counts(amina) == {"archive": (1, 1)}
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("<>", ["dara@elsewhere.example"])
    assert message_from_bytes(taken.content)["Auto-Submitted"] == "auto-replied"
    assert not AutoReply.objects.filter(due_at__isnull=False).exists()


def test_a_worker_killed_while_answering_has_sent_nothing_and_the_next_sends_once(
    amina: Mailbox,
    server: RecordingServer,
    key_set: dict[Role, StoredKeyring],
    tmp_path: Path,
    redis: Redis,
) -> None:
    deliver_by_lmtp(key_set["lmtp"], tmp_path)
    file = tmp_path / "killed.json"
    key_files.write(file, key_set["worker"])
    file_with(key_set["worker"])
    row = AutoReply.objects.get()
    victim = processes.start(
        "-c",
        DIE_WHILE_ANSWERING,
        str(row.pk),
        DJANGO_SETTINGS_MODULE="govmail_portal.settings",
        KEYRING_FILE=str(file),
    )
    victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL
    assert not Submission.objects.exists()

    AutoReply.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    for _ in range(2):
        tasks.answer_for_the_absent([str(row.pk)])
    tasks.relay_submission(str(Submission.objects.get().pk))
    (taken,) = server.taken
    assert message_from_bytes(taken.content)["Message-ID"].startswith(f"<auto-reply-{row.pk}@")
