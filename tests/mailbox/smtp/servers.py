"""Real SMTP servers on loopback that remember what they were told, byte for byte."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@dataclass
class Taken:
    """A message a server said 250 for."""

    sender: str
    recipients: list[str]
    content: bytes
    options: list[str]


class _Door(SMTP):
    """Tells the server of the DATA command before it is answered."""

    async def smtp_DATA(self, arg: str) -> None:
        await self.event_handler.hook("DATA")
        await super().smtp_DATA(arg)


class RecordingServer:
    """aiosmtpd in a thread. Rules are reply lines by local part.

    `at` are hooks by moment: EHLO, MAIL, RCPT and DATA before the command is answered,
    CONTENT when the message is there, ANSWER when it is kept and 250 not yet said.
    """

    def __init__(
        self,
        *,
        rules: dict[str, str] | None = None,
        after_data: str = "250 2.0.0 taken",
        tls: ssl.SSLContext | None = None,
        from_the_start: bool = False,
        login: tuple[str, str] | None = None,
        at: dict[str, Callable[[], None]] | None = None,
    ) -> None:
        self.rules, self.after_data, self.login = rules or {}, after_data, login
        self.at = at or {}
        self.taken: list[Taken] = []
        self.port = 0
        self._doors: list[_Door] = []
        self._implicit = tls if from_the_start else None
        self._options: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "gateway.test"}
        if tls is not None and not from_the_start:
            self._options |= {"tls_context": tls, "require_starttls": True}
        if login is not None:
            self._options |= {"authenticator": self._check, "auth_required": True}
            if from_the_start:
                self._options["auth_require_tls"] = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> RecordingServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._door, "127.0.0.1", 0, ssl=self._implicit)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        # Whoever keeps a connection warm finds it closed.
        for door in self._doors:
            if door.transport is not None:
                door.transport.abort()
        await asyncio.sleep(0)

    def _door(self) -> _Door:
        self._doors.append(_Door(self, **self._options))
        return self._doors[-1]

    def _check(self, server: SMTP, session: Session, envelope: Envelope, how: str, who: Any) -> Any:
        good = isinstance(who, LoginPassword) and self.login == (
            who.login.decode(),
            who.password.decode(),
        )
        return AuthResult(success=good, handled=False)

    async def hook(self, verb: str) -> None:
        if verb in self.at:
            await self._loop.run_in_executor(None, self.at[verb])

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        session.host_name = name
        await self.hook("EHLO")
        return lines

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        await self.hook("MAIL")
        envelope.mail_from, envelope.mail_options = sender, options
        return self.rules.get("MAIL", "250 2.1.0 ok")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, who: str, options: list[str]
    ) -> str:
        await self.hook("RCPT")
        answer = self.rules.get(who.partition("@")[0], "250 2.1.5 ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(who)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self.hook("CONTENT")
        if self.after_data == "":
            server.transport.abort()
            return "451 never heard"
        if self.after_data.startswith("2"):
            assert isinstance(envelope.content, bytes) and envelope.mail_from is not None
            options = [str(option) for option in envelope.mail_options]
            self.taken.append(
                Taken(envelope.mail_from, list(envelope.rcpt_tos), envelope.content, options)
            )
        await self.hook("ANSWER")
        return self.after_data


@contextmanager
def scripted(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says its lines in order, one after each line it hears, then hangs up.

    Gives the port and the raw bytes heard.
    """
    heard: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = door.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(answers[0])
            in_message = False
            for answer in answers[1:]:
                while (line := lines.readline()) not in (b".\r\n", b"") and in_message:
                    heard.append(line)
                if not in_message:
                    heard.append(line)
                connection.sendall(answer)
                in_message = answer.startswith(b"354 go on")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1], heard
    finally:
        door.close()
        thread.join(5)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test, and what it signs."""

    pem: str
    _key: ec.EllipticCurvePrivateKey
    _certificate: x509.Certificate

    @classmethod
    def new(cls) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority for tests")])
        certificate = (
            _certificate(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate.public_bytes(Encoding.PEM).decode(), key, certificate)

    def server_context(self, folder: Path, *names: str, days: int = 1) -> ssl.SSLContext:
        """A server's TLS context with a certificate for these names, good for so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            _certificate(subject, self._certificate.subject, key.public_key(), days)
            .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = folder / f"{names[0]}.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int = 1
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=days))
    )
