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
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.test import override_settings
from kombu.exceptions import OperationalError as BrokerAway

from govmail_portal import embedded
from mailbox.sealing import key_files
from mailbox.sealing.keyring import using
from tests import processes
from tests.mailbox import door

LEASE = timedelta(minutes=31)
CELERY = ("-m", "celery", "--quiet", "-A")
WORKER = ("worker", "-Q", "mail,urgent", "-c", "2", "-l", "INFO", "-n", "faults@%h")
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
        self.worker: subprocess.Popen[bytes] | None = None
        self.lmtpd: door.Lmtpd | None = None
        self.lmtp_port = 0

    # --- The engines ----------------------------------------------------------

    def start(self) -> None:
        """Start the engines, without tables yet, and write the keys down."""
        self.start_postgres()
        self.start_redis()
        for role, keyring in self.keys.items():
            key_files.write(self.folder / f"{role}.json", keyring)

    def stop(self) -> None:
        self.stop_worker(kill=True)
        if self.lmtpd is not None:
            self.lmtpd.end()
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
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        wait_for(lambda: not embedded.is_running(pid), "PostgreSQL does not die")

    def kill_redis(self) -> None:
        os.kill(self.redis.pid, signal.SIGKILL)
        self.redis.process.wait(20)

    # --- The portal's processes -------------------------------------------------

    def start_worker(self, app: str = "govmail_portal", **changes: str) -> None:
        """Start a worker of two processes, and return when it takes tasks."""
        log = self.folder / "worker.log"
        with log.open("ab") as out:
            before = out.tell()
            self.worker = subprocess.Popen(
                [sys.executable, *CELERY, app, *WORKER, "--without-gossip", "--without-mingle"],
                cwd=processes.ROOT,
                env=self.environment("worker", **changes),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

        def is_ready() -> bool:
            assert self.worker is not None and self.worker.poll() is None, self.last_words()
            with log.open("rb") as words:
                words.seek(before)
                return b" ready." in words.read()

        wait_for(is_ready, "the worker does not get ready")

    def kill_worker(self, *_: object) -> None:
        """kill -9 of the worker, its parent and children at once."""
        if self.worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.worker.pid, signal.SIGKILL)

    def kill_child(self) -> None:
        """kill -9 of one of the worker's processes; Celery replaces it."""
        if self.worker is not None:
            for child in _children(self.worker.pid)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    def stop_worker(self, *, kill: bool = False) -> None:
        """End it; without `kill` it finishes what it has in hand."""
        if self.worker is None:
            return
        if not kill and self.worker.poll() is None:
            self.worker.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.worker.wait(60)
        self.kill_worker()
        self.worker.wait(20)
        self.worker = None

    def is_worker_dead(self) -> bool:
        return self.worker is None or self.worker.poll() is not None

    def start_lmtpd(self, **changes: str) -> door.Lmtpd:
        """Start the door; always at the same port, as its MTA expects."""
        if self.lmtpd is not None:
            self.lmtpd.end()
        environment = self.environment("lmtp", **changes)
        del environment["KEYRING_FILE"]
        self.lmtpd = door.start(
            self.keys["lmtp"], self.folder, count=2, port=self.lmtp_port, **environment
        )
        self.lmtp_port = self.lmtpd.port
        return self.lmtpd

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
        return (self.folder / "worker.log").read_text(errors="replace")[-3000:]

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
                cursor.execute(f"UPDATE {table} SET {moments}", [time_] * len(columns.split()))

    def until(self, reached: Callable[[], bool], what: str, seconds: float = 90) -> None:
        """Wait, and ring twice a second, until this is so."""
        end, rung = time.monotonic() + seconds, 0.0
        while not reached():
            now = time.monotonic()
            assert now < end, f"{what}; the worker said: {self.last_words()}"
            if now - rung > 0.5:
                self.ring()
                rung = now
            _pause(0.02)

    def forget_everything(self) -> None:
        """An empty portal again, with its people."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM mailbox_draft; TRUNCATE {_EMPTIED} CASCADE")
            cursor.execute("UPDATE mailbox_folder SET conversation_count = 0, unread_count = 0")


@contextmanager
def attached(plant: Plant) -> Iterator[None]:
    """Have Django, in this process, speak with the plant's engines and hold its keys."""
    own = connections["default"].settings_dict
    before, broker = dict(own), current_app.conf.broker_url
    connections.close_all()
    url = plant.postgres.url
    own |= {
        "NAME": "plant",
        "USER": "postgres",
        "PASSWORD": "",
        "HOST": url.partition("host=")[2].replace("%2F", "/"),
        "PORT": "",
    }
    cache = {**settings.CACHES["default"], "LOCATION": plant.redis.url}
    content = {**settings.STORAGES["content"], "OPTIONS": {"location": plant.folder / "content"}}
    _speak_with("redis+socket://" + plant.redis.url[len("unix://") :])
    try:
        with (
            override_settings(
                CACHES={"default": cache},
                STORAGES={**settings.STORAGES, "content": content},
                REDIS_URL=plant.redis.url,
            ),
            using(key_files.joined(*plant.keys.values())),
        ):
            yield
    finally:
        connections.close_all()
        own.clear()
        own |= before
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


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
