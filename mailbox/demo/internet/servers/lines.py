"""A connection as lines, before TLS and within it."""

from __future__ import annotations

import contextlib
import socket
import ssl
from types import TracebackType
from typing import Self

_MOST = 64 * 1024


class Lines:
    """Raises OSError or ValueError when the client is gone, too slow or too loud."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, where: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def next(self) -> str:
        while b"\n" not in self._held:
            got = self._connection.recv(4096)
            if not got or len(self._held) > _MOST:
                raise ValueError("no line")
            self._held += got
        line, _, self._held = self._held.partition(b"\n")
        return line.decode("latin-1").rstrip("\r")

    def say(self, *lines: str) -> None:
        self.send("".join(f"{line}\r\n" for line in lines).encode())

    def send(self, octets: bytes) -> None:
        self._connection.sendall(octets)

    def start_tls(self, context: ssl.SSLContext, *, keep: bool = False) -> None:
        """Go on within TLS; what came before it is thrown away unless it is to be kept."""
        held = self._held
        self._held = b""
        self._connection = context.wrap_socket(self._connection, server_side=True)
        self._held = held if keep else b""
