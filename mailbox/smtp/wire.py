"""The wire: octets to an SMTP server, whole replies back, and never more than we can hold.

A server may drip, hang, talk without end or talk nonsense: a reply is read within
a time, a length and a number of lines, and whatever breaks those ends the
connection. RFC 5321 §4.2 (replies), §4.5.3 (sizes and time limits).
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import time
from typing import NamedTuple

# RFC 5321 §4.5.3.1.5 asks for 512; servers that greet with a poem are let be.
LONGEST_LINE = 2048
MOST_LINES = 128
_CHUNK = 65536
# What a server may take to swallow a whole message: 25 MB at 1 Mbit/s where patience is a minute.
# With the answer to it this stays well within the relay's lease, which is thirty patiences.
_SWALLOWING = 4
_LONGEST_SWALLOWING = 600.0
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)


class Broken(Exception):
    """The connection is of no more use; the words are technical, without any address."""


class TimedOut(Broken):
    """The server was silent for too long."""


class Garbled(Broken):
    """The server said what no SMTP server says: what belongs to what cannot be told any more."""


class Reply(NamedTuple):
    """One reply: its code, and the words of all its lines, joined by line feeds."""

    code: int
    text: bytes

    @property
    def is_good(self) -> bool:
        return 200 <= self.code < 300


class Wire:
    """One connected socket. patience: seconds to wait for each reply and each send."""

    def __init__(self, sock: socket.socket, patience: float) -> None:
        self._sock = sock
        self._patience = patience
        self._heard = b""
        sock.settimeout(patience)
        # Short commands in small packets: none may wait for the other side's delayed ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def secure(self, context: ssl.SSLContext, name: str) -> str:
        """Begin TLS, verified by name; return its version. Raises ssl.SSLError and OSError.

        What was said in clear before it counts for nothing (the STARTTLS injections of
        CVE-2011-0411): Garbled where something was.
        """
        if self._heard:
            raise Garbled("words before TLS")
        self._sock.settimeout(self._patience)
        secured = context.wrap_socket(self._sock, server_hostname=name)
        self._sock = secured
        return secured.version() or ""

    @property
    def certificate(self) -> dict[str, object]:
        """The server's verified certificate as `ssl` gives it; empty in clear text."""
        if isinstance(self._sock, ssl.SSLSocket):
            return dict(self._sock.getpeercert() or {})
        return {}

    def send(self, octets: bytes) -> None:
        """Send all of it, or raise Broken: then the last octet has not been sent."""
        if self._heard:
            raise Garbled("an answer that nobody asked for")
        self._sock.settimeout(self._patience)
        try:
            if len(octets) <= _CHUNK:
                self._sock.sendall(octets)
            else:
                self._send_long(octets)
        except TimeoutError as error:
            raise TimedOut("it stopped listening") from error
        except OSError as error:
            raise Broken(type(error).__name__) from error

    def _send_long(self, octets: bytes) -> None:
        """The time limit is each chunk's own (`sendall` has one for the whole)."""
        allowed = min(self._patience * _SWALLOWING, _LONGEST_SWALLOWING)
        deadline = time.monotonic() + allowed
        rest = memoryview(octets)
        while rest:
            if time.monotonic() > deadline:
                raise TimeoutError
            rest = rest[self._sock.send(rest[:_CHUNK]) :]

    def reply(self, patience: float | None = None) -> Reply:
        """Read one whole reply. patience: seconds for all of it; raises Broken."""
        allowed = self._patience if patience is None else patience
        deadline = time.monotonic() + allowed
        code, lines = 0, []
        for _ in range(MOST_LINES):
            found = _LINE.fullmatch(self._line(deadline))
            if found is None or code not in (0, int(found[1])):
                raise Garbled("not a reply of SMTP")
            code = int(found[1])
            lines.append((found[3] or b"").strip())
            if found[2] != b"-":
                return Reply(code, b"\n".join(lines))
        raise Garbled("a reply without an end")

    def last_words(self) -> Reply | None:
        """A reply that lies there already, after the server has ended the conversation."""
        try:
            return self.reply(0.1)
        except Broken:
            return None

    def is_quiet(self) -> bool:
        """Whether the server has neither hung up nor said anything unasked since."""
        if self._heard or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
            return False
        try:
            poll = select.poll()
            poll.register(self._sock, select.POLLIN | select.POLLHUP | select.POLLERR)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.close()

    def _line(self, deadline: float) -> bytes:
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) > LONGEST_LINE:
                raise Garbled("a line without an end")
            self._hear(deadline)
        line, self._heard = self._heard[:end], self._heard[end + 1 :]
        if end > LONGEST_LINE:
            raise Garbled("a line without an end")
        return line.rstrip(b"\r")

    def _hear(self, deadline: float) -> None:
        """Take what has come, a little at a time: 10 MB of it must cost nothing."""
        left = deadline - time.monotonic()
        if left <= 0:  # it drips
            raise TimedOut("no answer in time")
        self._sock.settimeout(left)
        try:
            heard = self._sock.recv(4096)
        except TimeoutError as error:
            raise TimedOut("no answer in time") from error
        except OSError as error:
            raise Broken(type(error).__name__) from error
        if not heard:
            raise Broken("closed by the server")
        self._heard += heard
