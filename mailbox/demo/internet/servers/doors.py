"""What a server is told to do; as JSON, of another process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["http", "https", "smtp", "imap"]
Plain = Literal["redirect", "serves", "elsewhere", "downgrade"]


@dataclass(frozen=True)
class Tls:
    """certificates: a PEM file by server name; "" for whoever names none, or another. The key is
    in the same file, or beside it in `…-key.pem`.

    oldest: "TLSv1", "TLSv1.1" or "TLSv1.2"; newest: the same, or "" for the newest there is.
    """

    certificates: dict[str, str] = field(default_factory=dict)
    oldest: str = "TLSv1.2"
    newest: str = ""


@dataclass(frozen=True)
class Talk:
    """What a mail server says. ehlo, and ehlo_within TLS: the lines after its name."""

    greeting: str = "220 mx ESMTP"
    ehlo: Sequence[str] = ("PIPELINING", "SIZE 10240000", "STARTTLS", "8BITMIME")
    ehlo_within: Sequence[str] = ("PIPELINING", "SIZE 10240000", "8BITMIME")
    # Says yes to STARTTLS and hangs up.
    hangs_up: bool = False
    # Answers within TLS what had been sent before it, with the command (CVE-2011-0411).
    keeps_what_came_before: bool = False
    # IMAP: its capabilities before TLS.
    capabilities: str = "IMAP4rev1 STARTTLS LOGINDISABLED"


@dataclass(frozen=True)
class Page:
    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Door:
    """One server at an address and port.

    pages: by "host/path", or "/path" of every host. folder: what lies in it as "host/path" goes
    before them. plain: how port 80 answers.
    """

    kind: Kind
    addresses: Sequence[str]
    port: int
    tls: Tls = Tls()
    talk: Talk = Talk()
    pages: dict[str, Page] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    plain: Plain = "redirect"
    folder: str = ""
    # Where an SMTP server passes messages on by LMTP, on the loopback; 0: it takes none.
    onward: int = 0


def write(file: Path, doors: Iterable[Door]) -> None:
    file.write_text(json.dumps([asdict(door) for door in doors]))


def read(file: Path) -> list[Door]:
    return [_door(found) for found in json.loads(file.read_text())]


def _door(found: dict[str, Any]) -> Door:
    pages = {path: Page(**page) for path, page in found["pages"].items()}
    return Door(
        **{**found, "tls": Tls(**found["tls"]), "talk": Talk(**found["talk"]), "pages": pages}
    )
