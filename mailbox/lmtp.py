"""The LMTP door (RFC 2033): says 250 for what is committed, once for each recipient.

aiosmtpd speaks the commands; the message itself is read here, because a door for
mail must end it at CRLF.CRLF and at nothing that only looks like it (the smuggling
of CVE-2023-51764), keep lines of any length, and answer for every recipient. The
database is asked in a few threads, each with a connection of its own, so that the
event loop never waits.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session, syntax
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from mailbox.inbound.arrivals import take_in
from mailbox.inbound.recipients import MOST_RECIPIENTS, Recipient, find
from mailbox.models import Arrival

logger = logging.getLogger(__name__)

T = TypeVar("T")

END = b"\r\n.\r\n"
# A line with nothing but a dot, ended otherwise than it must be. Honest senders
# double such a dot; who does not, hopes that another server ends the message there.
SMUGGLING = (b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r")
SIMPLE_PATH = re.compile(r"<([^<>\s\"\\@]+@[^<>\s\"\\@]+)>(.*)", re.DOTALL)
SIZE = re.compile(r"\sSIZE=(\d+)", re.IGNORECASE)

LATER = "451 4.3.0 Try again later"
UNKNOWN = "550 5.1.1 No such mailbox here"
CLOSED = "550 5.2.1 This mailbox takes no mail"
FULL = "452 4.2.2 The mailbox is full"
TOO_MANY = "452 4.5.3 Too many recipients; send the rest in another transaction"
TOO_LARGE = "552 5.3.4 The message is too large"
SMUGGLED = "554 5.6.0 A lone dot on a line that does not end in CR LF"
CLOSING = "421 4.3.2 Closing down"
KEPT = "250 2.0.0 Kept"


class Incoming(Envelope):
    """A transaction: mailboxes[i] is behind rcpt_tos[i]."""

    def __init__(self) -> None:
        super().__init__()
        self.mailboxes: list[UUID] = []


class Desk:
    """Asks the store, in threads that keep their connections."""

    def __init__(self, threads: int, nudge: Callable[[Arrival], None]) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        self._nudge = nudge

    async def find(self, address: str) -> Recipient | None:
        return await self._ask(lambda: find(address))

    async def take_in(self, body: bytearray, incoming: Incoming) -> None:
        sender = "" if incoming.mail_from in (None, "<>") else str(incoming.mail_from)

        def keep() -> Arrival:
            return take_in(
                without_doubled_dots(body),
                sender=sender,
                mailboxes=incoming.mailboxes,
                recipients=[str(address) for address in incoming.rcpt_tos],
                options=[str(option) for option in incoming.mail_options],
                now=timezone.now(),
                nudge=self._nudge,
            )

        await self._ask(keep)

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


def without_doubled_dots(body: bytearray) -> bytes:
    """Take the message out of DATA's lines: body begins and ends with CRLF (RFC 5321 4.5.2)."""
    return bytes(body.replace(b"\r\n.", b"\r\n")[2:])


