"""New mail, told to open pages: one LISTEN connection for a process, fanned out.

The filing transaction says pg_notify('mailbox', id). Every page that is open on
the mailbox waits here. A notice carries nothing but the mailbox's id; a page
then asks for what it shows, by its own rights. If the connection is lost,
everybody is told to look again once it is back: nothing is missed in silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection as django_connection

log = logging.getLogger(__name__)

CHANNEL = "mailbox"
_RETRY_SECONDS = 2.0
# Options that Django's backend keeps for itself and libpq does not know.
_DJANGOS_OWN = {"pool", "isolation_level", "server_side_binding", "assume_role"}


class Switchboard:
    """Who waits for which mailbox, on one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @asynccontextmanager
    async def line(self, mailbox: UUID) -> AsyncIterator[asyncio.Event]:
        """An event that is set at every notice for a mailbox; whoever waits clears it."""
        bell = asyncio.Event()
        self._waiting.setdefault(mailbox, set()).add(bell)
        if self._listener is None or self._listener.done():
            self._ready.clear()
            self._listener = asyncio.create_task(self._listen())
        await self._ready.wait()
        try:
            yield bell
        finally:
            self._leave(mailbox, bell)

    def _leave(self, mailbox: UUID, bell: asyncio.Event) -> None:
        bells = self._waiting.get(mailbox, set())
        bells.discard(bell)
        if not bells:
            self._waiting.pop(mailbox, None)
        if not self._waiting and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def _listen(self) -> None:
        """Hold the connection, and take it up again when it breaks."""
        lost = False
        while True:
            try:
                async with await _connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._ready.set()
                    if lost:
                        self._ring_all()
                    async for notice in connection.notifies():
                        self._ring(notice.payload)
            except (psycopg.OperationalError, OSError):
                lost = True
                log.warning("The line for live updates is lost; trying again.")
                self._ready.set()  # Pages stay open and wait with us.
                await asyncio.sleep(_RETRY_SECONDS)

    def _ring(self, payload: str) -> None:
        try:
            mailbox = UUID(payload)
        except ValueError:
            return
        for bell in self._waiting.get(mailbox, ()):
            bell.set()

    def _ring_all(self) -> None:
        for bells in self._waiting.values():
            for bell in bells:
                bell.set()


_switchboards: WeakKeyDictionary[asyncio.AbstractEventLoop, Switchboard] = WeakKeyDictionary()


def switchboard() -> Switchboard:
    """The switchboard of the running loop: a web process has one of each."""
    loop = asyncio.get_running_loop()
    if loop not in _switchboards:
        _switchboards[loop] = Switchboard()
    return _switchboards[loop]


async def _connect() -> psycopg.AsyncConnection[tuple[object, ...]]:
    """A connection of its own, to the database that Django uses."""
    settings = django_connection.settings_dict
    return await psycopg.AsyncConnection.connect(
        dbname=settings["NAME"],
        user=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        autocommit=True,
        **{name: value for name, value in settings["OPTIONS"].items() if name not in _DJANGOS_OWN},
    )
