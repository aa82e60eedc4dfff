"""Pages of strangers' web servers: HTTP/1.1 over a bounded line, one request a connection.

Redirects are followed by hand: each hop is a new name that is resolved, looked at and pinned
(`outbound`). Only http and https, at their own ports, without a user's name in the URL. Nothing
is unpacked: we ask for no compression, and what comes compressed all the same is not read.
"""

from __future__ import annotations

import functools
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import h11

from accounts.probing.failing import MOST_TEXT, Deadline, ProbeFailed, observe, text_of
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Line, Outbound
from accounts.probing.targets import PAGES, host_of

MOST_BODY = 64 * 1024
MOST_HEADERS = 100
# The head of an answer: more than any honest server sends.
MOST_HEAD = 64 * 1024
# Pieces that an answer comes in: each costs time of ours, however small it is.
_MOST_PIECES = 2_000
_MOST_INTERIM = 10
_ADDRESSES = 2
_REDIRECTS = (301, 302, 303, 307, 308)
# A header is cut there; half an address leads elsewhere.
_MOST_URL = MOST_TEXT


@dataclass
class Hop:
    """One request. trusted: whether the certificate is vouched for; None without TLS."""

    url: str
    address: str = ""
    status: int = 0
    headers: list[list[str]] = field(default_factory=list)
    error: str = ""
    trusted: bool | None = None
    trust_error: str = ""

    def header(self, name: str) -> str:
        """The first header of a name, or ""."""
        return next((value for each, value in self.headers if each.lower() == name), "")

    def to_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "url": self.url,
            "address": self.address,
            "status": self.status,
            "headers": self.headers,
            "error": self.error,
        }
        if self.trusted is not None:
            facts |= {"trusted": self.trusted, "trust_error": self.trust_error}
        return facts


@dataclass(frozen=True)
class Asking:
    """How a page is asked for. is_strict: an untrusted certificate ends it."""

    follows: bool = True
    wants_body: bool = False
    is_strict: bool = False


@dataclass
class Page:
    """What came of a URL: its hops, the last one's body, and how it failed, if it did."""

    hops: list[Hop] = field(default_factory=list)
    body: str = ""
    failed: ProbeFailed | None = None

    @property
    def final(self) -> str:
        return self.hops[-1].url if self.hops else ""


def look(outbound: Outbound, url: str, asking: Asking | None = None) -> Observation:
    """The `http` observation of a URL; bodies only of `/.well-known/`."""
    asking = asking or Asking()

    def note(facts: dict[str, Any]) -> None:
        page = get(outbound, url, asking)
        facts.update(hops=[hop.to_json() for hop in page.hops], body=page.body, final=page.final)
        if page.failed is not None:
            raise page.failed

    return observe("http", url, note)


def get(outbound: Outbound, url: str, asking: Asking, *, deadline: Deadline | None = None) -> Page:
    """Ask for a page, along its redirects; never raises for what a stranger did."""
    seconds = min(outbound.ground.probe_seconds, outbound.ground.page_seconds)
    deadline = deadline or outbound.deadline(seconds)
    page = Page()
    while True:
        hop = Hop(url[:_MOST_URL])
        page.hops.append(hop)
        try:
            if len(page.hops) > outbound.ground.most_hops + 1:
                raise ProbeFailed(Status.BROKEN, "loop")
            page.body = _ask(outbound, hop, asking, deadline)
            onward = hop.header("location") if hop.status in _REDIRECTS else ""
            if not (onward and asking.follows):
                return page
            url = _joined(hop.url, onward)
        except ProbeFailed as failed:
            hop.error = failed.error
            page.failed = failed
            return page


def _joined(base: str, onward: str) -> str:
    """Where a redirect leads. Raises "bad_reply" for what browsers and servers read differently."""
    if not onward.isprintable() or "\\" in onward or len(onward) >= _MOST_URL:
        raise ProbeFailed(Status.BROKEN, "bad_reply")
    try:
        return urljoin(base, onward)
    except ValueError:
        raise ProbeFailed(Status.BROKEN, "bad_reply") from None


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    path: str

    @property
    def port(self) -> int:
        return PAGES[self.scheme]


