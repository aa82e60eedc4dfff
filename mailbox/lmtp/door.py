"""One connection at the door.

aiosmtpd speaks the commands; the message itself is read in `reading`, because a door for
mail must end it at CRLF.CRLF and at nothing that only looks like it, keep lines of any
length, and answer for every recipient. Nothing the other side says about a third party
(XFORWARD) is believed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import defaultdict
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session, syntax

from mailbox.inbound.receiving import Incoming
from mailbox.inbound.recipients import MOST_RECIPIENTS, Recipient, Refusal
from mailbox.lmtp import replies
from mailbox.lmtp.desk import Desk
from mailbox.lmtp.limits import Limits, Load
from mailbox.lmtp.reading import SMUGGLING, read_message

logger = logging.getLogger(__name__)

SIMPLE_PATH = re.compile(r"<([^<>\s\"\\@]+@[^<>\s\"\\@]+)>(.*)", re.DOTALL)
SIZE = re.compile(r"\sSIZE=(\d{1,20})", re.IGNORECASE)
# How long somebody who was told to go may take to hear it: seconds.
FAREWELL = 2.0


class Transaction(Envelope):
    """A transaction: recipients[i] is behind rcpt_tos[i]."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: list[Recipient] = []
        self.announced = 0

    @property
    def return_path(self) -> str:
        return "" if self.mail_from in (None, "<>") else str(self.mail_from)


