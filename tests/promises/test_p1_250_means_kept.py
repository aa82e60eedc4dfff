"""P1. 250 means kept: door and worker are killed with -9 again and again; no mail is lost."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from mailbox import opening
from mailbox.inbound.arrivals import file_arrival, take_in
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival, Mailbox, Message
from mailbox.sealing import key_files
from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests import processes
from tests.cast import Cast
from tests.mailbox.door import Caller, Lmtpd, start
from tests.mailbox.post import counts, raw_letter

pytestmark = pytest.mark.django_db(transaction=True)

AMINA, BRUNO = "amina@transport.example", "bruno@transport.example"
SENDERS, LETTERS, KILLS = 4, 25, 12


@pytest.fixture
def reader() -> Iterator[ReadingProcess]:
    reader = ReadingProcess(seconds=30)
    yield reader
    reader.close()


class Sender(threading.Thread):
    """An MTA: sends each letter until it has heard 250, as often as it takes."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__()
        self._number, self._port = number, port
        self.answered: list[str] = []
        self.tries = 0

    def run(self) -> None:
        for count in range(LETTERS):
            name = f"{self._number}-{count}@elsewhere.example"
            # Small ones are kept in the row, large ones in a file.
            body = os.urandom(60_000).hex() if count % 8 == 0 else "ข้อความ"
            raw = raw_letter(name=name, body=body)
            while not self._answered_with_250(raw):
                pass
            self.answered.append(name)

    def _answered_with_250(self, raw: bytes) -> bool:
        self.tries += 1
        try:
            caller = Caller(self._port)
        except OSError:
            return False
        try:
            caller.hello()
            replies = caller.deliver(raw, AMINA, BRUNO)
            return [reply[:3] for reply in replies] == ["250", "250"]
        except (OSError, AssertionError):
            return False
        finally:
            caller.close()


def children_of(lmtpd: Lmtpd) -> list[int]:
    pid = lmtpd.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def names_in(mailbox: Mailbox) -> Counter[str]:
    """How often each Message-ID is in a mailbox, as its reader sees it."""
    private_key = opening.mailbox_key(mailbox)
    messages = Message.objects.filter(mailbox=mailbox).select_related("content", "mailbox")
    renditions = [opening.open_rendition(message, private_key) for message in messages]
    return Counter(rendition.message_id.strip("<>") for rendition in renditions)


def file_all(reader: ReadingProcess, *, after: timedelta = timedelta()) -> None:
    now = timezone.now() + after
    for arrival in Arrival.objects.due(now):
        assert file_arrival(arrival, reader=reader, now=now)


def test_what_the_door_said_250_for_is_there_once_after_every_kill(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, reader: ReadingProcess
) -> None:
    lmtpd = start(key_set["lmtp"], tmp_path, count=2)
    senders = [Sender(number, lmtpd.port) for number in range(SENDERS)]
    chance, pause = random.Random(250), threading.Event()  # noqa: S311  # moments, not secrets
    try:
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            pause.wait(chance.uniform(0.05, 0.5))
            for child in chance.sample(children_of(lmtpd), k=1) if children_of(lmtpd) else []:
                os.kill(child, signal.SIGKILL)
        for sender in senders:
            sender.join(120)
    finally:
        lmtpd.end()
    answered = [name for sender in senders for name in sender.answered]
    assert len(answered) == SENDERS * LETTERS
    assert sum(sender.tries for sender in senders) > len(answered), "no kill hit anybody"

    file_all(reader)
    assert not Arrival.objects.exists()
    for account in (cast.amina, cast.bruno):
        mailbox = cast.mailbox_of(account)
        assert names_in(mailbox) == Counter(answered)
        assert counts(mailbox) == {"inbox": (len(answered), len(answered))}


def test_the_whole_door_killed_between_the_dot_and_the_answer(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, reader: ReadingProcess
) -> None:
    chance, heard = random.Random(9), []  # noqa: S311  # moments, not secrets
    for number in range(3):
        lmtpd = start(key_set["lmtp"], tmp_path)
        caller = lmtpd.call()
        caller.hello()
        try:
            assert (
                caller.deliver(raw_letter(name=f"first-{number}@x.example"), AMINA)[0][:3] == "250"
            )
            heard.append(f"first-{number}@x.example")
            caller.say("MAIL FROM:<>", f"RCPT TO:<{AMINA}>", "DATA")
            caller.send(raw_letter(name=f"second-{number}@x.example") + b".\r\n")
            threading.Event().wait(chance.uniform(0, 0.004))
            lmtpd.kill()
            if caller.reply().startswith("250"):
                heard.append(f"second-{number}@x.example")
        except ConnectionError:
            pass
        finally:
            caller.close()
            lmtpd.end()
    file_all(reader)
    names = names_in(cast.mailbox_of(cast.amina))
    assert set(heard) <= set(names)
    assert set(names.values()) == {1}


# A worker that files what is due, one after the other, until it is killed.
WORKER = """
import sys, django
django.setup()
from datetime import timedelta
from django.utils import timezone
from mailbox.inbound.arrivals import file_arrival
from mailbox.mime.reading_process import ReadingProcess
from mailbox.models import Arrival
reader, now = ReadingProcess(seconds=30), timezone.now() + timedelta(minutes=int(sys.argv[1]))
for arrival in Arrival.objects.due(now):
    file_arrival(arrival, reader=reader, now=now)
    print(arrival.pk, flush=True)
"""


def test_a_worker_killed_while_filing_neither_loses_nor_doubles(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, reader: ReadingProcess
) -> None:
    boxes = [cast.mailbox_of(account) for account in (cast.amina, cast.bruno, cast.chiara)]
    names = [f"{number}@x.example" for number in range(60)]
    for name in names:
        take_in(
            raw_letter(name=name, body=os.urandom(50_000).hex() if name[0] == "3" else "x"),
            sender="",
            mailboxes=[box.pk for box in boxes],
            recipients=[],
            now=timezone.now(),
            nudge=lambda _: None,
        )
    key_files.write(tmp_path / "worker.json", key_set["worker"])
    for round_ in range(3):
        minutes = round_ * (settings.FILING_LEASE.seconds // 60 + 1)
        worker = processes.start(
            "-c",
            WORKER,
            str(minutes),
            DJANGO_SETTINGS_MODULE="govmail_portal.settings",
            KEYRING_FILE=str(tmp_path / "worker.json"),
        )
        assert worker.stdout is not None
        for _ in range(8 + round_):
            assert worker.stdout.readline()
        threading.Event().wait(0.003 * round_)
        worker.kill()
        worker.communicate(timeout=20)
    assert Arrival.objects.exists(), "all was filed before the last kill"

    file_all(reader, after=timedelta(hours=1))
    assert not Arrival.objects.exists()
    for box in boxes:
        assert names_in(box) == Counter(names)
        counts(box)
