"""A filter in rspamd's place: speaks Postfix's milter protocol, and writes what rspamd would.

Sendmail's libmilter protocol, version 6, as far as Postfix speaks it: packets of a 32-bit
length, a letter and data.
"""

from __future__ import annotations

import contextlib
import socketserver
import struct
import threading
from collections.abc import Iterator

NAME = "mx.portal.example"
FOUND = f"{NAME}; spf=pass smtp.mailfrom=elsewhere.example"
_ADDS_HEADERS, _VERSION = 0x01, 6
# These are told, and want no answer: macros, abort, quit.
_TOLD = b"DAK"


class _Filter(socketserver.StreamRequestHandler):
    """One connection of Postfix's."""

    def handle(self) -> None:
        is_spam = False
        while (packet := self._packet()) is not None:
            kind, data = packet[:1], packet[1:]
            if kind == b"Q":
                return
            if kind == b"O":
                self._say(b"O" + struct.pack(">III", _VERSION, _ADDS_HEADERS, 0))
            elif kind == b"M":
                is_spam = b"spam@" in data
                self._say(b"c")
            elif kind == b"E":
                self._add("Authentication-Results", FOUND)
                if is_spam:
                    self._add("X-Spam", "Yes")
                self._say(b"a")
            elif kind not in _TOLD:
                self._say(b"c")

    def _packet(self) -> bytes | None:
        length = self.rfile.read(4)
        return self.rfile.read(struct.unpack(">I", length)[0]) if len(length) == 4 else None

    def _say(self, packet: bytes) -> None:
        self.wfile.write(struct.pack(">I", len(packet)) + packet)

    def _add(self, name: str, value: str) -> None:
        """As rspamd with `default_headers_order = 1`: behind the newest Received."""
        self._say(b"i" + struct.pack(">I", 1) + f"{name}\0{value}\0".encode())


@contextlib.contextmanager
def running() -> Iterator[int]:
    """Run the filter until the block ends; give its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Filter) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join(5)
