"""A rehearsal: everything a gateway is asked before a message, step by step, and no message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailbox.smtp.gateway import SmtpGateway


class StepName(StrEnum):
    """What a step tries, in the order in which they come; a page has a word for each."""

    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    EHLO_AGAIN = "ehlo-again"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    RSET = "rset"
    QUIT = "quit"


@dataclass(frozen=True)
class Step:
    """One step: what we said (secrets as ****), what came back, in how many seconds."""

    name: StepName
    said: str
    answered: str
    seconds: float
    ok: bool


def rehearse(gateway: SmtpGateway, *, sender: str, recipient: str) -> list[Step]:
    """Go through a transaction up to RCPT, and take it back; never raises, never says DATA."""
    raise NotImplementedError
