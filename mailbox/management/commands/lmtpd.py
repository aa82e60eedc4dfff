"""`manage.py lmtpd`: takes mail in by LMTP, for the MTA in front of the portal.

A parent listens and watches; its children take connections from the one socket,
whichever is free first. A child that dies is replaced, and what was waiting to be
accepted waits for the others.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections

from mailbox.inbound.pressure import Room
from mailbox.lmtp import Office
from mailbox.lmtp.limits import Limits
from mailbox.nudges import Bell

logger = logging.getLogger(__name__)

STOP = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    help = "Takes mail in by LMTP (RFC 2033) and says 250 for what is committed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.LMTP_HOST)
        parser.add_argument("--port", type=int, default=settings.LMTP_PORT)
        parser.add_argument("--processes", type=int, default=2)
        # More than two wait for each other inside Python: a busier machine wants more processes.
        parser.add_argument("--threads", type=int, default=2, help="database connections of each")

    def handle(self, *args: Any, **options: Any) -> None:
        insist_on_durability()
        have_statements_prepared()
        listener = listen(options["host"], options["port"])
        host, port = listener.getsockname()[:2]
        self.stdout.write(f"LMTP listens on {host}:{port}")
        self.stdout.flush()
        Crew(lambda parent: serve(listener, options["threads"], parent), listener).run(
            options["processes"]
        )


def listen(host: str, port: int) -> socket.socket:
    """Open the port. CommandError with a sentence where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CommandError(f"{host}:{port} cannot be used: {error.strerror}.") from error
    listener.listen(512)
    return listener


def insist_on_durability() -> None:
    """Refuse to say 250 over a database that answers before it has written (promise P1)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')")
            commit, fsync = cursor.fetchone()
    except OperationalError:
        return  # it is away, and until it is back every answer is 451
    finally:
        connection.close()  # the children open their own
    if commit == "off" or fsync == "off":
        raise CommandError(
            f"PostgreSQL runs with synchronous_commit={commit} and fsync={fsync}: "
            "a message answered with 250 could be lost."
        )


def have_statements_prepared() -> None:
    """Have PostgreSQL keep the few statements of the door, which it asks for every message.

    Planned once, and octets sent as they are: half as many again to 250 (bench/lmtp.py).
    """
    options = connections.settings["default"].setdefault("OPTIONS", {})
    options |= {"server_side_binding": True, "prepare_threshold": 3}


def serve(listener: socket.socket, threads: int, parent: int) -> None:
    """A child's whole life: take mail in until told to stop, or until the parent is gone.

    parent: a descriptor that becomes readable when the parent ends.
    """
    bell = Bell()
    office = Office(
        limits=limits(),
        room=Room(settings.LMTP_BACKLOG, settings.LMTP_FREE_DISK),
        threads=threads,
        nudge=bell.file_later,
    )

    async def until_stopped() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in STOP:
            loop.add_signal_handler(number, stop.set)
        loop.add_reader(parent, stop.set)
        await office.open(listener)
        await stop.wait()
        loop.remove_reader(parent)
        await office.close()

    uvloop.run(until_stopped())
    bell.stop()


def limits() -> Limits:
    """What the settings let one process take."""
    return Limits(
        message=settings.MESSAGE_SIZE_LIMIT,
        in_hand=settings.LMTP_IN_HAND,
        connections=settings.LMTP_CONNECTIONS,
        idle=settings.LMTP_IDLE_SECONDS,
        message_seconds=settings.LMTP_MESSAGE_SECONDS,
    )


class Crew:
    """Several processes at one door; one that ends by itself is replaced."""

    def __init__(self, work: Callable[[int], None], listener: socket.socket) -> None:
        self._work = work
        self._listener = listener
        self._members: set[int] = set()
        self._is_stopping = False
        # Nobody writes to it: its end closes with this process, however that ends.
        self._parent, self._alive = os.pipe()

    def run(self, count: int) -> None:
        """Keep `count` processes at work until SIGTERM or SIGINT; then wait for all of them."""
        for number in STOP:
            signal.signal(number, self._stop)
        for _ in range(count):
            self._hire()
        while self._members:
            pid, _status = os.wait()
            self._members.discard(pid)
            time.sleep(0.0 if self._is_stopping else 0.2)  # never replace in a hot loop
            if not self._is_stopping:
                self._hire()

    def _hire(self) -> None:
        pid = os.fork()
        if pid:
            self._members.add(pid)
            if self._is_stopping:  # told so between the two lines above
                os.kill(pid, signal.SIGTERM)
            return
        status = 1
        try:
            for number in STOP:
                signal.signal(number, signal.SIG_DFL)
            os.close(self._alive)
            self._work(self._parent)
            status = 0
        except Exception:  # a door, and the last one that can say why
            logger.exception("lmtpd: a process could not go on")
        finally:
            os._exit(status)  # a child never returns into the parent's stack

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopping = True
        self._listener.close()
        for pid in self._members:
            os.kill(pid, signal.SIGTERM)
