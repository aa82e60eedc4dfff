"""The only place of the portal that opens a connection to a stranger's server.

A name is resolved here, its addresses are looked at (`targets`), and the connection goes to the
address that was looked at: never again by name, so that a second answer of DNS changes nothing
(rebinding). Time is bounded in all, not for each step, and so are the octets; each server is
spoken to by one connection at a time.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from accounts.probing.dns import Dns
from accounts.probing.failing import Deadline, ProbeFailed, text_of
from accounts.probing.ground import Ground
from accounts.probing.observations import Status
from accounts.probing.targets import PORTS, host_of, why_not

__all__ = ["Deadline", "Line", "Outbound", "ProbeFailed"]

# A reply of SMTP has at most 512 octets (RFC 5321 §4.5.3.1.5); the generous have more.
MOST_LINE = 4_096
_PIECE = 16_384
# Said of TLS that is none: plain text, or another protocol's.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_TOO_SMALL")
_OUR_OWN = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_OUR_OWN |= {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class Line:
    """One connection to one address, bounded in time and octets.

    sock: the socket, an SSLSocket after `start_tls`. left_over: what had come before TLS and
    belonged to nothing that was asked. Raises ProbeFailed, and nothing of the socket's own.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline, most_bytes: int) -> None:
        self.sock, self.deadline = sock, deadline
        self.left_over = b""
        self._bytes_left = most_bytes
        self._come = bytearray()

    def send(self, octets: bytes) -> None:
        with self._in_our_words():
            self.sock.settimeout(self.deadline.left())
            self.sock.sendall(octets)

    def recv_some(self) -> bytes:
        """The next octets, at least one; b"" when the other end has closed."""
        if self._come:
            came, self._come = bytes(self._come), bytearray()
            return came
        return self._receive()

    def recv_line(self, most: int = MOST_LINE) -> bytes:
        """The next line without its CR LF. Raises "too_long", or "closed" where none came."""
        looked_at = 0
        while (end := self._come.find(b"\n", looked_at)) < 0:
            if len(self._come) > most:
                raise ProbeFailed(Status.BROKEN, "too_long", text_of(bytes(self._come[:200])))
            looked_at = len(self._come)
            came = self._receive()
            if not came:
                raise ProbeFailed(Status.BROKEN, "closed")
            self._come += came
        line = bytes(self._come[:end])
        del self._come[: end + 1]
        if len(line) > most:
            raise ProbeFailed(Status.BROKEN, "too_long", text_of(line[:200]))
        return line.removesuffix(b"\r")

    def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Go on within TLS; what came before is put aside, never taken for its answers.

        Raises "not_tls", "tls_failed" (detail: why), or "untrusted" where the context asks.
        """
        self.left_over, self._come = bytes(self._come), bytearray()
        with self._in_our_words():
            self.sock = context.wrap_socket(
                self.sock, server_hostname=server_name, do_handshake_on_connect=False
            )
            self.sock.settimeout(self.deadline.left())
            self.sock.do_handshake()

    def _receive(self) -> bytes:
        if self._bytes_left <= 0:
            raise ProbeFailed(Status.BROKEN, "too_much")
        with self._in_our_words():
            self.sock.settimeout(self.deadline.left())
            came = self.sock.recv(min(_PIECE, self._bytes_left))
        self._bytes_left -= len(came)
        return came

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        with in_our_words(self.deadline):
            yield


@contextmanager
def in_our_words(deadline: Deadline) -> Iterator[None]:
    """Raise ProbeFailed for whatever a socket or TLS raises within."""
    try:
        yield
    except TimeoutError:
        raise deadline.missed() from None
    except ssl.SSLCertVerificationError as error:
        raise ProbeFailed(Status.BROKEN, "untrusted", error.verify_message or str(error)) from None
    except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
        raise ProbeFailed(Status.BROKEN, "closed", str(error)) from None
    except ssl.SSLError as error:
        word = "not_tls" if error.reason in _NOT_TLS else "tls_failed"
        raise ProbeFailed(Status.BROKEN, word, error.reason or str(error)) from None
    except OSError as error:
        raise _failure_of(error) from None
    except ValueError as error:
        # OpenSSL takes no such name for its server.
        raise ProbeFailed(Status.BROKEN, "bad_name", str(error)) from None


def _failure_of(error: OSError) -> ProbeFailed:
    if isinstance(error, ConnectionRefusedError):
        return ProbeFailed(Status.BROKEN, "refused")
    if isinstance(error, ConnectionError):
        return ProbeFailed(Status.BROKEN, "reset")
    if error.errno in _OUR_OWN:
        return ProbeFailed(Status.UNABLE, "ours", error.strerror or "")
    if error.errno == errno.ETIMEDOUT:
        return ProbeFailed(Status.SILENT, "timeout")
    # A router on the way says so; that we have no way at all was seen before.
    return ProbeFailed(Status.SILENT, "unreachable", error.strerror or "")


class Outbound:
    """The client of one run. lane: when all its questions must be over."""

    def __init__(self, ground: Ground, dns: Dns, *, lane: Deadline | None = None) -> None:
        self.ground, self.dns = ground, dns
        self._lane = lane
        self._guard = threading.Lock()
        # Where a connection went unanswered in this run: it is not waited for again.
        self._silent: set[tuple[str, int]] = set()

    def deadline(self, seconds: float | None = None) -> Deadline:
        """A clock for one question; it begins now."""
        return Deadline(self.ground.probe_seconds if seconds is None else seconds, self._lane)

    def addresses(self, host: str) -> list[str]:
        """Where a name leads, IPv4 first; only addresses that we go to.

        Raises ProbeFailed: forbidden where it leads nowhere else, "no_address" where it has
        none, and what DNS failed by.
        """
        name = host_of(host)
        found: list[str] = []
        failures: list[ProbeFailed] = []
        for kind in ("A", "AAAA"):
            seen = self.dns.ask(name, kind)
            found += seen.facts.get("records", []) if seen.is_answered else []
            if not seen.is_answered:
                failures.append(ProbeFailed(seen.status, seen.error))
            elif seen.facts["rcode"] == "SERVFAIL" and not seen.facts["bogus"]:
                failures.append(ProbeFailed(Status.SILENT, "servfail"))
        kinds = {address: why_not(address, self.ground.also) for address in found}
        allowed = [address for address, kind in kinds.items() if not kind]
        if allowed:
            return allowed
        for kind in kinds.values():
            raise ProbeFailed(Status.FORBIDDEN, kind)
        raise failures[0] if failures else ProbeFailed(Status.BROKEN, "no_address")

    @contextmanager
    def line(
        self, host: str, address: str, port: int, *, deadline: Deadline | None = None
    ) -> Iterator[Line]:
        """A connection to exactly this address; closed afterwards.

        host: what it is called (nothing is resolved here). Raises ProbeFailed.
        """
        host_of(host)
        kind = why_not(address, self.ground.also)
        if kind or port not in PORTS:
            raise ProbeFailed(Status.FORBIDDEN, kind or "port")
        deadline = self.deadline() if deadline is None else deadline
        with self._turn(address, deadline):
            sock = self._connected(address, self.ground.ports.get(port, port), deadline)
            line = Line(sock, deadline, self.ground.most_bytes)
            try:
                yield line
            finally:
                line.sock.close()

    def reaches(self, address: str, port: int, seconds: float) -> bool:
        """Whether a server that the operator named takes a connection; nothing is said."""
        family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.settimeout(seconds)
                sock.connect((address, port))
        except OSError:
            return False
        return True

    @contextmanager
    def _turn(self, address: str, deadline: Deadline) -> Iterator[None]:
        """Wait until nobody of ours speaks to this server; that time is not the stranger's."""
        began = time.monotonic()
        wait = self.ground.probe_seconds * 3
        if self._lane is not None:
            wait = min(wait, self._lane.ends_at - began)
        with self.ground.busy.take(address, wait=wait) as is_mine:
            if not is_mine:
                raise ProbeFailed(Status.UNABLE, "busy")
            deadline.push_back(time.monotonic() - began)
            yield

    def _connected(self, address: str, port: int, deadline: Deadline) -> socket.socket:
        if (address, port) in self._silent:
            raise ProbeFailed(Status.SILENT, "timeout")
        family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
        if not has_route(address, family):
            raise ProbeFailed(Status.UNABLE, "no_route")
        with in_our_words(deadline):
            sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            with in_our_words(deadline):
                # Few words, each waited for: Nagle's algorithm would hold some back for an
                # acknowledgement (RFC 896), and that time would be booked on the stranger.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(deadline.left())
                sock.connect((address, port))
        except ProbeFailed as failed:
            sock.close()
            if failed.status == Status.SILENT:
                with self._guard:
                    self._silent.add((address, port))
            raise
        return sock


def has_route(address: str, family: socket.AddressFamily) -> bool:
    """Whether this machine knows a way there at all; nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((address, 9))
    except OSError:
        return False
    return True
