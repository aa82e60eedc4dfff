"""A server on loopback that says exactly what a test tells it to, word by word.

For what no well-made server does, and for extensions that aiosmtpd does not know:
PIPELINING and CHUNKING.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailbox.smtp.gateway import SmtpGateway

PIPELINING = ("PIPELINING", "8BITMIME", "SIZE 1000000")
CHUNKING = (*PIPELINING, "CHUNKING")


class Talk:
    """One conversation, from the server's side. lines: what was heard; packets: as it came."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.lines: list[bytes] = []
        self.packets: list[bytes] = []
        self.content = b""
        self._heard = b""

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> bytes:
        """One line, without its end; b"" when the client has gone."""
        while b"\r\n" not in self._heard:
            if not self._more():
                return b""
        line, _, self._heard = self._heard.partition(b"\r\n")
        self.lines.append(line)
        return line

    def hear_octets(self, count: int) -> bytes:
        while len(self._heard) < count and self._more():
            pass
        self.content, self._heard = self._heard[:count], self._heard[count:]
        return self.content

    def hear_content(self) -> bytes:
        while not (self._heard.endswith(b"\r\n.\r\n") or self._heard == b".\r\n"):
            if not self._more():
                break
        self.content, self._heard = self._heard, b""
        return self.content

    def _more(self) -> bool:
        packet = self.connection.recv(65536)
        self.packets.append(packet)
        self._heard += packet
        return bool(packet)

    def greet(self, *features: str) -> None:
        """Greet, and answer EHLO with these."""
        self.say("220 gateway.test")
        self.hear()
        offers = ["gateway.test", *features]
        self.say(*(f"250-{line}" for line in offers[:-1]), f"250 {offers[-1]}")

    def answer(self, **answers: str) -> None:
        """Answer as a good server does, or by first word as told, until the client has gone.

        `end` is the answer to the message; RCPT is looked up by local part first.
        """
        while line := self.hear():
            word = line.split(b" ")[0].decode().lower()
            local = re.search(rb"TO:<([a-z]+)@", line)
            said = answers.get(local[1].decode() if local else word, answers.get(word, ""))
            if word == "bdat":
                self.hear_octets(int(line.split()[1]))
                said = answers.get("end", "")
            self.say(said or ("354 go on" if word == "data" else "250 2.0.0 ok"))
            if word == "data" and not said or said.startswith("354"):
                self.hear_content()
                self.say(answers.get("end", "250 2.0.0 taken"))
            if said.startswith("421"):
                return


Script = Callable[[Talk], None]


@dataclass
class Server:
    """Where it listens, and the conversations it had."""

    port: int
    talks: list[Talk] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def gateway(self) -> SmtpGateway:
        return SmtpGateway("127.0.0.1", self.port, security="loopback", timeout=10)

    @property
    def lines(self) -> list[bytes]:
        return [line for talk in self.talks for line in talk.lines]


@contextmanager
def server(*scripts: Script) -> Iterator[Server]:
    """A server that has these conversations, in the order in which they are begun."""
    door = socket.create_server(("127.0.0.1", 0))
    made = Server(door.getsockname()[1])
    thread = threading.Thread(target=_serve, args=(door, made, scripts), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        with contextlib.suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        for each in [thread, *made.threads]:
            each.join(10)


def _serve(door: socket.socket, made: Server, scripts: Sequence[Script]) -> None:
    for script in scripts:
        try:
            connection, _ = door.accept()
        except OSError:
            return
        connection.settimeout(20)
        made.talks.append(Talk(connection))
        thread = threading.Thread(target=_converse, args=(made.talks[-1], script), daemon=True)
        made.threads.append(thread)
        thread.start()


def _converse(talk: Talk, script: Script) -> None:
    with talk.connection, contextlib.suppress(OSError):
        script(talk)


def good(*features: str, **answers: str) -> Script:
    """A conversation with these extensions and these answers; see `Talk.answer`."""

    def script(talk: Talk) -> None:
        talk.greet(*(features or ("8BITMIME",)))
        talk.answer(**answers)

    return script
