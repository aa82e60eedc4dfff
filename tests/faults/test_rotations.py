"""Every key is rotated while mail is filed, read and written, in a process that is killed -9.

FAULTS_KILLS says how often; `python -m tests.faults` takes ten, at moments chosen anew each time
(FAULTS_SEED repeats the choices). All the while a reader opens everything there is, and a
writer seals with a key it opened a moment ago, as a slow page does.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from mailbox import opening
from mailbox.errors import KeyMissing, SealBroken
from mailbox.models import Arrival, Draft, KeyChange, Mailbox, Message
from mailbox.outbound import drafting
from mailbox.reading import labels
from mailbox.sealing import key_files, keyring
from tests import processes
from tests.cast import Cast
from tests.faults.arrivals import BRUNO, are_filed, count_arrivals, hand_over, letter
from tests.faults.conftest import Record
from tests.faults.plant import Plant

KILLS = int(os.environ.get("FAULTS_KILLS", "3"))
# The short one has its choices always the same.
CHOSEN = random.SystemRandom().randrange(1, 10**6) if "FAULTS_KILLS" in os.environ else 22
SEED = int(os.environ.get("FAULTS_SEED", "0")) or CHOSEN
BEFORE = 25
# Between two letters: a worker on a busy machine must keep up.
PAUSE = 0.3
NAMES: tuple[key_files.Rotated, ...] = ("storage", "ingest", "relay")
MOST_LABELS = 80


class Meanwhile(threading.Thread):
    """Does something again and again until it is told that it is over."""

    def __init__(self, deed: Callable[[], None], *, pause: float = 0.02) -> None:
        super().__init__(daemon=True)
        self.deed, self.pause = deed, pause
        self.over = threading.Event()
        self.failure: BaseException | None = None
        self.times = 0

    def run(self) -> None:
        try:
            while not self.over.wait(self.pause):
                self.deed()
                self.times += 1
        except BaseException as failure:  # noqa: BLE001  # said by the test
            self.failure = failure
        finally:
            connections.close_all()


class Reader:
    """Opens all that lies in a mailbox, as it lies there at that moment."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.opened = 0
        self.unreadable: Counter[str] = Counter()

    def look(self) -> None:
        key = opening.mailbox_key(Mailbox.objects.get(pk=self.mailbox.pk))
        for message in Message.objects.filter(mailbox=self.mailbox).select_related("content"):
            self._try("message", lambda one=message: opening.open_rendition(one, key))
        for draft in Draft.objects.filter(mailbox=self.mailbox):
            self._try(
                "draft",
                lambda one=draft: drafting.open_draft(one, drafting.draft_key(one, key)),
            )
        for shown in labels.labels_of(self.mailbox, key):
            self.opened += 1
            self.unreadable["label"] += shown.name == "?"

    def _try(self, kind: str, deed: Callable[[], object]) -> None:
        try:
            deed()
            self.opened += 1
        except (SealBroken, KeyMissing):
            self.unreadable[kind] += 1


class Writer:
    """Writes with the key it opened the time before: by now it may be the one before."""

    def __init__(self, people: Cast) -> None:
        self.people, self.mailbox = people, people.mailbox_of(people.bruno)
        self.key = opening.mailbox_key(Mailbox.objects.get(pk=self.mailbox.pk))
        self.written = 0

    def write(self) -> None:
        if self.written < MOST_LABELS:
            labels.create(self.mailbox, f"Label {self.written}", self.key)
            drafting.start(self.mailbox, by=self.people.bruno, now=timezone.now())
            self.written += 1
        threading.Event().wait(0.3)
        self.key = opening.mailbox_key(Mailbox.objects.get(pk=self.mailbox.pk))


