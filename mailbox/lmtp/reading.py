"""Reading a message behind DATA: to CRLF.CRLF, and to nothing that only looks like it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

END = b"\r\n.\r\n"
# A line with nothing but a dot, ended otherwise than it must be. Honest senders
# double such a dot; who does not, hopes that another server ends the message there
# (CVE-2023-51764).
SMUGGLING = (b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r")


async def read_message(
    reader: asyncio.StreamReader, limit: int, came: Callable[[int], bool]
) -> bytearray | None:
    """Read to the final dot. None: it was refused on the way, and is thrown away.

    What is returned begins with the CRLF of the command and ends with that before the
    dot, so that the first line is one like all others. limit: bytes that are kept. came:
    told after each piece how many bytes are held of the message, says whether they may be.
    """
    # The command's own CRLF is put back: a dot on the very first line ends the message too,
    # and what is looked for is then always whole in the buffer, however it is cut.
    reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]  # aiosmtpd reaches in there too
    body, is_refused = bytearray(), False
    while True:
        piece, is_end = await _next_piece(reader)
        if not is_refused:
            body += piece
            is_refused = len(body) > limit + len(END) or not came(len(body))
        if is_refused:
            body.clear()
            came(0)
        if is_end:
            return None if is_refused else body[:-3]


async def _next_piece(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """Up to and with END where it is in sight, else what cannot be a beginning of it."""
    try:
        return await reader.readuntil(END), True
    except asyncio.LimitOverrunError as overrun:
        return await reader.readexactly(overrun.consumed), False


def without_doubled_dots(body: bytearray) -> bytes:
    """Take the message out of DATA's lines: body begins and ends with CRLF (RFC 5321 4.5.2)."""
    if b"\r\n." in body:
        body = body.replace(b"\r\n.", b"\r\n")
    with memoryview(body) as whole:  # a large one is not copied twice
        return bytes(whole[2:])
