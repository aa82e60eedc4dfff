"""Servers that take mail and drop it, and the loop that a bare client runs against them."""

from __future__ import annotations

import re
import shutil
import smtplib
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.population import letter
from bench.relay.letters import SIZE

_RECIPIENT = re.compile(rb"RCPT TO:<([^@>]+)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Nobody listens on {port}.")


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Postfix's own; gives its port."""
    command = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if command is None:
        raise RuntimeError("smtp-sink is not installed (apt-get install postfix)")
    port = free_port()
    process = subprocess.Popen([command, "-u", "nobody", f"127.0.0.1:{port}", "256"])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def bare_rate(port: int, seconds: float) -> float:
    """Messages a second of smtplib alone, over one connection."""
    client = smtplib.SMTP("127.0.0.1", port, timeout=30)
    client.ehlo("bench.test")
    message, count, begun = letter(SIZE), 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        client.sendmail("author@bench.test", ["person@outside.test"], message)
        count += 1
    rate = count / (time.perf_counter() - begun)
    client.quit()
    return rate


class Listener:
    """A server in this process that knows when each message came, by recipient."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        listener = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                listener._talk(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Conversation)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _talk(self, line: socketserver.StreamRequestHandler) -> None:
        line.wfile.write(b"220 listener\r\n")
        who = ""
        while said := line.rfile.readline():
            verb = said[:4].upper()
            if found := _RECIPIENT.match(said):
                who = found[1].decode()
            if verb == b"EHLO":
                line.wfile.write(b"250-listener\r\n250-8BITMIME\r\n250 PIPELINING\r\n")
            elif verb == b"DATA":
                line.wfile.write(b"354 go on\r\n")
                while line.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.came[who] = time.perf_counter()
                line.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                return
            else:
                line.wfile.write(b"250 ok\r\n")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
