"""The office: the doors that are open in this process, and how they are closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from mailbox.inbound.pressure import Room
from mailbox.lmtp.desk import Desk
from mailbox.lmtp.door import Door
from mailbox.lmtp.limits import Limits, Load
from mailbox.models import Arrival


class Office:
    """Opens a door for every connection, and closes all of them in peace."""

    # How long sessions in hand may take to end after SIGTERM: seconds.
    PATIENCE = 30.0

    def __init__(
        self, *, limits: Limits, room: Room, threads: int, nudge: Callable[[Arrival], None]
    ) -> None:
        self._limits = limits
        self._load = Load(limits)
        self._desk = Desk(threads, nudge, room)
        self._doors: set[Door] = set()
        self._server: asyncio.Server | None = None

    async def open(self, listener: socket.socket) -> None:
        """Take connections from a socket that listens already."""
        loop = asyncio.get_running_loop()

        def door() -> Door:
            return Door(self._desk, self._doors, limits=self._limits, load=self._load, loop=loop)

        self._server = await loop.create_server(door, sock=listener)

    async def close(self) -> None:
        """Take no new connection, end the idle ones, and let messages in hand be answered."""
        assert self._server is not None
        self._server.close()
        deadline = asyncio.get_running_loop().time() + self.PATIENCE
        for door in list(self._doors):
            door.close_soon()
        while self._doors and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        for door in list(self._doors):
            if door.transport is not None:
                door.transport.close()
        await asyncio.to_thread(self._desk.close)
