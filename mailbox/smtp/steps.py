"""The steps of a conversation with a gateway, for those who look over its shoulder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


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


Watch = Callable[[Step], None]


def unwatched(step: Step) -> None:
    """Look away."""
