"""Where officials sign in to mail today: whether anyone could do so in clear.

Servers are asked what they would accept before TLS (IMAP: RFC 9051 §6.2, POP3: RFC 2449,
submission: RFC 6409 and RFC 8314), pages are read for fields of a password. Nobody's name and no
password is ever sent, nor an invented one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from accounts.probing import forms, https, tls
from accounts.probing.failing import ProbeFailed, observe, text_of
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Line, Outbound
from accounts.probing.smtp import farewell, reply_on
from accounts.probing.targets import SIGN_IN

# TLS from the first octet (RFC 8314): nothing can be said in clear.
IMPLICIT = (993, 995, 465)
_ADDRESSES = 2
_MOST_LINES = 64
_MOST_CAPABILITIES = 100
_MOST_WORDS = 500
_ELSEWHERE = ("refused", "no_route", "unreachable")


def look(outbound: Outbound, declared: str) -> Observation:
    """Look at one place of sign-in: "host:port" of a mail server, or the URL of a page."""
    ask = _look_at_page if "://" in declared else _look_at_server
    return observe("login", declared, partial(ask, outbound, declared))


# --- Mail servers -----------------------------------------------------------------------------


def _look_at_server(outbound: Outbound, declared: str, facts: dict[str, Any]) -> None:
    host, _, digits = declared.rpartition(":")
    port = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0
    kind = SIGN_IN.get(port)
    if kind is None:
        raise ProbeFailed(Status.FORBIDDEN, "port")
    facts |= {
        "kind": kind,
        "port": port,
        "greeting": "",
        "capabilities": [],
        "starttls": False,
        "auth_before_tls": [],
        "login_disabled": None,
        "tls": None,
    }
    with _first_that_answers(outbound, host, port) as line:
        if port in IMPLICIT:
            line.start_tls(tls.unquestioning(), host)
            facts |= {"tls": tls.spoken_on(line), "login_disabled": True}
        leave = _SPEAKERS[kind](outbound, line, facts, port not in IMPLICIT)
        farewell(outbound, line, leave)


@contextmanager
def _first_that_answers(outbound: Outbound, host: str, port: int) -> Iterator[Line]:
    """A connection to the first of its addresses that takes one."""
    addresses = outbound.addresses(host)[:_ADDRESSES]
    with contextlib.ExitStack() as stack:
        for address in addresses:
            try:
                line = stack.enter_context(outbound.line(host, address, port))
                break
            except ProbeFailed as failed:
                if failed.error not in _ELSEWHERE or address == addresses[-1]:
                    raise
        yield line


def _speak_imap(outbound: Outbound, line: Line, facts: dict[str, Any], in_clear: bool) -> bytes:
    facts["greeting"] = greeting = text_of(line.recv_line(), _MOST_WORDS)
    if not greeting.upper().startswith(("* OK", "* BYE", "* PREAUTH")):
        raise ProbeFailed(Status.BROKEN, "bad_reply")
    line.send(b"a1 CAPABILITY\r\n")
    found: list[str] = []
    for said in _lines_until(line, lambda said: said.upper().startswith("A1 ")):
        words = said.upper().split()
        found += words[2:] if words[:2] == ["*", "CAPABILITY"] else []
    facts["capabilities"] = found = found[:_MOST_CAPABILITIES]
    if in_clear:
        facts["starttls"] = "STARTTLS" in found
        facts["auth_before_tls"] = [
            each.removeprefix("AUTH=") for each in found if each.startswith("AUTH=")
        ]
        facts["login_disabled"] = "LOGINDISABLED" in found if found else None
    return b"a2 LOGOUT\r\n"


def _speak_pop3(outbound: Outbound, line: Line, facts: dict[str, Any], in_clear: bool) -> bytes:
    facts["greeting"] = greeting = text_of(line.recv_line(), _MOST_WORDS)
    if not greeting.upper().startswith(("+OK", "-ERR")):
        raise ProbeFailed(Status.BROKEN, "bad_reply")
    line.send(b"CAPA\r\n")
    if not line.recv_line().upper().startswith(b"+OK"):
        # RFC 2449 is from 1998; a server without it does not say what it takes.
        return b"QUIT\r\n"
    found = [said.upper() for said in _lines_until(line, lambda said: said == ".")]
    facts["capabilities"] = found = found[:_MOST_CAPABILITIES]
    if in_clear:
        mechanisms = [
            word for each in found if each.startswith("SASL") for word in each.split()[1:]
        ]
        facts["starttls"] = "STLS" in found
        facts["auth_before_tls"] = mechanisms + (["USER"] if "USER" in found else [])
        facts["login_disabled"] = not facts["auth_before_tls"]
    return b"QUIT\r\n"


def _speak_submission(
    outbound: Outbound, line: Line, facts: dict[str, Any], in_clear: bool
) -> bytes:
    banner = reply_on(line)
    facts["greeting"] = f"{banner.code} {banner.lines[0]}".strip()
    if banner.code != 220:
        raise ProbeFailed(Status.BROKEN, "bad_reply")
    line.send(f"EHLO {outbound.ground.name}\r\n".encode())
    reply = reply_on(line)
    facts["capabilities"] = reply.lines[1:] if reply.code == 250 else []
    if in_clear:
        # "AUTH=" is how some said it before there was an RFC, and clients believe it.
        words = [each.upper().replace("=", " ").split() for each in facts["capabilities"]]
        facts["starttls"] = ["STARTTLS"] in words
        mechanisms = [word for each in words if each[:1] == ["AUTH"] for word in each[1:]]
        facts["auth_before_tls"] = list(dict.fromkeys(mechanisms))
        facts["login_disabled"] = not mechanisms if reply.code == 250 else None
    return b"QUIT\r\n"


_SPEAKERS: dict[str, Callable[[Outbound, Line, dict[str, Any], bool], bytes]] = {
    "imap": _speak_imap,
    "pop3": _speak_pop3,
    "submission": _speak_submission,
}


def _lines_until(line: Line, is_last: Callable[[str], bool]) -> Iterator[str]:
    for _ in range(_MOST_LINES):
        said = text_of(line.recv_line(), _MOST_WORDS)
        if is_last(said):
            return
        yield said
    raise ProbeFailed(Status.BROKEN, "too_much")


# --- Pages ------------------------------------------------------------------------------------


def _look_at_page(outbound: Outbound, declared: str, facts: dict[str, Any]) -> None:
    """The page as declared, and where that is https the same without: people type no scheme."""
    page = _page(outbound, declared)
    facts |= {"kind": "web", "final": page.final, "hops": _short(page)}
    pages = [page]
    if declared.lower().startswith("https:"):
        pages.append(_page(outbound, f"http{declared[5:]}"))
        facts["clear_hops"] = _short(pages[1])
    asks = [_asks(each) for each in pages]
    facts["has_password"] = any(has_password for has_password, _ in asks)
    facts["password_in_clear"] = any(in_clear for _, in_clear in asks)
    failures = [each.failed for each in pages if each.failed is not None]
    if len(failures) == len(pages):
        raise failures[0]
    if not facts["password_in_clear"] and any(each.status == Status.UNABLE for each in failures):
        facts["password_in_clear"] = None


def _page(outbound: Outbound, url: str) -> https.Page:
    return https.get(outbound, url, https.Asking(wants_body=True))


def _short(page: https.Page) -> list[dict[str, Any]]:
    return [{"url": hop.url, "status": hop.status, "error": hop.error} for hop in page.hops]


def _asks(page: https.Page) -> tuple[bool, bool]:
    """Whether a page asks for a password, and whether it would go in clear."""
    if page.failed is not None or not page.hops:
        return False, False
    last = page.hops[-1]
    is_basic = last.status == 401 and "basic" in last.header("www-authenticate").lower()
    if is_basic:
        return True, urlsplit(last.url).scheme.lower() == "http"
    found = forms.secrets_of(page.body, last.url)
    return found.has_password, found.in_clear