class Door(LMTP):
    """Speaks with one MTA, for as long and as much as the limits say."""

    # How much is read at once, and the longest command line; a message's lines have no limit.
    line_length_limit = 128 * 1024
    command_size_limits: dict[str, int] = defaultdict(lambda: 4096)

    def __init__(
        self, desk: Desk, open_doors: set[Door], *, limits: Limits, load: Load, **options: Any
    ) -> None:
        super().__init__(
            self,
            data_size_limit=limits.message,
            enable_SMTPUTF8=True,
            ident="GovMail Portal",
            hostname="lmtp",
            timeout=limits.idle,
            **options,
        )
        self._desk = desk
        self._open_doors = open_doors
        self._limits, self._load = limits, load
        self._held = self._messages = self._refusals = 0
        self._message_ends_by = 0.0
        self._farewell = replies.SILENT
        self._why_refused = replies.TOO_LARGE
        self.is_closing = False

    # --- the connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_doors.add(self)
        self._load.connections += 1
        super().connection_made(transport)
        if self._load.is_crowded:
            self._say_farewell(replies.CROWDED)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_doors.discard(self)
        self._load.connections -= 1
        super().connection_lost(error)

    def close_soon(self) -> None:
        """End the connection: at once if nothing is in hand, else after the next answer to DATA."""
        self.is_closing = True
        if self.transport is not None and not self._transaction().mail_from:
            self._say_farewell(replies.CLOSING)

    def _timeout_cb(self) -> None:
        logger.warning("lmtp: a connection was ended: too slow or silent")
        self._say_farewell(self._farewell)

    def _say_farewell(self, reply: str) -> None:
        """Say a last word and hang up, also on those who do not listen."""
        transport: Any = self.transport
        if transport is None or transport.is_closing():
            return
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        with contextlib.suppress(OSError, RuntimeError):
            transport.write(f"{reply}\r\n".encode())
        transport.close()  # which waits until everything written is taken
        self.loop.call_later(FAREWELL, transport.abort)

    def _create_envelope(self) -> Transaction:
        return Transaction()

    # A method: aiosmtpd looks at every attribute before there is an envelope.
    def _transaction(self) -> Transaction:
        assert isinstance(self.envelope, Transaction)
        return self.envelope

    async def handle_exception(self, error: Exception) -> str:
        # Its text may quote what the sender said; the class is enough to look further.
        logger.error("lmtp: %s", type(error).__name__)
        return replies.LATER

    # --- the commands ---

    async def handle_EHLO(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: Door, session: Session, envelope: Envelope, host: str, answers: list[str]
    ) -> list[str]:
        session.host_name = host
        return [*answers[:-1], "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def smtp_XFORWARD(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's way
        """Take note of nothing: whom a letter came from is said by its trace, not by this."""
        await self.push(replies.IGNORED)

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
        size = int(announced[1]) if announced else 0
        if size > self._limits.message:
            await self.push(replies.TOO_LARGE)
        elif self._messages >= self._limits.messages or self._refusals >= self._limits.refusals:
            self._say_farewell(replies.ENOUGH)
        elif not self._load.has_room_for(size):
            await self.push(replies.BUSY)
        elif not await self._desk.has_room():
            await self.push(replies.NO_ROOM)
        else:
            self._transaction().announced = size
            await super().smtp_MAIL(arg)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: Door, session: Session, envelope: Transaction, address: str, _: list[str]
    ) -> str:
        if len(envelope.recipients) >= MOST_RECIPIENTS:
            return replies.TOO_MANY
        try:
            address.encode()
            recipient = await self._desk.find(address)
        except UnicodeEncodeError:
            return replies.REFUSALS[Refusal.UNKNOWN]
        except Exception as error:  # noqa: BLE001  # a door: the sender must hear "later"
            logger.error("lmtp: a recipient could not be looked up: %s", type(error).__name__)
            return replies.LATER
        if recipient.refusal is not None:
            self._refusals += 1
            return replies.REFUSALS[recipient.refusal]
        envelope.rcpt_tos.append(address)
        envelope.recipients.append(recipient)
        return replies.OK

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802  # aiosmtpd's name
        transaction = self._transaction()
        if await self.check_helo_needed():
            return
        if not transaction.rcpt_tos:
            await self.push("503 5.5.1 No valid recipients")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        if not self._load.has_room_for(transaction.announced):
            await self.push(replies.BUSY)
            return
        self._messages += 1
        answers = await self._message(transaction)
        self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd's
        if self.is_closing:
            answers.append(replies.CLOSING)
        await self.push("\r\n".join(answers))
        if self.is_closing and self.transport is not None:
            self.transport.close()

    # --- the message ---

    async def _message(self, transaction: Transaction) -> list[str]:
        """Read the message and have it kept; return the answer to each recipient."""
        self._hold(transaction.announced)
        self._why_refused = replies.TOO_LARGE
        self._message_ends_by = self.loop.time() + self._limits.message_seconds
        self._farewell = replies.TOO_SLOW
        self._reset_timeout(min(self._limits.idle, self._limits.message_seconds))
        await self.push("354 End with <CR><LF>.<CR><LF>")
        try:
            body = await read_message(self._reader, self._limits.message, self._came)
            self._farewell = replies.SILENT
            self._reset_timeout()
            if body is None:
                return [self._why_refused] * len(transaction.rcpt_tos)
            return await self._keep(body, transaction)
        finally:
            self._hold(0)

    def _came(self, size: int) -> bool:
        """Count what is held of the message, and give it the time that is left to it."""
        left = self._message_ends_by - self.loop.time()
        self._reset_timeout(max(0.001, min(self._limits.idle, left)))
        if not self._load.has_room_for(size, own=self._held):
            self._why_refused = replies.BUSY
            return False
        if size == 0 or size > self._held:
            self._hold(size)
        return True

    def _hold(self, size: int) -> None:
        self._load.bytes += size - self._held
        self._held = size

    async def _keep(self, body: bytearray, transaction: Transaction) -> list[str]:
        everybody = len(transaction.rcpt_tos)
        if any(trick in body for trick in SMUGGLING):
            return [replies.SMUGGLED] * everybody
        incoming = Incoming(
            sender=transaction.return_path,
            addresses=[str(address) for address in transaction.rcpt_tos],
            recipients=transaction.recipients,
            options=[str(option) for option in transaction.mail_options],
        )
        try:
            refused = await self._desk.receive(body, incoming)
        except Exception as error:  # noqa: BLE001  # a door: the sender must hear "later"
            logger.error("lmtp: a message could not be kept: %s", type(error).__name__)
            return [replies.LATER] * everybody
        return [replies.REFUSALS[refusal] if refusal else replies.KEPT for refusal in refused]
