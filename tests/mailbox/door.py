"""A real lmtpd beside the test, and somebody who speaks LMTP with it octet by octet."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailbox.sealing import key_files
from mailbox.sealing.keyring import StoredKeyring
from tests import processes


@dataclass
class Lmtpd:
    process: subprocess.Popen[str]
    port: int

    def call(self) -> Caller:
        return Caller(self.port)

    def kill(self) -> None:
        """kill -9, the parent and with it, at once, its children."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process.poll() is None:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Caller:
    """A connection. `say` sends lines as they are and returns as many replies as it is told."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._file = self._socket.makefile("rb")
        try:
            greeting = self.reply()
        except OSError:
            greeting = ""
        if not greeting.startswith("220"):
            self.close()
            raise ConnectionError("nobody greets")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self) -> str:
        """One reply; its lines joined by newlines. Empty when the other side has hung up."""
        lines = []
        while line := self._file.readline().decode().rstrip("\r\n"):
            lines.append(line)
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    def say(self, *commands: str) -> list[str]:
        """Send commands together (PIPELINING) and return the reply to each."""
        self.send("".join(f"{command}\r\n" for command in commands).encode())
        return [self.reply() for _ in commands]

    def hello(self) -> str:
        return self.say("LHLO test.example")[0]

    def deliver(self, message: bytes, *recipients: str) -> list[str]:
        """Offer a message, its dots doubled here; return the replies after the final dot."""
        self.say("MAIL FROM:<dara@elsewhere.example>")
        taken = [one for one in recipients if self.say(f"RCPT TO:<{one}>")[0].startswith("250")]
        (go,) = self.say("DATA")
        assert go.startswith("354"), go
        self.send((b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        return [self.reply() for _ in taken]

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@contextmanager
def running(
    keyring: StoredKeyring, folder: Path, *, count: int = 1, port: int = 0, **changes: str
) -> Iterator[Lmtpd]:
    """Run lmtpd with the keyring of its role until the block ends."""
    lmtpd = start(keyring, folder, count=count, port=port, **changes)
    try:
        yield lmtpd
    finally:
        lmtpd.end()


def start(
    keyring: StoredKeyring, folder: Path, *, count: int = 1, port: int = 0, **changes: str
) -> Lmtpd:
    """port: where an MTA expects it; 0: any that is free."""
    file = folder / "lmtp.json"
    if not file.exists():
        key_files.write(file, keyring)
    arguments = ("manage.py", "lmtpd", "--port", str(port), "--processes", str(count))
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=processes.ROOT,
        env=processes.environment(KEYRING_FILE=str(file), LMTP_HOST="127.0.0.1", **changes),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said.startswith("LMTP listens on"), said
    return Lmtpd(process, int(said.rpartition(":")[2]))
