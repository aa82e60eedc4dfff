"""The desk behind the doors: asks the store, in threads that keep their connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from mailbox.inbound.pressure import Room
from mailbox.inbound.receiving import Incoming, receive
from mailbox.inbound.recipients import Recipient, Refusal, find
from mailbox.lmtp.reading import without_doubled_dots
from mailbox.models import Arrival

logger = logging.getLogger(__name__)

T = TypeVar("T")

# How long an answer about the room that is left holds good: seconds.
ROOM_KNOWN_FOR = 2.0


class Desk:
    """Asks the store so that the event loop never waits."""

    def __init__(self, threads: int, nudge: Callable[[Arrival], None], room: Room) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        self._nudge = nudge
        self._room = room
        self._has_room = True
        self._asked_at = float("-inf")

    async def has_room(self) -> bool:
        """Whether disk and backlog leave room for more, as of a moment ago."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at >= ROOM_KNOWN_FOR:
            self._asked_at = now  # whoever comes meanwhile takes the last answer
            try:
                self._has_room = await self._ask(self._room.is_left)
            except (OperationalError, InterfaceError, OSError) as error:
                # Who cannot be asked says nothing: the next question is answered by 451.
                logger.error("lmtp: the room left is not known: %s", type(error).__name__)
        return self._has_room

    async def find(self, address: str) -> Recipient:
        return await self._ask(lambda: find(address, now=timezone.now()))

    async def receive(self, body: bytearray, incoming: Incoming) -> list[Refusal | None]:
        """Keep the message for its recipients; say why it is not kept for one of them."""

        raw = b""

        def keep() -> list[Refusal | None]:
            nonlocal raw
            if body:
                raw = without_doubled_dots(body)
                body.clear()  # before it is sealed: a large one would be there four times
            return receive(raw, incoming, now=timezone.now(), nudge=self._nudge)

        return await self._ask(keep)

    async def _ask(self, question: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _answered, question)

    def close(self) -> None:
        """Wait for what is being kept, and give the connections back."""
        self._threads.shutdown(wait=True)


def _answered(question: Callable[[], T]) -> T:
    """Ask once more on a fresh connection where the old one turns out to be dead."""
    try:
        return question()
    except (OperationalError, InterfaceError):
        connection.close()
    try:
        return question()
    except (OperationalError, InterfaceError):
        connection.close()
        raise
