"""An agency of the bed: what of its DNS, its servers and its rows differs from a ready one's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mailbox.demo.internet.servers.doors import Page, Plain, Talk
from tests.bed.names import USUAL

BELOW = "go.test"
HOSTS = ("www",)
# What a certificate is like; the names are those of `Papers.of`.
Paper = Literal[
    "good", "ends-soon", "ends-within-a-month", "over", "stranger", "other-name", "small"
]

READY_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Web:
    """Its web servers. is_deaf: nothing listens on port 443; closed80: nothing on port 80."""

    paper: Paper = "good"
    oldest: str = "TLSv1.2"
    newest: str = ""
    plain: Plain = "redirect"
    closed80: bool = False
    is_deaf: bool = False
    headers: Mapping[str, str] = field(default_factory=lambda: READY_HEADERS)
    # "/path" to a page, beside those every agency has; None takes one of those away.
    pages: Mapping[str, Page | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Mail:
    """One of its two mail servers."""

    paper: Paper = "good"
    oldest: str = "TLSv1.2"
    newest: str = ""
    talk: Talk = Talk()
    is_deaf: bool = False


SUBMISSION = Talk(
    greeting="220 smtp ESMTP",
    ehlo=("PIPELINING", "STARTTLS", "8BITMIME"),
    ehlo_within=("PIPELINING", "8BITMIME", "AUTH PLAIN LOGIN"),
)


@dataclass(frozen=True)
class BedAgency:
    """label: its domain is `label`.go.test, or below another.

    fails: the code of the one rule it fails, or partly; "" for one that is ready. drags: other
    rules that nobody can pass who fails this one so. records: in place of those every agency has,
    by "owner TYPE"; None takes one away. rows: in place of what a ready one's rows say (`Subject`).
    """

    label: str
    fails: str = ""
    outcome: Literal["fail", "partial"] = "fail"
    drags: Sequence[str] = ()
    below: str = BELOW
    role: Literal["mail", "web", "parked"] = "mail"
    records: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    signed: bool = True
    bogus: bool = False
    name_servers: Sequence[str] = USUAL
    web: Web = Web()
    mail: tuple[Mail, Mail] = (Mail(), Mail())
    imap: Talk = Talk()
    submission: Talk = SUBMISSION
    rows: Mapping[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return f"{self.label}.{self.below}"
