"""Handing a message to an SMTP server: verified TLS, one transaction, every recipient's answer.

The one thing callers must know: `about_to_send` is called with the recipients the
server has accepted, before the DATA command. What the caller writes down there
is what a crash leaves behind. RFC 5321 (SMTP), 3207 (STARTTLS), 4954 (AUTH),
6152 (8BITMIME), 6531 (SMTPUTF8), 1870 (SIZE), 2920 (PIPELINING), 3030 (CHUNKING).
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mailbox.smtp.content import Content, canonical
from mailbox.smtp.login import Login, sign_in
from mailbox.smtp.session import Session
from mailbox.smtp.steps import StepName, Watch, unwatched
from mailbox.smtp.tls import context_for, unusable_authorities
from mailbox.smtp.transaction import PATIENCE, AboutToSend, Letter, Transaction, written_down
from mailbox.smtp.verdicts import OutOfReach, Reason, Verdict, because

__all__ = ["MOST_RECIPIENTS", "PATIENCE", "AboutToSend", "Gateway", "OutOfReach", "SmtpGateway"]
__all__ += ["canonical", "unusable_authorities", "written_down"]

# RFC 5321 §4.5.3.1.8: every server must take this many.
MOST_RECIPIENTS = 100


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
        transaction before DATA and passes through. A caller that has written
        everybody down before passes `written_down`, itself: it saves a round trip.
        """


def _only_loopback(host: str, port: int) -> str:
    """Return a loopback address of the host; raise OutOfReach where any of them is not one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutOfReach(because(Reason.UNREACHABLE, type(error).__name__)) from error
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
        letter = Letter(Content.of(message), sender, recipients, about_to_send)
        session = self.connect()
        try:
            return Transaction(session, letter, self.size_limit).carry_out()
        finally:
            session.quit()

    def connect(self, watch: Watch = unwatched) -> Session:
        """Connect, secure and sign in, or raise OutOfReach with the words for it."""
        is_loopback = self.security == "loopback"
        host = _only_loopback(self.host, self.port) if is_loopback else self.host
        session = Session.to((host, self.port), self.local_name, self.timeout, watch)
        try:
            self._begin(session)
        except BaseException:
            session.close()
            raise
        return session

    def _begin(self, session: Session) -> None:
        name = self.tls_name or self.host
        if self.security == "tls":
            session.secure(self._context(), name)
        session.greeting()
        session.hello()
        if self.security not in ("tls", "loopback"):
            session.starttls(self._context(), name)
            session.hello(StepName.EHLO_AGAIN)
        if self.username:
            sign_in(session, Login(self.username, self.password, self.mechanism))

    def _context(self) -> ssl.SSLContext:
        try:
            return context_for(self.ca_certificates)
        except (ssl.SSLError, ValueError) as error:
            words = "the pinned authorities cannot be read"
            raise OutOfReach(because(Reason.CERTIFICATE, words)) from error
