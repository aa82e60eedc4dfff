"""The net lane: mail servers, web servers, and places of sign-in, each looked at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from accounts.probing import deep, https, login, smtp, tls
from accounts.probing.dns import Dns
from accounts.probing.failing import Deadline, ProbeFailed
from accounts.probing.ground import Ground
from accounts.probing.https import Asking
from accounts.probing.observations import Observation, Observations, Status
from accounts.probing.outbound import Outbound
from accounts.probing.targets import why_not
from accounts.readiness.gathering import ways
from accounts.readiness.gathering.asking import Question, Round, Tell, failing, unable
from accounts.readiness.gathering.names import exchangers_in, records_of
from accounts.readiness.subject import Subject

# Of each host: one of each family, or two of the one it has.
MOST_ADDRESSES = 2
_MOST_FORBIDDEN = 5
_STS = Asking(follows=False, wants_body=True, is_strict=True)
Look = Callable[[Outbound, str, str], Observation]


def ask_net(
    subject: Subject, seen: Observations, ground: Ground, *, tell: Tell | None = None
) -> Observations:
    """Ask a subject's servers, as the DNS lane has seen them; gives the new observations only."""
    lane = Deadline(ground.net_lane_seconds)
    outbound = Outbound(ground, Dns(ground, lane=lane), lane=lane)
    way = ways.control(outbound)
    asking = _Servers(subject, seen, _Way(outbound, way), Round(lane, tell))
    return ways.told_apart(asking.ask_all(), outbound)


@dataclass(frozen=True)
class _Way:
    """The way out, and what is known of it."""

    outbound: Outbound
    seen: Observation | None

    def is_cut(self, address: str) -> bool:
        family = "v6" if ":" in address else "v4"
        return self.seen is not None and self.seen.facts.get(family) is False


class _Servers:
    """One subject's servers. Every step puts questions; the round asks them."""

    def __init__(self, subject: Subject, seen: Observations, way: _Way, round: Round) -> None:
        self._subject, self._seen, self._way, self._round = subject, seen, way, round

    def ask_all(self) -> Observations:
        if self._way.seen is not None:
            self._round.note(self._way.seen)
        name = self._subject.name
        if self._subject.has_mail:
            for host in exchangers_in(self._seen.get("dns", f"{name} MX")):
                self._look("smtp", smtp.look, host)
            self._page(f"https://mta-sts.{name}/.well-known/mta-sts.txt", _STS)
        if self._subject.has_web:
            for host in dict.fromkeys(self._subject.hosts or (name,)):
                self._look("tls", tls.look, host)
                self._page(f"https://{host}/")
                self._page(f"http://{host}/")
            self._page(f"https://{name}/.well-known/security.txt")
            for declared in self._subject.logins:
                self._login(declared)
        return self._round.run()

    def _look(self, probe: str, look: Look, host: str) -> None:
        """Look at a host's addresses; those that we do not go to are named."""
        addresses = self._addresses(host)
        also = self._way.outbound.ground.also
        forbidden = {address: why_not(address, also) for address in addresses}
        for address in [each for each in addresses if forbidden[each]][:_MOST_FORBIDDEN]:
            failed = ProbeFailed(Status.FORBIDDEN, forbidden[address])
            self._round.note(failing(probe, f"{host}@{address}", failed))
        for address in _few([each for each in addresses if not forbidden[each]]):
            ask = partial(look, self._way.outbound, host, address)
            question = Question(probe, f"{host}@{address}", ask, server=address)
            if self._way.is_cut(address):
                self._round.note(unable(question, "no_route"))
            else:
                self._round.ask(question, partial(self._scan, host, address))

    def _scan(self, host: str, address: str, seen: Observation) -> None:
        """Look deeper, where there is TLS and a scanner; one scan at a time, they are heavy.

        One address of a host is enough. TLS that we do not speak at all may be SSLv3.
        """
        ground = self._way.outbound.ground
        has_tls = seen.facts.get("tls") or seen.facts.get("tls_error") == "tls_failed"
        if not (ground.scanner and has_tls):
            return
        port = smtp.PORT if seen.probe == "smtp" else tls.PORT
        look = partial(deep.look, ground, host, port, address)
        self._round.ask(Question("deep", f"{host}:{port}", look, server="scanner"))

    def _page(self, url: str, asking: Asking | None = None) -> None:
        look = partial(https.look, self._way.outbound, url, asking)
        host = urlsplit(url).hostname or ""
        self._round.ask(Question("http", url, look, server=self._server(host)))

    def _login(self, declared: str) -> None:
        host = _host_in(declared)
        look = partial(login.look, self._way.outbound, declared)
        self._round.ask(Question("login", declared, look, server=self._server(host)))

    def _addresses(self, host: str) -> list[str]:
        return [
            address
            for kind in ("A", "AAAA")
            for address in records_of(self._seen.get("dns", f"{host} {kind}"))
        ]

    def _server(self, host: str) -> str:
        """In whose line a question stands: the address it will most likely be put to."""
        addresses = self._addresses(host)
        return addresses[0] if addresses else host


def _host_in(declared: str) -> str:
    """The host of a declared place of sign-in; "" where it names none."""
    if "://" not in declared:
        return declared.rpartition(":")[0]
    try:
        return urlsplit(declared).hostname or ""
    except ValueError:
        return ""


def _few(addresses: list[str]) -> list[str]:
    """One of each family first."""
    first = {":" in each: each for each in reversed(addresses)}
    chosen = [each for each in addresses if each in first.values()]
    return [*chosen, *(each for each in addresses if each not in chosen)][:MOST_ADDRESSES]
