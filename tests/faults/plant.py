"""A plant of processes to be killed: PostgreSQL, Redis, Celery and lmtpd of its own.

The session's engines stay alone. What the test does itself (writing letters, reading the
outbox) it does on the plant's database, with the web tier's keys (`attached`).

Time: ladders and leases last minutes to days. `passes` moves every row that waits so much
into the past, as if the clock had moved on: only ever while no worker is at work.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from celery import current_app
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.test import override_settings
from kombu.exceptions import OperationalError as BrokerAway

from govmail_portal import embedded
from mailbox.sealing import key_files
from mailbox.sealing.keyring import using
from tests import processes
from tests.faults.starting import tables
from tests.faults.starting.nursery import Nursery
from tests.mailbox.postfix import mta

LEASE = timedelta(minutes=31)
WORKER = ("worker", "-Q", "mail,urgent", "-c", "2", "-l", "INFO", "-n", "faults@%h")
WORKER += ("--without-gossip", "--without-mingle")
# The rows that wait, and their moments.
_WAITING = {
    "mailbox_submission": "due_at created_at undo_until expires_at delay_told_at scheduled_for",
    "mailbox_delivery": "due_at changed_at",
    "mailbox_arrival": "due_at received_at",
    "mailbox_gatewayhealth": "opened_at probe_at last_good_at last_bad_at tokens_at",
}
_EMPTIED = "mailbox_submission, mailbox_arrival, mailbox_gateway, mailbox_thread"


class Plant:
    """Processes by name: "worker", "lmtpd", "redis", "postgres"."""

    def __init__(self) -> None:
        # Short: a socket's path may have a hundred letters.
        self.folder = Path(tempfile.mkdtemp(prefix="gmfaults-"))
        self.keys = key_files.new_set()
        self.postgres: embedded.Postgres
        self.redis: embedded.Redis
        self._others: list[subprocess.Popen[bytes]] = []
        self.nurseries: dict[str, Nursery] = {}
        self.worker = 0
        self.lmtpd = 0
        self.lmtp_port = mta.free_port()

    # --- The engines ----------------------------------------------------------

    def start(self, migrate: Callable[[embedded.Postgres], None]) -> None:
        """Start the engines, and get ready to start the others; `migrate` makes the tables."""
        tables.copy_into(self.folder / "postgres", migrate)
        self.start_postgres()
        self.start_redis()
        for role in ("worker", "lmtp"):
            key_files.write(self.folder / f"{role}.json", self.keys[role])
            self._log(role).touch()
            self.nurseries[role] = Nursery(self.environment(role), self._log(role))

    def stop(self) -> None:
        for pid in filter(None, (self.worker, self.lmtpd)):
            kill_group(pid)
        for process in self._others:
            process.wait(20)
        for nursery in self.nurseries.values():
            nursery.stop()
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_postgres(self) -> None:
        self.postgres = embedded.start_postgres(self.folder / "postgres", "plant")

    def start_redis(self) -> None:
        self.redis = embedded.start_redis(self.folder / "redis")

    def kill_postgres(self) -> None:
        """kill -9 of the server and of every process it has."""
        connections.close_all()
        pid = self.postgres.pid
        for each in (pid, *children_of(pid)):
            kill(each)
        wait_for(lambda: not embedded.is_running(pid), "PostgreSQL does not die")

    def kill_redis(self) -> None:
        os.kill(self.redis.pid, signal.SIGKILL)
        self.redis.process.wait(20)

    # --- The portal's processes -------------------------------------------------

    def start_worker(self, program: str = "", **changes: str) -> None:
        """Start a worker of two processes, and return when it takes tasks.

        program: Python that runs it, where it is not the plain one; changes: of its environment.
        """
        log = self._log("worker")
        before = log.stat().st_size
        if program or changes:
            program = program or "from govmail_portal.celery import app; app.worker_main({})"
            self.worker = self._start(program.format(repr(WORKER)), "worker", **changes)
        else:
            self.worker = self.nurseries["worker"].start(*WORKER)

        def is_ready() -> bool:
            assert embedded.is_running(self.worker), self.last_words()
            return b" ready." in log.read_bytes()[before:]

        wait_for(is_ready, "the worker does not get ready")

    def kill_worker(self, *_: object) -> None:
        """kill -9 of the worker, its parent and children at once."""
        kill_group(self.worker)

    def kill_child(self, *_: object) -> None:
        """kill -9 of one of the worker's processes; Celery replaces it."""
        for child in children_of(self.worker)[:1]:
            kill(child)

    def stop_worker(self) -> None:
        """End it; it finishes what it has in hand."""
        if self.worker:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker, signal.SIGTERM)
            wait_for(self.is_worker_dead, "the worker does not end")
            kill_group(self.worker)

    def is_worker_dead(self) -> bool:
        return not (self.worker and embedded.is_running(self.worker))

    def start_lmtpd(self, **changes: str) -> None:
        """Start the door anew; always at the same port, as its MTA expects."""
        self.kill_lmtpd()
        arguments = ("lmtpd", "--port", str(self.lmtp_port), "--processes", "2")
        if changes:
            program = "import django; django.setup()\n"
            program += "from django.core.management import call_command\n"
            program += f"call_command(*{arguments!r})"
            self.lmtpd = self._start(program, "lmtp", **changes)
        else:
            self.lmtpd = self.nurseries["lmtp"].start(*arguments)
        wait_for(self._is_door_open, "the door does not open")
        assert embedded.is_running(self.lmtpd)

    def kill_lmtpd(self) -> None:
        """kill -9 of the door, its parent and children at once."""
        if self.lmtpd:
            kill_group(self.lmtpd)
            wait_for(lambda: not self._is_door_open(), "the door does not die")
        self.lmtpd = 0

    def _is_door_open(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(5)
            return probe.connect_ex(("127.0.0.1", self.lmtp_port)) == 0

    def _start(self, program: str, role: str, **changes: str) -> int:
        """Start Python with this, where the environment is another than the nursery's."""
        with self._log(role).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", program],
                cwd=processes.ROOT,
                env=self.environment(role, **changes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._others.append(process)
        return process.pid

    def _log(self, role: str) -> Path:
        return self.folder / f"{role}.log"

    def environment(self, role: str, **changes: str) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "govmail_portal.settings",
            "PYTHONPATH": str(processes.ROOT),
            "PYTHONWARNINGS": "ignore",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "VAR_DIR": str(self.folder),
            "KEYRING_FILE": str(self.folder / f"{role}.json"),
            "GATEWAY_TIMEOUT_SECONDS": "5",
            "RELAY_PROCESSES": "2",
            "LMTP_FREE_DISK_MB": "0",
            **changes,
        }

    def last_words(self) -> str:
        return self._log("worker").read_text(errors="replace")[-3000:]

    # --- Time -------------------------------------------------------------------

    def ring(self) -> None:
        """What beat does every minute: the sweep, by the real worker."""
        for task in ("mailbox.relay_due", "mailbox.file_due"):
            with contextlib.suppress(BrokerAway, OSError):
                current_app.send_task(task, retry=False, ignore_result=True)

    def passes(self, time_: timedelta) -> None:
        """Let so much time go by for whatever waits. Nobody may be at work."""
        assert self.is_worker_dead()
        with connection.cursor() as cursor:
            for table, columns in _WAITING.items():
                moments = ", ".join(f"{each} = {each} - %s" for each in columns.split())
                values = [time_] * len(columns.split())
                cursor.execute(f"UPDATE {table} SET {moments}", values)  # noqa: S608  # our own

    def until(
        self, reached: Callable[[], bool], what: str, *, seconds: float = 40, revive: bool = False
    ) -> None:
        """Wait, and ring twice a second, until this is so.

        revive: start a worker that has ended, as systemd and `make run` do.
        """
        end, rung = time.monotonic() + seconds, 0.0
        while not reached():
            now = time.monotonic()
            assert now < end, f"{what}; the worker said: {self.last_words()}"
            if revive and self.is_worker_dead():
                self.start_worker()
            if now - rung > 0.5:
                self.ring()
                rung = now
            _pause(0.02)

    def forget_everything(self) -> None:
        """An empty portal again, with its people."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM mailbox_draft")
            cursor.execute(f"TRUNCATE {_EMPTIED} CASCADE")
            cursor.execute("UPDATE mailbox_folder SET conversation_count = 0, unread_count = 0")


@contextmanager
def speaking_with(postgres: embedded.Postgres) -> Iterator[None]:
    """Have Django, in this process, speak with this server, in every thread."""
    own = connections["default"].settings_dict
    before = dict(own)
    connections.close_all()
    host = unquote(postgres.url.partition("host=")[2])
    own |= {"NAME": "plant", "USER": "postgres", "PASSWORD": "", "HOST": host, "PORT": ""}
    try:
        yield
    finally:
        connections.close_all()
        own.clear()
        own |= before


@contextmanager
def attached(plant: Plant) -> Iterator[None]:
    """Have Django, in this process, use the plant's engines and hold all of its keys."""
    broker = current_app.conf.broker_url
    cache = {**settings.CACHES["default"], "LOCATION": plant.redis.url}
    content = {**settings.STORAGES["content"], "OPTIONS": {"location": plant.folder / "content"}}
    changes = {
        "CACHES": {"default": cache},
        "STORAGES": {**settings.STORAGES, "content": content},
        "REDIS_URL": plant.redis.url,
    }
    _speak_with("redis+socket://" + plant.redis.url[len("unix://") :])
    try:
        with (
            speaking_with(plant.postgres),
            override_settings(**changes),
            using(key_files.joined(*plant.keys.values())),
        ):
            yield
    finally:
        _speak_with(broker)


def _speak_with(broker: str) -> None:
    """Celery keeps its connections; a fork forgets them as well."""
    current_app.conf.broker_url = broker
    current_app._after_fork()


def wait_for(reached: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, what
        _pause(0.01)


def patiently(deed: Callable[[], None], seconds: float = 60) -> None:
    """Do this until the database lets us: it may have been killed."""
    end = time.monotonic() + seconds
    while True:
        try:
            return deed()
        except OperationalError:
            connections.close_all()
            assert time.monotonic() < end, "the database does not come back"
            _pause(0.1)


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    """kill -9 of a process and of all it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def children_of(pid: int) -> list[int]:
    """Nobody's where the process has gone."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(each) for each in children.split()]
