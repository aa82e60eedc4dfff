"""How a mail server speaks: its greeting, what it offers, and its TLS (RFC 5321, RFC 3207).

Nothing is sent that could become a letter: EHLO, STARTTLS, NOOP and QUIT are all that is said. At
most six connections, one after the other; each begins anew, because TLS begins only once.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from accounts.probing import tls
from accounts.probing.failing import Deadline, ProbeFailed, observe, text_of
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Line, Outbound

PORT = 25
_MOST_LINES = 64
_MOST_WORDS = 500
# A farewell is a courtesy; nobody waits long for its answer.
_FAREWELL_SECONDS = 2.0


class Reply(NamedTuple):
    """One whole reply: its code, and the words of each line."""

    code: int
    lines: list[str]


class _NoTls(ProbeFailed):
    """The server does not let TLS begin. error: "refused" where it had offered it."""

    def __init__(self, error: str = "") -> None:
        super().__init__(Status.BROKEN, error)


def look(outbound: Outbound, host: str, address: str) -> Observation:
    """Look at one address of a mail server; `answered` where it greets, however it goes on."""
    return observe("smtp", f"{host}@{address}", partial(_look, outbound, host, address))


def _look(outbound: Outbound, host: str, address: str, facts: dict[str, Any]) -> None:
    facts |= {"port": PORT, "banner_code": None, "banner": "", "ehlo": [], "starttls": False}
    facts |= tls.NOTHING | {"old": dict(tls.OLD), "forced": dict(tls.FORCED), "injected": None}
    reach = partial(_upgraded, outbound, host, address, facts)
    try:
        tls.examine(outbound, host, reach, facts)
    except _NoTls as failed:
        facts["tls_error"] = failed.error
        return
    except ProbeFailed as failed:
        if not facts["starttls"]:
            raise
        # It greeted us: that TLS does not come about is what it has to say.
        facts["tls_error"] = failed.error
        if failed.detail:
            facts["detail"] = failed.detail
        if failed.status == Status.UNABLE:
            raise
        return
    with contextlib.suppress(ProbeFailed):
        facts["injected"] = _is_injected(outbound, host, address)


@contextmanager
def _upgraded(
    outbound: Outbound, host: str, address: str, facts: dict[str, Any], deadline: Deadline
) -> Iterator[Line]:
    """A connection on which the server waits for TLS. The first one fills the facts."""
    with outbound.line(host, address, PORT, deadline=deadline) as line:
        try:
            _meet(line, outbound.ground.name, facts)
            line.send(b"STARTTLS\r\n")
            if reply_on(line).code != 220:
                raise _NoTls("refused")
        except _NoTls:
            farewell(outbound, line)
            raise
        yield line
        farewell(outbound, line)


def _meet(line: Line, name: str, facts: dict[str, Any]) -> None:
    """Greeting and EHLO; what it offers is written down the first time."""
    began = time.monotonic()
    banner = reply_on(line)
    if facts["banner_code"] is None:
        took_ms = round((time.monotonic() - began) * 1000)
        facts |= {"banner_code": banner.code, "banner": "\n".join(banner.lines)}
        facts["banner_ms"] = took_ms
    if banner.code != 220:
        raise _NoTls
    line.send(f"EHLO {name}\r\n".encode())
    reply = reply_on(line)
    facts["ehlo"] = facts["ehlo"] or (reply.lines if reply.code == 250 else [])
    if not any(each.upper().split()[:1] == ["STARTTLS"] for each in reply.lines[1:]):
        raise _NoTls
    facts["starttls"] = True


def _is_injected(outbound: Outbound, host: str, address: str) -> bool | None:
    """Whether a command sent in clear behind STARTTLS is answered within TLS (CVE-2011-0411).

    NOOP is all that is slipped in, and answers are counted: a server that dropped it says 250 to
    EHLO and 221 to QUIT; one that kept it is an answer behind. None: it cannot be told.
    """
    deadline = outbound.deadline()
    with outbound.line(host, address, PORT, deadline=deadline) as line:
        try:
            _meet(line, outbound.ground.name, {"banner_code": 0, "ehlo": [], "starttls": False})
        except _NoTls:
            return None
        line.send(b"STARTTLS\r\nNOOP\r\n")
        reply = reply_on(line)
        if reply.code != 220:
            # Refusing what comes in one piece is right, too; being busy says nothing.
            return False if reply.code >= 500 else None
        try:
            line.start_tls(tls.unquestioning(), host)
        except ProbeFailed as failed:
            return False if failed.status == Status.BROKEN else None
        line.send(f"EHLO {outbound.ground.name}\r\n".encode())
        first = reply_on(line).code
        line.send(b"QUIT\r\n")
        if (first, reply_on(line).code) != (250, 250):
            return False
        return True if reply_on(line).code == 221 else None


def farewell(outbound: Outbound, line: Line, words: bytes = b"QUIT\r\n") -> None:
    """Take one's leave, where the connection still stands; never raises."""
    # A handshake that failed leaves a socket nobody can say anything on.
    if isinstance(line.sock, ssl.SSLSocket) and line.sock.version() is None:
        return
    line.deadline = outbound.deadline(_FAREWELL_SECONDS)
    with contextlib.suppress(ProbeFailed):
        line.send(words)
        line.recv_line()


def reply_on(line: Line) -> Reply:
    """Read one reply of SMTP (RFC 5321 §4.2). Raises ProbeFailed, "bad_reply" where it is none."""
    lines: list[str] = []
    code = 0
    for _ in range(_MOST_LINES):
        said = line.recv_line()
        number, mark = said[:3], said[3:4]
        is_one = number.isdigit() and len(number) == 3 and mark in (b"", b" ", b"-")
        if not is_one or code not in (0, int(number)):
            raise ProbeFailed(Status.BROKEN, "bad_reply", text_of(said[:200]))
        code = int(number)
        lines.append(text_of(said[4:], _MOST_WORDS))
        if mark != b"-":
            return Reply(code, lines)
    raise ProbeFailed(Status.BROKEN, "too_much")