def _target_of(url: str) -> _Target:
    """What a URL asks of whom. Raises ProbeFailed: "scheme", "port", "userinfo", "literal"."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ProbeFailed(Status.BROKEN, "bad_reply") from None
    if parts.scheme not in PAGES:
        raise ProbeFailed(Status.FORBIDDEN, "scheme")
    if "@" in parts.netloc:
        raise ProbeFailed(Status.FORBIDDEN, "userinfo")
    if parts.netloc.startswith("["):
        raise ProbeFailed(Status.FORBIDDEN, "literal")
    host = host_of(parts.hostname or "")
    if port not in (None, PAGES[parts.scheme]):
        raise ProbeFailed(Status.FORBIDDEN, "port")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=-._~?")
    return _Target(parts.scheme, host, f"{path}?{query}" if query else path)


def _ask(outbound: Outbound, hop: Hop, asking: Asking, deadline: Deadline) -> str:
    """One request at the first address that can be reached; gives the body. Raises ProbeFailed."""
    target = _target_of(hop.url)
    failed = ProbeFailed(Status.BROKEN, "no_address")
    for address in _few(outbound.addresses(target.host)):
        hop.address = address
        try:
            return _ask_there(outbound, hop, target, asking, deadline)
        except ProbeFailed as error:
            failed = error
            if hop.status or error.error not in ("refused", "no_route", "unreachable"):
                break
    raise failed


def _few(addresses: list[str]) -> list[str]:
    """One of each family first."""
    kinds = {":" in each: each for each in reversed(addresses)}
    first = [kinds[kind] for kind in (False, True) if kind in kinds]
    return (first + [each for each in addresses if each not in first])[:_ADDRESSES]


def _ask_there(
    outbound: Outbound, hop: Hop, target: _Target, asking: Asking, deadline: Deadline
) -> str:
    ground = outbound.ground
    if target.scheme == "https":
        try:
            with outbound.line(target.host, hop.address, target.port, deadline=deadline) as line:
                line.start_tls(verifying(ground.ca_file), target.host)
                hop.trusted = True
                return _talk(line, hop, target, asking, ground)
        except ProbeFailed as failed:
            if failed.error != "untrusted" or hop.trusted:
                raise
            hop.trusted, hop.trust_error = False, failed.detail
            if asking.is_strict:
                raise
    with outbound.line(target.host, hop.address, target.port, deadline=deadline) as line:
        if target.scheme == "https":
            line.start_tls(trusting_anybody(), target.host)
        return _talk(line, hop, target, asking, ground)


def _talk(line: Line, hop: Hop, target: _Target, asking: Asking, ground: Ground) -> str:
    """Send the request, note the answer's head, and give its body where it is wanted."""
    spoken = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
    request = h11.Request(
        method="GET",
        target=target.path,
        headers=[
            ("Host", target.host),
            ("User-Agent", ground.agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ],
    )
    try:
        line.send(spoken.send(request) + spoken.send(h11.EndOfMessage()))
        hop.status, hop.headers = _head(line, spoken)
        packed = hop.header("content-encoding").lower() not in ("", "identity")
        wants = asking.wants_body or urlsplit(hop.url).path.startswith("/.well-known/")
        if not wants or packed or hop.status in _REDIRECTS:
            return ""
        return _body(line, spoken)
    except h11.RemoteProtocolError as error:
        word = "too_long" if error.error_status_hint == 431 else "bad_reply"
        raise ProbeFailed(Status.BROKEN, word, str(error)) from None
    except h11.LocalProtocolError as error:
        raise ProbeFailed(Status.BROKEN, "bad_name", str(error)) from None


def _head(line: Line, spoken: h11.Connection) -> tuple[int, list[list[str]]]:
    for _ in range(_MOST_INTERIM):
        event = _next(line, spoken)
        if isinstance(event, h11.Response):
            pairs = [[text_of(name), text_of(value)] for name, value in event.headers.raw_items()]
            return event.status_code, pairs[:MOST_HEADERS]
        if not isinstance(event, h11.InformationalResponse):
            raise ProbeFailed(Status.BROKEN, "closed")
    raise ProbeFailed(Status.BROKEN, "too_much")


def _body(line: Line, spoken: h11.Connection) -> str:
    came = bytearray()
    for _ in range(_MOST_PIECES):
        event = _next(line, spoken)
        if not isinstance(event, h11.Data):
            return text_of(bytes(came), MOST_BODY)
        came += event.data
        if len(came) > MOST_BODY:
            return text_of(bytes(came[:MOST_BODY]), MOST_BODY)
    raise ProbeFailed(Status.BROKEN, "too_much")


def _next(line: Line, spoken: h11.Connection) -> h11.Event:
    while (event := spoken.next_event()) is h11.NEED_DATA:
        spoken.receive_data(line.recv_some())
    if not isinstance(event, h11.Event):
        raise ProbeFailed(Status.BROKEN, "closed")
    return event


@functools.cache
def verifying(ca_file: str) -> ssl.SSLContext:
    """TLS that believes only whom the authorities of a file, or the machine's own, vouch for."""
    return ssl.create_default_context(cafile=ca_file or None)


@functools.cache
def trusting_anybody() -> ssl.SSLContext:
    """TLS with whomever, however old: we come to look, and bring nothing that is secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