class Door(LMTP):
    """One connection."""

    # How much is read at once, and the longest command line; a message's lines have no limit.
    line_length_limit = 128 * 1024
    command_size_limits: dict[str, int] = defaultdict(lambda: 4096)

    def __init__(self, desk: Desk, open_doors: set[Door], *, limit: int, **options: Any) -> None:
        """limit: bytes of the largest message, announced as SIZE (RFC 1870)."""
        super().__init__(
            self, data_size_limit=limit, enable_SMTPUTF8=True, ident="GovMail Portal", **options
        )
        self._desk = desk
        self._open_doors = open_doors
        self.is_closing = False

    # --- the connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_doors.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_doors.discard(self)
        super().connection_lost(error)

    def close_soon(self) -> None:
        """End the connection: at once if nothing is in hand, else after the next answer to DATA."""
        self.is_closing = True
        if self.transport is not None and not self._incoming().mail_from:
            self._writer.write(f"{CLOSING}\r\n".encode())
            self.transport.close()

    def _create_envelope(self) -> Incoming:
        return Incoming()

    # A method: aiosmtpd looks at every attribute before there is an envelope.
    def _incoming(self) -> Incoming:
        assert isinstance(self.envelope, Incoming)
        return self.envelope

    async def handle_exception(self, error: Exception) -> str:
        # Its text may quote what the sender said; the class is enough to look further.
        logger.error("lmtp: %s", type(error).__name__)
        return LATER

    # --- the commands ---

    async def handle_EHLO(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: Door, session: Session, envelope: Incoming, host: str, answers: list[str]
    ) -> list[str]:
        session.host_name = host
        return [*answers[:-1], "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read an ordinary path at once; aiosmtpd's grammar is for the others."""
        simple = SIMPLE_PATH.fullmatch(arg.strip())
        if simple is not None:
            return simple[1], simple[2]
        address, rest = super()._getaddr(arg)
        return address, rest

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's name
        announced = SIZE.search(arg or "")
        if announced and int(announced[1]) > (self.data_size_limit or 0):
            await self.push(TOO_LARGE)
            return
        await super().smtp_MAIL(arg)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: Door, session: Session, envelope: Incoming, address: str, options: list[str]
    ) -> str:
        if len(envelope.mailboxes) >= MOST_RECIPIENTS:
            return TOO_MANY
        try:
            address.encode()
            recipient = await self._desk.find(address)
        except UnicodeEncodeError:
            return UNKNOWN
        except Exception as error:  # noqa: BLE001  # a door: the sender must hear "later"
            logger.error("lmtp: a recipient could not be looked up: %s", type(error).__name__)
            return LATER
        if recipient is None:
            return UNKNOWN
        if not recipient.is_open:
            return CLOSED
        if recipient.is_full:
            return FULL
        envelope.rcpt_tos.append(address)
        envelope.mailboxes.append(recipient.mailbox)
        return "250 2.1.5 OK"

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's name
        if await self.check_helo_needed():
            return
        if not self._incoming().rcpt_tos:
            await self.push("503 5.5.1 No valid recipients")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End with <CR><LF>.<CR><LF>")
        body = await self._read_message()
        self._reset_timeout()
        answer = await self._keep(body)
        answers = [answer for _ in self._incoming().rcpt_tos]
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd's
        if self.is_closing:
            answers.append(CLOSING)
        await self.push("\r\n".join(answers))
        if self.is_closing and self.transport is not None:
            self.transport.close()

    async def _read_message(self) -> bytearray | None:
        """Read to the final dot. None: it was larger than the limit, and is thrown away.

        What is returned begins with the CRLF of the command and ends with that before
        the dot, so that the first line is one like all others.
        """
        limit = (self.data_size_limit or 0) + len(END)
        body, is_too_large = bytearray(b"\r\n"), False
        while not body.endswith(END):
            body += await self._next_part(body)
            if len(body) > limit:
                is_too_large = True
                del body[: -len(END)]
        return None if is_too_large else body[:-3]

    async def _next_part(self, body: bytearray) -> bytes:
        """Up to and with END where it is in sight, else what cannot be a beginning of it."""
        if any(body.endswith(END[:length]) for length in range(1, len(END))):
            return await self._reader.readexactly(1)
        try:
            return await self._reader.readuntil(END)
        except asyncio.LimitOverrunError as overrun:
            return await self._reader.readexactly(overrun.consumed)

    async def _keep(self, body: bytearray | None) -> str:
        if body is None:
            return TOO_LARGE
        if any(trick in body for trick in SMUGGLING):
            return SMUGGLED
        try:
            await self._desk.take_in(body, self._incoming())
        except Exception as error:  # noqa: BLE001  # a door: the sender must hear "later"
            logger.error("lmtp: a message could not be kept: %s", type(error).__name__)
            return LATER
        return KEPT


class Office:
    """The doors that are open, and how they are closed."""

    # How long sessions in hand may take to end after SIGTERM: seconds.
    PATIENCE = 30.0

    def __init__(self, *, limit: int, threads: int, nudge: Callable[[Arrival], None]) -> None:
        self._limit = limit
        self._desk = Desk(threads, nudge)
        self._doors: set[Door] = set()
        self._server: asyncio.Server | None = None

    async def open(self, listener: socket.socket) -> None:
        """Take connections from a socket that listens already."""
        loop = asyncio.get_running_loop()

        def door() -> Door:
            return Door(self._desk, self._doors, limit=self._limit, hostname="lmtp", loop=loop)

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
