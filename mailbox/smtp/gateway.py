"""Handing a message to an SMTP server: verified TLS, one transaction, every recipient's answer.

The one thing callers must know: `about_to_send` is called with the recipients the
server has accepted, before the DATA command. What the caller writes down there
is what a crash leaves behind. RFC 5321 (SMTP), 3207 (STARTTLS), 4954 (AUTH),
6152 (8BITMIME), 6531 (SMTPUTF8), 1870 (SIZE).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mailbox.smtp.verdicts import Reason, Verdict, because, from_reply

# RFC 5321 §4.5.3.1.8: every server must take this many.
MOST_RECIPIENTS = 100
# Seconds for MAIL and all RCPTs together: a server that drips must not hold a worker.
PATIENCE = 600.0
_FAREWELL_SECONDS = 5.0
# RFC 4954 §6: these speak of our login, not of the recipient.
_WANTS_LOGIN = (530, 534, 535, 538)
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")

AboutToSend = Callable[[Sequence[str]], None]


class OutOfReach(Exception):
    """No transaction could begin here; another gateway may be tried. Nothing was sent."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(str(verdict.reason))


class Gateway(Protocol):
    """A server that takes messages for recipients outside the portal."""

    @property
    def gateway_id(self) -> int | None:
        """The row this came from, for the record of attempts."""

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        """Offer a message; return one verdict for every recipient, always.

        At most MOST_RECIPIENTS of them. Raises OutOfReach, and nothing else, when
        no transaction could begin; what `about_to_send` raises ends the
        transaction before DATA and passes through.
        """


class _NamedContext(ssl.SSLContext):
    """A TLS client context that asks for one name, whatever the connection is called."""

    expected_name: str = ""

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        kwargs["server_hostname"] = self.expected_name
        return super().wrap_socket(sock, *args, **kwargs)


def _context(name: str, ca_certificates: str) -> ssl.SSLContext:
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.expected_name = name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_certificates.strip():
        context.load_verify_locations(cadata=ca_certificates)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def unusable_authorities(pem: str) -> bool:
    """Whether this text holds no certificate authorities that TLS could use."""
    try:
        return not _context("", pem).cert_store_stats()["x509"]
    except (ssl.SSLError, ValueError):
        return True


