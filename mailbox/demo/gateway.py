"""An agency's gateway for demonstrations: a real SMTP server with STARTTLS and AUTH.

Mail for people of the portal comes back by LMTP, all other mail is kept in
Maildirs below `var/outside/`, byte for byte. Whom it refuses is decided by the
local part, so that a demonstration can show both kinds of refusal.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mailbox.demo.authority import DemoAuthority
from mailbox.demo.gateway_list import DemoGateway
from mailbox.demo.maildir import keep, maildir_of

logger = logging.getLogger(__name__)

# Every domain has one (RFC 5321 section 4.5.1), and the test of a gateway writes to it.
POSTMASTER = "postmaster"
# What the gateway says to certain local parts (RFC 5321 section 4.2, RFC 3463).
ANSWERS: Mapping[str, str] = {
    POSTMASTER: "250 2.1.5 Ok",
    "refused": "550 5.7.1 This mailbox takes no mail from your agency",
    "later": "451 4.7.1 Too many messages for this mailbox, try again in a few minutes",
}


@dataclass(frozen=True)
class Lmtp:
    """Where the portal takes in mail, and which addresses are of a domain it serves."""

    host: str
    port: int
    serves: Callable[[str], bool]

    def asks(self, sender: str, recipient: str) -> str:
        """Return the portal's answer to RCPT, in its own words."""
        with smtplib.LMTP(self.host, self.port, timeout=20) as portal:
            portal.ehlo_or_helo_if_needed()
            _said(portal.mail(sender))
            return _words(portal.rcpt(recipient))

    def hands_over(self, sender: str, recipient: str, message: bytes) -> str:
        """Deliver to one recipient and return the portal's answer."""
        try:
            with smtplib.LMTP(self.host, self.port, timeout=60) as portal:
                portal.ehlo_or_helo_if_needed()
                _said(portal.mail(sender, [f"size={len(message)}"]))
                _said(portal.rcpt(recipient))
                return _words(portal.data(message))
        except smtplib.SMTPResponseException as error:
            return _words((error.smtp_code, _bytes(error.smtp_error)))


class GatewayDoor:
    """Answers the SMTP commands of one gateway."""

    def __init__(self, outside: Path, portal: Lmtp) -> None:
        self._outside = outside
        self._portal = portal

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient; people of the portal are asked for by LMTP first."""
        local, at, _domain = address.rpartition("@")
        if not at:
            return "553 5.1.3 An address needs a domain"
        answer = ANSWERS.get(local.lower()) or await self._ask_the_portal(envelope, address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def _ask_the_portal(self, envelope: Envelope, address: str) -> str:
        if not await asyncio.to_thread(self._portal.serves, address):
            return "250 2.1.5 Ok"
        try:
            return await asyncio.to_thread(self._portal.asks, envelope.mail_from or "", address)
        except (OSError, smtplib.SMTPException):
            return "451 4.4.1 The portal does not answer"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep or hand over the message; 250 only when it went somewhere for someone."""
        return await asyncio.to_thread(self._deliver, envelope)

    def _deliver(self, envelope: Envelope) -> str:
        message = envelope.original_content
        if not isinstance(message, bytes):
            raise TypeError("The server must not decode what it takes.")
        answers = [self._deliver_to(address, envelope, message) for address in envelope.rcpt_tos]
        logger.info("Took a message of %d bytes for %d recipients", len(message), len(answers))
        taken = [answer for answer in answers if answer.startswith("250")]
        return taken[0] if taken else answers[0]

    def _deliver_to(self, address: str, envelope: Envelope, message: bytes) -> str:
        try:
            if not _is_own(address) and self._portal.serves(address):
                return self._portal.hands_over(envelope.mail_from or "", address, message)
            keep(maildir_of(self._outside, address), message)
        except (OSError, smtplib.SMTPException):
            logger.warning("A recipient's mail could not be handed over")
            return "451 4.4.1 Try again later"
        return "250 2.0.0 Kept"


async def listen(
    gateway: DemoGateway, door: GatewayDoor, authority: DemoAuthority, *, size_limit: int
) -> asyncio.Server:
    """Open the gateway's port; raises OSError when another program has it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.leaf_file, authority.leaf_key_file)

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        right = isinstance(login, LoginPassword) and (
            hmac.compare_digest(login.login, gateway.username.encode())
            & hmac.compare_digest(login.password, gateway.password.encode())
        )
        return AuthResult(success=right, handled=False)

    def converse() -> SMTP:
        return SMTP(
            door,
            hostname=gateway.tls_name,
            ident="GovMail Portal demo gateway",
            data_size_limit=size_limit,
            enable_SMTPUTF8=True,
            tls_context=context,
            require_starttls=True,
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=True,
        )

    return await asyncio.get_running_loop().create_server(converse, gateway.host, gateway.port)


def _is_own(address: str) -> bool:
    """Whether it is for the gateway's own postmaster, who keeps his mail here."""
    return address.rpartition("@")[0].lower() == POSTMASTER


def _said(reply: tuple[int, bytes]) -> None:
    code, words = reply
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, words)


def _words(reply: tuple[int, bytes]) -> str:
    code, words = reply
    lines = words.decode("utf-8", "replace").splitlines()
    return f"{code} {' '.join(lines)}"


def _bytes(words: str | bytes) -> bytes:
    return words.encode() if isinstance(words, str) else words
