"""The demo's DNS at its addresses, over UDP and TCP."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Sequence

from mailbox.demo.internet.zones import Zones

# What goes through everywhere in one piece (DNS flag day 2020).
_MOST = 1232
_SECONDS = 10


class Resolver:
    """Answers until `close`; a thread waits at each door. Raises OSError where one is taken."""

    def __init__(self, zones: Zones, addresses: Sequence[str], port: int) -> None:
        self._zones = zones
        self._doors: list[socket.socket] = []
        for address in addresses:
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._doors.append(datagrams)
            datagrams.bind((address, port))
            streams = socket.create_server((address, port))
            self._doors.append(streams)
            threading.Thread(target=self._datagrams, args=(datagrams,), daemon=True).start()
            threading.Thread(target=self._streams, args=(streams,), daemon=True).start()

    def close(self) -> None:
        for door in self._doors:
            # Whoever waits there is woken.
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()

    def _datagrams(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                question, whence = door.recvfrom(_MOST)
                if (answer := self._zones.answer(question, most=_MOST)) is not None:
                    door.sendto(answer, whence)

    def _streams(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _whence = door.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as coming:
            while length := coming.read(2):
                question = coming.read(struct.unpack("!H", length)[0])
                answer = self._zones.answer(question)
                if answer is None:
                    return
                connection.sendall(struct.pack("!H", len(answer)) + answer)
