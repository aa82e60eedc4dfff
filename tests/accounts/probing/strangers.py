"""Strangers' servers for tests: raw sockets on the loopback that say what they are told to."""

from __future__ import annotations

import atexit
import contextlib
import functools
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.probing.dns import Dns
from accounts.probing.ground import Ground
from accounts.probing.outbound import Outbound
from tests.accounts.probing.resolver import Resolver

LOOPBACK = ip_network("127.0.0.0/8")
Says = Callable[[socket.socket], None]


@dataclass
class Stranger:
    """A listening server; came: how many connections, seen: the first octets of each."""

    address: str
    port: int
    came: int = 0
    seen: list[bytes] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._guard:
            self.came += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._guard:
                self._at_once -= 1


@contextmanager
def stranger(says: Says, address: str = "127.0.0.1", port: int = 0) -> Iterator[Stranger]:
    """A server that does `says` with each connection, each in a thread of its own."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)
    server = Stranger(address, listener.getsockname()[1])

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _peer = listener.accept()
                threading.Thread(target=answer, args=(sock,), daemon=True).start()

    def answer(sock: socket.socket) -> None:
        with sock, server.counted(), contextlib.suppress(OSError, ValueError):
            sock.settimeout(10)
            says(sock)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server
    finally:
        # A closed listener alone leaves accept() waiting.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def replying(reply: bytes, seen: list[bytes] | None = None) -> Says:
    """Reads a request's head, and says this."""

    def says(sock: socket.socket) -> None:
        asked = read_head(sock)
        if seen is not None:
            seen.append(asked)
        sock.sendall(reply)

    return says


def read_head(sock: socket.socket) -> bytes:
    asked = b""
    while b"\r\n\r\n" not in asked and (came := sock.recv(4096)):
        asked += came
    return asked


def endlessly(piece: bytes, first: bytes = b"", *, every: float = 0) -> Says:
    """Says `first`, then `piece` until the other end has had enough."""
    pause = threading.Event()

    def says(sock: socket.socket) -> None:
        sock.sendall(first)
        while True:
            sock.sendall(piece)
            if every:
                pause.wait(every)

    return says


def mute(sock: socket.socket) -> None:
    """Takes the connection, and never says a word."""
    while sock.recv(4096):
        pass


def within_tls(context: ssl.SSLContext, says: Says) -> Says:
    def wrapped(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as secured:
            says(secured)

    return wrapped


@dataclass(frozen=True)
class Authority:
    """An authority of our own, in a file, and what it vouches for."""

    file: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def context(self, *names: str) -> ssl.SSLContext:
        """A server's TLS with a certificate for these names."""
        key, leaf = _issued(names[0], names, self)
        return _server_context(key, leaf)


@functools.cache
def authority() -> Authority:
    key, root = _issued("Test authority", (), None)
    with tempfile.NamedTemporaryFile("wb", suffix=".pem", delete=False) as file:
        file.write(root.public_bytes(serialization.Encoding.PEM))
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return Authority(file.name, key, root)


def _issued(
    common_name: str, names: tuple[str, ...], by: Authority | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return key, builder.sign(by.key if by else key, hashes.SHA256())


def _server_context(key: ec.EllipticCurvePrivateKey, leaf: x509.Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "both.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        place.write_bytes(secret + leaf.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(place)
    return context


def ground_of(resolver: Resolver, **changes: object) -> Ground:
    """The loopback as ground: short times, our own resolver."""
    given: dict[str, object] = {
        "resolvers": (resolver.place,),
        "also": (LOOPBACK,),
        "name": "scanner.example",
        "probe_seconds": 5.0,
        **changes,
    }
    return Ground(**given)  # type: ignore[arg-type]


def outbound_of(resolver: Resolver, **changes: object) -> Outbound:
    ground = ground_of(resolver, **changes)
    return Outbound(ground, Dns(ground))
