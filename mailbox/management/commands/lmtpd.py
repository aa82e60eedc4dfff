"""`manage.py lmtpd`: takes mail in by LMTP, for the MTA in front of the portal."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from mailbox.lmtp import Office
from mailbox.nudges import Bell

STOP = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = "Takes mail in by LMTP (RFC 2033) and says 250 for what is committed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.LMTP_HOST)
        parser.add_argument("--port", type=int, default=settings.LMTP_PORT)
        parser.add_argument(
            "--processes", type=int, default=1, help="share the port (SO_REUSEPORT)"
        )
        parser.add_argument("--threads", type=int, default=4, help="database connections a process")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port, threads = options["host"], options["port"], options["threads"]
        processes = options["processes"]
        if processes > 1 and not port:
            raise CommandError("Several processes need a port of their own: --port 0 is for one.")
        try:
            if processes > 1:
                Crew(lambda: self._serve(host, port, threads, shared=True)).run(processes)
            else:
                self._serve(host, port, threads, shared=False)
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be used: {error.strerror}.") from error

    def _serve(self, host: str, port: int, threads: int, *, shared: bool) -> None:
        insist_on_durability()
        bell = Bell()
        try:
            uvloop.run(self._until_stopped(host, port, threads, bell, shared=shared))
        finally:
            bell.stop()

    async def _until_stopped(
        self, host: str, port: int, threads: int, bell: Bell, *, shared: bool
    ) -> None:
        stop = asyncio.Event()
        for number in STOP:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        office = Office(limit=settings.MESSAGE_SIZE_LIMIT, threads=threads, nudge=bell.file_later)
        host, port = await office.open(host, port, shared=shared)
        self.stdout.write(f"LMTP listens on {host}:{port}")
        self.stdout.flush()
        await stop.wait()
        await office.close()


def insist_on_durability() -> None:
    """Refuse to say 250 over a database that answers before it has written (promise P1)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')")
            commit, fsync = cursor.fetchone()
    except OperationalError:
        return  # it is away, and until it is back every answer is 451
    if commit == "off" or fsync == "off":
        raise CommandError(
            f"PostgreSQL runs with synchronous_commit={commit} and fsync={fsync}: "
            "a message answered with 250 could be lost."
        )
    connection.close()


class Crew:
    """Several processes at one port; one that ends by itself is replaced."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._members: set[int] = set()
        self._is_stopping = False

    def run(self, count: int) -> None:
        """Keep `count` processes at work until SIGTERM or SIGINT; then wait for all of them."""
        for number in STOP:
            signal.signal(number, self._stop)
        for _ in range(count):
            self._hire()
        while self._members:
            pid, _status = os.wait()
            self._members.discard(pid)
            if not self._is_stopping:
                time.sleep(0.5)  # one that cannot start must not be started in a hot loop
                self._hire()

    def _hire(self) -> None:
        pid = os.fork()
        if pid:
            self._members.add(pid)
            return
        status = 1
        try:
            self._work()
            status = 0
        finally:
            os._exit(status)  # a child never returns into the parent's stack

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopping = True
        for pid in self._members:
            os.kill(pid, signal.SIGTERM)