def _only_loopback(host: str, port: int) -> str:
    """Return a loopback address of the host; raise OutOfReach where any of them is not one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise OutOfReach(because(Reason.NOT_LOOPBACK))
    return addresses[0]


@dataclass(frozen=True)
class SmtpGateway:
    """One SMTP server. security is "starttls", "tls" or "loopback"; timeout in seconds a step;
    mechanism is "any", "plain", "login" or "xoauth2" (password: the access token); size_limit
    in octets, None for none of our own.
    """

    host: str
    port: int
    security: str = "starttls"
    tls_name: str = ""
    ca_certificates: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    mechanism: str = "any"
    timeout: float = 60.0
    local_name: str = "localhost"
    gateway_id: int | None = None
    size_limit: int | None = None

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        """Offer a message in one transaction on a connection of its own; see Gateway."""
        connection = self._connect()
        try:
            transaction = _Transaction(connection, canonical(message), sender)
            return transaction.carry_out(recipients, about_to_send)
        finally:
            _say_goodbye(connection)

    def _connect(self) -> smtplib.SMTP:
        """Connect, secure and sign in, or raise OutOfReach with the words for it."""
        connection: smtplib.SMTP | None = None
        try:
            connection = self._plain_or_tls()
            self._greet(connection)
        except OutOfReach:
            _drop(connection)
            raise
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            _drop(connection)
            raise OutOfReach(_why_out_of_reach(error)) from error
        return connection

    def _plain_or_tls(self) -> smtplib.SMTP:
        connection: smtplib.SMTP
        host = self.host
        if self.security == "tls":
            context = _context(self.tls_name or host, self.ca_certificates)
            connection = smtplib.SMTP_SSL(
                local_hostname=self.local_name, timeout=self.timeout, context=context
            )
        else:
            connection = smtplib.SMTP(local_hostname=self.local_name, timeout=self.timeout)
            if self.security == "loopback":
                host = _only_loopback(host, self.port)
        code, reply = connection.connect(host, self.port)
        if code != 220:
            _drop(connection)
            raise OutOfReach(from_reply(_not_for_good(code), reply))
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        if self.security not in ("tls", "loopback"):
            context = _context(self.tls_name or self.host, self.ca_certificates)
            connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
        if self.username:
            connection.login(self.username, self.password)


class _Transaction:
    """One MAIL, its RCPTs and one DATA; fills `verdicts` as the server speaks."""

    def __init__(self, connection: smtplib.SMTP, message: bytes, sender: str) -> None:
        self.connection = connection
        self.message = message
        self.sender = sender
        self.verdicts: dict[str, Verdict] = {}
        self.deadline = time.monotonic() + PATIENCE

    def carry_out(
        self, recipients: Sequence[str], about_to_send: AboutToSend
    ) -> dict[str, Verdict]:
        accepted = self._envelope(recipients)
        if accepted:
            about_to_send(accepted)
            verdict = self._data()
            self.verdicts |= dict.fromkeys(accepted, verdict)
        return {recipient: self.verdicts[recipient] for recipient in recipients}

    def _envelope(self, recipients: Sequence[str]) -> list[str]:
        """Say MAIL and every RCPT; return the recipients the server accepted."""
        accepted: list[str] = []
        try:
            accepted = self._offer(self._speakable(recipients))
        except (OSError, smtplib.SMTPException) as error:
            self._rest(recipients, because(Reason.LOST_BEFORE, type(error).__name__))
        return accepted

    def _speakable(self, recipients: Sequence[str]) -> list[str]:
        """Set aside those whom this server cannot be told about."""
        if not self.message.isascii() and not self.connection.has_extn("8bitmime"):
            self._rest(recipients, because(Reason.NO_8BIT, code=554))
        elif not self.connection.has_extn("smtputf8"):
            foreign = [who for who in recipients if not (who + self.sender).isascii()]
            self._rest(foreign, because(Reason.NO_UTF8, code=553))
        return [recipient for recipient in recipients if recipient not in self.verdicts]

    def _offer(self, recipients: Sequence[str]) -> list[str]:
        if not recipients:
            return []
        code, reply = self.connection.mail(self.sender, self._options(recipients))
        if code in _WANTS_LOGIN:
            self._rest(
                recipients, because(Reason.LOGIN, from_reply(code, reply).text, code=code - 100)
            )
            return []
        if not 200 <= code < 300:
            self._rest(recipients, from_reply(code, reply))
            return []
        accepted = []
        for recipient in recipients:
            if time.monotonic() > self.deadline:
                self._rest(recipients, because(Reason.LOST_BEFORE, "too slow"))
                return []
            code, reply = self.connection.rcpt(recipient)
            if 200 <= code < 300:
                accepted.append(recipient)
            else:
                self.verdicts[recipient] = from_reply(code, reply)
            if code == 421:  # RFC 5321 §3.8: the server ends the connection.
                self._rest(recipients, from_reply(code, reply))
                return []
        return accepted

    def _options(self, recipients: Sequence[str]) -> list[str]:
        options = []
        if self.connection.has_extn("size"):
            options.append(f"SIZE={len(self.message)}")
        if not self.message.isascii():
            options.append("BODY=8BITMIME")
        if not all(address.isascii() for address in (self.sender, *recipients)):
            options.append("SMTPUTF8")
        return options

    def _data(self) -> Verdict:
        """Send the message; from the DATA command on, a silence leaves the outcome in doubt."""
        try:
            code, reply = self.connection.data(self.message)
        except smtplib.SMTPDataError as error:  # the server refused DATA itself
            return from_reply(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return because(Reason.LOST_AFTER, type(error).__name__, in_doubt=True)
        return from_reply(code, reply, in_doubt=not (200 <= code < 300 or 400 <= code < 600))

    def _rest(self, recipients: Sequence[str], verdict: Verdict) -> None:
        for recipient in recipients:
            self.verdicts.setdefault(recipient, verdict)


def canonical(message: bytes) -> bytes:
    """Return the message with CRLF line ends only; unchanged where it has no others.

    A bare CR or LF around a dot is how messages are smuggled past a gateway.
    """
    if _BARE_LINE_END.search(message) is None:
        return message
    return _BARE_LINE_END.sub(b"\r\n", message)


# The first kind that fits; SMTPException and SSLError are both OSErrors.
_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (ssl.SSLCertVerificationError, Reason.CERTIFICATE),
    (ssl.SSLError, Reason.NO_TLS),
    (smtplib.SMTPServerDisconnected, Reason.NOT_GREETED),
    (smtplib.SMTPException, Reason.NOT_GREETED),
    (UnicodeError, Reason.PASSWORD),
    (OSError, Reason.UNREACHABLE),
)


def _why_out_of_reach(error: Exception) -> Verdict:
    """Return the verdict for a connection, a handshake or a login that failed."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        reply = from_reply(_not_for_good(error.smtp_code), error.smtp_error)
        return because(Reason.LOGIN, reply.text, code=reply.code)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return because(Reason.LOGIN if "AUTH" in str(error) else Reason.NO_TLS)
    if isinstance(error, smtplib.SMTPResponseException):
        return from_reply(_not_for_good(error.smtp_code), error.smtp_error)
    reason = next(reason for kind, reason in _REASONS if isinstance(error, kind))
    return because(reason, _technical_words(error))


def _technical_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _not_for_good(code: int) -> int:
    """A gateway that will not speak to us has not refused the recipient: say 4xx for 5xx."""
    return code - 100 if 500 <= code < 600 else code


def _drop(connection: smtplib.SMTP | None) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.close()


def _say_goodbye(connection: smtplib.SMTP) -> None:
    """QUIT, but never wait long for the answer: the verdicts are what matters."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        if connection.sock is not None:
            connection.sock.settimeout(_FAREWELL_SECONDS)
            connection.quit()
    _drop(connection)
