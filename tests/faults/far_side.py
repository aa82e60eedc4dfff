"""The far side: an SMTP server in threads of the test, which keeps every octet and misbehaves.

At each moment of a conversation a test may put in a deed: kill somebody, say something else,
hang up. What is kept is kept before its answer, as by a server that says 250 when the message
is on its disk: whoever dies before the answer was heard cannot know.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes

# Before the answer to each: CONNECT is the greeting, MIDDLE when some of the message has come,
# DOT when all of it has and is kept, ANSWERED when its 250 has been said.
MOMENTS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "MIDDLE", "DOT", "ANSWERED", "RSET", "QUIT")
_END = b"\r\n.\r\n"
_LOCAL = re.compile(r"TO:<([^@>]+)@", re.IGNORECASE)


@dataclass(frozen=True)
class Kept:
    """A message the far side has said 250 for, or would have, had the line held."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.content)["Message-ID"])


class HungUp(Exception):
    """The line is dropped, without a word."""


class Line:
    """One conversation, from the server's side."""

    def __init__(self, far_side: FarSide, connection: socket.socket) -> None:
        self.far_side, self.connection = far_side, connection
        self.sender = ""
        self.recipients: list[str] = []
        self.content = b""
        self.keeps = True
        self._heard = b""

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hang_up(self) -> None:
        raise HungUp

    def hold(self, *, most: float = 30) -> None:
        """Say nothing until the client has gone, or the test is over."""
        self.connection.settimeout(most)
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass
        raise HungUp

    def converse(self) -> None:
        self._at("CONNECT")
        self.say(self.far_side.answers.get("CONNECT", "220 far.test"))
        while word := self._command():
            if word == "QUIT":
                return

    def _command(self) -> str:
        line = self._line()
        word = line.partition(" ")[0].upper()
        if word in MOMENTS:
            self._at(word)
        answers = self.far_side.answers
        if word == "EHLO":
            offers = ["far.test", *self.far_side.features]
            self.say(*(f"250-{each}" for each in offers[:-1]), f"250 {offers[-1]}")
        elif word == "STARTTLS":
            self._secure()
        elif word == "MAIL":
            self.sender, self.recipients = line[line.index("<") + 1 : line.index(">")], []
            self.say(answers.get("MAIL", "250 2.1.0 ok"))
        elif word == "RCPT":
            self._recipient(line)
        elif word == "DATA":
            self._message()
        else:
            self.say("221 bye" if word == "QUIT" else "250 2.0.0 ok")
        return word

    def _recipient(self, line: str) -> None:
        found = _LOCAL.search(line)
        local = found[1] if found else ""
        said = self.far_side.answer_to(local)
        if said.startswith("2"):
            self.recipients.append(line[line.index("<") + 1 : line.index(">")])
        self.say(said)

    def _message(self) -> None:
        if not self.recipients:
            self.say("503 5.5.1 nobody to send to")
            return
        self.say("354 go on")
        while len(self._heard) < 200 and _END not in self._heard:
            self._hear()
        self._at("MIDDLE")
        while _END not in self._heard:
            self._hear()
        self.content, _, self._heard = self._heard.partition(_END)
        self.content = (self.content + b"\r\n").replace(b"\r\n..", b"\r\n.")
        said = self.far_side.answers.get("DOT", "250 2.0.0 kept")
        if said.startswith("2") and not self.far_side.is_forgetful:
            self.far_side.keep(Kept(self.sender, tuple(self.recipients), self.content))
        self._at("DOT")
        self.say(said)
        self._at("ANSWERED")

    def _secure(self) -> None:
        self.say("220 go on")
        assert self.far_side.tls is not None
        self.connection.settimeout(20)
        self.connection = self.far_side.tls.wrap_socket(self.connection, server_side=True)

    def _at(self, moment: str) -> None:
        self.far_side.come_to(moment, self)

    def _line(self) -> str:
        while b"\r\n" not in self._heard:
            self._hear()
        line, _, self._heard = self._heard.partition(b"\r\n")
        return line.decode()

    def _hear(self) -> None:
        more = self.connection.recv(65536)
        if not more:
            raise HungUp
        self._heard += more


Deed = Callable[[Line], None]


class FarSide:
    """Listens until the block ends. answers: replies by moment, `people` by local part.

    features: of EHLO. is_forgetful: takes a message, and keeps none (it crashed before).
    """

    def __init__(
        self,
        *,
        features: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SIZE 50000000"),
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.features, self.tls = features, tls
        self.answers: dict[str, str] = {}
        self.people: dict[str, list[str]] = {}
        self.kept: list[Kept] = []
        self.is_forgetful = False
        self._deeds: dict[str, tuple[int, Deed]] = {}
        self._lock = threading.Lock()
        self._lines: list[tuple[threading.Thread, socket.socket]] = []
        self._door = socket.create_server(("127.0.0.1", port), reuse_port=False)
        self.port = int(self._door.getsockname()[1])
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> FarSide:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(10)
        for thread, connection in self._lines:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            thread.join(10)

    def once_at(self, moment: str, deed: Deed, *, after: int = 0) -> None:
        """Do this at the moment, once, when it has gone by `after` times."""
        assert moment in MOMENTS
        with self._lock:
            self._deeds[moment] = (after, deed)

    def is_waiting_for(self, moment: str) -> bool:
        """Whether the deed of that moment has not been done yet."""
        with self._lock:
            return moment in self._deeds

    def is_well(self) -> None:
        """From now on it does everything right."""
        with self._lock:
            self._deeds.clear()
            self.answers.clear()
            self.people.clear()
            self.is_forgetful = False

    def come_to(self, moment: str, line: Line) -> None:
        with self._lock:
            after, deed = self._deeds.get(moment, (0, None))
            if deed is not None and after:
                self._deeds[moment] = (after - 1, deed)
                deed = None
            elif deed is not None:
                del self._deeds[moment]
        if deed is not None:
            deed(line)

    def answer_to(self, local: str) -> str:
        """What is said to a RCPT; the last of several answers holds for good."""
        with self._lock:
            said = self.people.get(local) or [self.answers.get("RCPT", "250 2.1.5 ok")]
            return said.pop(0) if len(said) > 1 else said[0]

    def keep(self, kept: Kept) -> None:
        with self._lock:
            self.kept.append(kept)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            connection.settimeout(60)
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            # A twin: TLS takes the first for itself.
            self._lines.append((thread, connection.dup()))
            thread.start()

    def _converse(self, connection: socket.socket) -> None:
        line = Line(self, connection)
        # The client may die at every moment, and say anything.
        with contextlib.suppress(OSError, HungUp, UnicodeDecodeError):
            line.converse()
        with contextlib.suppress(OSError):
            line.connection.shutdown(socket.SHUT_RDWR)
        line.connection.close()
        connection.close()
