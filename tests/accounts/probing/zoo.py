"""A zoo of servers on loopback, good and bad, that speak raw octets.

Each cage is a function of one `Talk`, run in a thread for each connection. `serving(cage)` gives
the port; what a test wants to know of the visit stands in `Kept`.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from accounts.probing.dns import Dns
from accounts.probing.ground import Ground
from accounts.probing.outbound import Outbound
from tests.accounts.probing.certificates import Identity

ADDRESS = "127.0.0.1"
Cage = Callable[["Talk"], None]


class Talk:
    """One connection as the server has it. Ends quietly when the visitor leaves."""

    def __init__(self, sock: socket.socket, stopped: threading.Event, kept: list[bytes]) -> None:
        self.sock, self.stopped, self._kept = sock, stopped, kept
        self._heard = b""

    def say(self, *lines: bytes) -> None:
        self.sock.sendall(b"".join(line + b"\r\n" for line in lines))

    def hear(self) -> bytes:
        """The next line; OSError when there will be none."""
        while b"\n" not in self._heard:
            came = self.sock.recv(4096)
            if not came:
                raise ConnectionResetError
            self._heard += came
        line, _, self._heard = self._heard.partition(b"\n")
        self._kept.append(line.rstrip(b"\r"))
        return self._kept[-1]

    def secure(self, context: ssl.SSLContext, *, forgets: bool = True) -> None:
        """Go on within TLS. forgets: what came before is dropped, as it must be."""
        self.sock = context.wrap_socket(self.sock, server_side=True)
        if forgets:
            self._heard = b""

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


@dataclass
class Kept:
    """What a server remembers: its port, how many came, and the lines they said."""

    port: int
    visits: int = 0
    heard: list[bytes] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)


class _House:
    """The door of a cage, and its visitors."""

    def __init__(self, cage: Cage, address: str) -> None:
        self.cage, self.stopped = cage, threading.Event()
        self.door = socket.create_server((address, 0))
        self.kept = Kept(self.door.getsockname()[1])
        self._visits: list[tuple[threading.Thread, socket.socket]] = []
        self._waiting = threading.Thread(target=self._wait, daemon=True)
        self._waiting.start()

    def _wait(self) -> None:
        while not self.stopped.is_set():
            try:
                sock, _ = self.door.accept()
            except OSError:
                return
            self.kept.visits += 1
            thread = threading.Thread(target=self._meet, args=[sock], daemon=True)
            # TLS takes the socket over; this one ends the visit whatever became of that.
            self._visits.append((thread, sock.dup()))
            thread.start()

    def _meet(self, sock: socket.socket) -> None:
        talk = Talk(sock, self.stopped, self.kept.heard)
        try:
            self.cage(talk)
        except OSError:
            pass
        except BaseException as error:  # noqa: BLE001  (a broken cage fails its test)
            self.kept.errors.append(error)
        finally:
            talk.hang_up()
            talk.sock.close()

    def close(self) -> None:
        self.stopped.set()
        self.door.shutdown(socket.SHUT_RDWR)
        self._waiting.join(5)
        self.door.close()
        for thread, sock in self._visits:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
            thread.join(5)


@contextmanager
def serving(cage: Cage, address: str = ADDRESS) -> Iterator[Kept]:
    """Keep a server until the block ends."""
    house = _House(cage, address)
    try:
        yield house.kept
    finally:
        house.close()
    assert house.kept.errors == []


def ground_for(*ports: tuple[int, int], **more: Any) -> Ground:
    """A ground that has loopback, and each well-known port where a test put it."""
    chosen: dict[str, Any] = {
        "name": "probe.portal.test",
        "probe_seconds": 10,
        "also": (ip_network("127.0.0.0/8"),),
    }
    return Ground(ports=dict(ports), **chosen | more)


def outbound_to(*ports: tuple[int, int], **more: Any) -> Outbound:
    ground = ground_for(*ports, **more)
    return Outbound(ground, Dns(ground))


# --- TLS -------------------------------------------------------------------------------------


def context_of(
    identity: Identity,
    *,
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    most: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """A server's side. Who asks for TLS 1.1 or less is warned by Python, and means it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Old protocols and weak keys are what is to be found.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = least, most
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(identity.file_in(Path(folder)))
    return context


def https(context: ssl.SSLContext, answer: bytes = b"") -> Cage:
    """A handshake, and then perhaps an answer to whatever is asked."""

    def cage(talk: Talk) -> None:
        talk.secure(context)
        while answer:
            while talk.hear():
                pass
            talk.say(answer)
            talk.hang_up()

    return cage


def garbage(talk: Talk) -> None:
    """A ClientHello is answered with what is no record of TLS."""
    talk.sock.recv(4096)
    talk.sock.sendall(bytes(range(256)) * 4)
    talk.hang_up()


def half_a_record(talk: Talk) -> None:
    """A record that promises 16 KiB and brings three octets; then nothing."""
    talk.sock.recv(4096)
    talk.sock.sendall(b"\x16\x03\x03\x40\x00abc")
    talk.stopped.wait(30)


def alert(talk: Talk) -> None:
    """A fatal alert: handshake failure."""
    talk.sock.recv(4096)
    talk.sock.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
    talk.hang_up()


def hang_up(talk: Talk) -> None:
    """Closes at once."""
    talk.hang_up()


def silence(talk: Talk) -> None:
    """Accepts, and says nothing."""
    talk.stopped.wait(30)


