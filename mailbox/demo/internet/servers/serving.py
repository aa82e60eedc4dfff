"""Doors that are open: one thread accepts for all, and each connection has a thread of its own."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Iterable

from mailbox.demo.internet.servers import mail, web
from mailbox.demo.internet.servers.doors import Door
from mailbox.demo.internet.servers.lines import Lines
from mailbox.demo.internet.servers.tls import context_of

_SECONDS = 30
_FREEBIND = 78  # linux/in6.h
_SERVE = {"http": web.serve, "https": web.serve_within_tls, "smtp": mail.smtp, "imap": mail.imap}


class Servers:
    """Serves all doors from the start; OSError where one cannot be opened."""

    def __init__(self, doors: Iterable[Door]) -> None:
        self._selector = selectors.DefaultSelector()
        try:
            for door in doors:
                for address in door.addresses:
                    self._selector.register(_listen(address, door.port), 1, door)
        except OSError:
            self.close()
            raise
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close every door; whoever is inside may end what it does."""
        for key in list(self._selector.get_map().values()):
            _socket_of(key).close()

    def _accept(self) -> None:
        while True:
            for key, _events in self._selector.select():
                with contextlib.suppress(OSError):
                    connection, _peer = _socket_of(key).accept()
                    serve = threading.Thread(target=_serve, args=(key.data, connection))
                    serve.daemon = True
                    serve.start()


def _socket_of(key: selectors.SelectorKey) -> socket.socket:
    if not isinstance(key.fileobj, socket.socket):
        raise TypeError(key.fileobj)
    return key.fileobj


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # A whole network may lead here, though none of its addresses is an interface's.
            listener.setsockopt(socket.IPPROTO_IPV6, _FREEBIND, 1)
        listener.bind((address, port))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


def _serve(door: Door, connection: socket.socket) -> None:
    connection.settimeout(_SECONDS)
    # Whatever a client does, and its going away, is no news here.
    with contextlib.suppress(OSError, ssl.SSLError, ValueError), Lines(connection) as lines:
        _SERVE[door.kind](door, lines, lambda: context_of(door.tls))
