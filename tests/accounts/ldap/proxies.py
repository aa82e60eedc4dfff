"""A wire that is cut: it carries what a server says, up to so many bytes, and then no more."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType


class Cut:
    """Listens on `port`, speaks to a server on this machine, and is cut after so many bytes.

    then: called at that moment, before the connection is closed.
    """

    def __init__(self, server: int, *, after: int, then: Callable[[], None]) -> None:
        self._server, self._left, self._then = server, after, then
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.carried, self.was_cut = 0, False

    def __enter__(self) -> Cut:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._door.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._door.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                there = threading.Thread(target=_carry, args=(client, server), daemon=True)
                there.start()
                self._back(server, client)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with server, client, contextlib.suppress(OSError):
            while octets := server.recv(8192):
                self._left -= len(octets)
                if self._left < 0:
                    self.was_cut = True
                    self._then()
                    return
                client.sendall(octets)
                self.carried += len(octets)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(8192):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)