def with_a_certificate(der: bytes) -> Cage:
    """A TLS 1.2 server that sends these octets as its certificate, whatever they are."""
    body = len(der).to_bytes(3, "big") + der
    certificates = b"\x0b" + _sized(3, _sized(3, body))
    hello = b"\x02" + _sized(
        3, b"\x03\x03" + b"\x00" * 32 + b"\x00" + b"\xc0\x2f\x00" + b"\x00\x00"
    )

    def cage(talk: Talk) -> None:
        talk.sock.recv(4096)
        talk.sock.sendall(b"".join(b"\x16\x03\x03" + _sized(2, m) for m in (hello, certificates)))
        talk.sock.recv(4096)
        talk.hang_up()

    return cage


def _sized(octets: int, body: bytes) -> bytes:
    return len(body).to_bytes(octets, "big") + body


# --- SMTP ------------------------------------------------------------------------------------


def smtp(
    context: ssl.SSLContext | None = None,
    *,
    extensions: tuple[bytes, ...] = (b"PIPELINING", b"8BITMIME"),
    banner: bytes = b"220 mail.agency.test ESMTP",
    forgets: bool = True,
) -> Cage:
    """A mail server; context: it offers STARTTLS. forgets=False: what was said before TLS is
    answered within it (CVE-2011-0411).
    """
    return partial(_smtp, context, extensions, banner, forgets)


def _smtp(
    context: ssl.SSLContext | None,
    extensions: tuple[bytes, ...],
    banner: bytes,
    forgets: bool,
    talk: Talk,
) -> None:
    talk.say(banner)
    while True:
        word = talk.hear().upper()
        if word.startswith(b"EHLO"):
            can_begin = context is not None and not isinstance(talk.sock, ssl.SSLSocket)
            offered = (*extensions, b"STARTTLS") if can_begin else extensions
            lines = [b"mail.agency.test", *offered]
            talk.say(*(b"250-" + line for line in lines[:-1]), b"250 " + lines[-1])
        elif word == b"STARTTLS" and context is not None:
            talk.say(b"220 2.0.0 Ready")
            talk.secure(context, forgets=forgets)
        elif word == b"QUIT":
            talk.say(b"221 2.0.0 Bye")
            return
        else:
            talk.say(b"250 2.0.0 Ok" if word == b"NOOP" else b"502 5.5.2 What?")


def says_it_is_busy(talk: Talk) -> None:
    talk.say(b"421 4.3.2 Too many of you")
    talk.hang_up()


def hangs_up_at_starttls(talk: Talk) -> None:
    """Offers STARTTLS, says 220 to it, and is gone."""
    talk.say(b"220 mail.agency.test ESMTP")
    talk.hear()
    talk.say(b"250-mail.agency.test", b"250 STARTTLS")
    talk.hear()
    talk.say(b"220 Ready")
    talk.hang_up()


def takes_starttls_back(talk: Talk) -> None:
    """Offers STARTTLS, and has no certificate when it comes to it."""
    talk.say(b"220 mail.agency.test ESMTP")
    talk.hear()
    talk.say(b"250-mail.agency.test", b"250 STARTTLS")
    talk.hear()
    talk.say(b"454 4.7.0 TLS not available")
    talk.hear()
    talk.say(b"221 Bye")


def tarpit(talk: Talk) -> None:
    """A banner without an end, one octet at a time."""
    talk.sock.sendall(b"220-")
    while not talk.stopped.wait(0.2):
        talk.sock.sendall(b"a")


def banner_bomb(talk: Talk) -> None:
    """Lines without an end, as fast as they go."""
    while not talk.stopped.is_set():
        talk.sock.sendall((b"220-" + b"a" * 500 + b"\r\n") * 100)


def one_long_line(talk: Talk) -> None:
    while not talk.stopped.is_set():
        talk.sock.sendall(b"220 " + b"a" * 65536)


def injects_a_response(context: ssl.SSLContext) -> Cage:
    """What a man in the middle adds to the answer to STARTTLS, in clear and in the same packet."""

    def cage(talk: Talk) -> None:
        talk.say(b"220 mail.agency.test ESMTP")
        talk.hear()
        talk.say(b"250-mail.agency.test", b"250 STARTTLS")
        talk.hear()
        talk.say(b"220 Ready", b"250-mail.agency.test", b"250 AUTH PLAIN")
        talk.secure(context)
        talk.hear()
        talk.say(b"221 Bye")

    return cage


# --- Signing in ------------------------------------------------------------------------------


def answering(greeting: bytes, answers: dict[bytes, tuple[bytes, ...]], **more: Any) -> Cage:
    """Greets, and has an answer to each line it knows. tls: within TLS from the start."""
    return partial(_answer, greeting, answers, more.get("tls"))


def _answer(
    greeting: bytes,
    answers: dict[bytes, tuple[bytes, ...]],
    context: ssl.SSLContext | None,
    talk: Talk,
) -> None:
    if context is not None:
        talk.secure(context)
    talk.say(greeting)
    while answer := answers.get(talk.hear().upper()):
        talk.say(*answer)


def imap(*capabilities: bytes, **more: Any) -> Cage:
    said = b"* CAPABILITY " + b" ".join((b"IMAP4rev2", *capabilities))
    words = {
        b"A1 CAPABILITY": (said, b"a1 OK done"),
        b"A2 LOGOUT": (b"* BYE", b"a2 OK"),
    }
    return answering(b"* OK ready", words, **more)


def pop3(*capabilities: bytes, **more: Any) -> Cage:
    words = {b"CAPA": (b"+OK", *capabilities, b"."), b"QUIT": (b"+OK",)}
    return answering(b"+OK ready", words, **more)


def page(body: str, head: str = "200 OK") -> Cage:
    """A web server without TLS, of one page."""
    octets = body.encode()

    def cage(talk: Talk) -> None:
        while talk.hear():
            pass
        talk.say(f"HTTP/1.1 {head}".encode(), f"Content-Length: {len(octets)}".encode(), b"")
        talk.sock.sendall(octets)

    return cage