class Rotator:
    """The command, in a process of its own that is killed, and run again."""

    def __init__(self, plant: Plant, chance: random.Random) -> None:
        self.plant, self.chance = plant, chance
        self.killed: Counter[str] = Counter()

    def kill_in(self, what: str, *arguments: str) -> None:
        """Start it, and kill -9 after some lines, or before there is one."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", "keyring", *arguments, "--keys", str(self.plant.folder)],
            cwd=processes.ROOT,
            env=self.plant.environment("web"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        lines = self.chance.randrange(6)
        for _ in range(lines):
            process.stdout.readline()
        if not lines:
            threading.Event().wait(self.chance.uniform(0.5, 4))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            self.killed[what] += 1
        process.communicate()

    def round(self, number: int) -> None:
        """One kind after the other; what was begun is gone on with in the next round."""
        for name in NAMES:
            if self.killed.total() < KILLS and (number + len(name)) % 2:
                self.kill_in(name, "rotate", name, "--batch", "1")
        if self.killed.total() < KILLS:
            self.kill_in("a mailbox's pair", "rotate-mailbox", BRUNO, "--batch", "1", "--wait", "0")


@contextmanager
def keys_in_files(plant: Plant) -> Iterator[None]:
    """Have this process, too, read the files that are rotated."""
    for role, held in plant.keys.items():
        key_files.write(plant.folder / f"{role}.json", held)
    with keyring.using(keyring.current()):
        keyring.use_source(lambda: key_files.joined(*key_files.read_set(plant.folder).values()))
        try:
            yield
        finally:
            plant.keys = key_files.read_set(plant.folder)


def test_every_key_is_rotated_and_killed_while_mail_is_filed_and_read(
    plant: Plant, people: Cast, record: Record
) -> None:
    print(f"FAULTS_SEED={SEED}")  # noqa: T201  # to have the same choices again
    with keys_in_files(plant):
        plant.start_lmtpd()
        box, answered = people.mailbox_of(people.bruno), list[str]()
        for _ in range(BEFORE):
            _hand_over(plant, answered)
        reader, writer = Reader(box), Writer(people)
        threads = [Meanwhile(reader.look), Meanwhile(writer.write)]
        threads.append(Meanwhile(lambda: _hand_over(plant, answered), pause=PAUSE))
        for thread in threads:
            thread.start()
        began = time.monotonic()
        rotator = Rotator(plant, random.Random(SEED))  # noqa: S311  # moments, not secrets
        number = 0
        while rotator.killed.total() < KILLS:
            rotator.round(number)
            number += 1
        _finish(plant)
        for thread in threads:
            thread.over.set()
            thread.join(60)
            assert thread.failure is None, thread.failure
        plant.until(are_filed, "arrivals are never filed", seconds=120, revive=True)
        _retire_old_ones(plant)
        reader.look()

        kills = ", ".join(f"{name} {times}" for name, times in sorted(rotator.killed.items()))
        words = (
            f"rotation killed {rotator.killed.total()} times ({kills}) in"
            f" {time.monotonic() - began:.0f} s; {reader.opened:,} openings meanwhile,"
            f" unreadable {reader.unreadable.total()}; {writer.written} labels and drafts written"
            f" with a key opened before; seed {SEED}"
        )
        box.refresh_from_db()
        row = count_arrivals("kill -9 of rotations, all keys", answered, box, words)
        record(row)
        assert reader.unreadable.total() == 0, reader.unreadable
        assert (row.lost, row.duplicates) == (0, 0)
        assert len(labels.labels_of(box, _key(box))) == writer.written
        assert Draft.objects.filter(mailbox=box).count() == writer.written


def _hand_over(plant: Plant, answered: list[str]) -> None:
    name = f"letter-{len(answered)}"
    hand_over(lambda: plant.lmtp_port, letter(name, is_large=len(answered) % 16 == 0))
    answered.append(name)


def _finish(plant: Plant) -> None:
    """Run again what was killed, to its end; each kind at least once."""
    for name in NAMES:
        _told(plant, "rotate", name)
    if not KeyChange.objects.exists():
        _told(plant, "rotate-mailbox", BRUNO, "--wait", "0")
    _told(plant, "rotate-mailbox", "--wait", "0")
    assert not KeyChange.objects.exists()


def _retire_old_ones(plant: Plant) -> None:
    assert not Arrival.objects.exists()
    _told(plant, "rewrap")
    for name in NAMES:
        held = key_files.joined(*key_files.read_set(plant.folder).values())
        for key_id in held.ids(name):
            if key_id != held.active[name]:
                _told(plant, "retire", name, key_id)
        held = key_files.joined(*key_files.read_set(plant.folder).values())
        assert held.ids(name) == (held.active[name],)


def _told(plant: Plant, *arguments: str) -> str:
    out = StringIO()
    call_command("keyring", *arguments, "--keys", str(plant.folder), stdout=out)
    return out.getvalue()


def _key(box: Mailbox) -> bytes:
    return opening.mailbox_key(Mailbox.objects.get(pk=box.pk))
