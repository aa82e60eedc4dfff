"""The ground a client moves on: whom it asks, where it may go, and whose turn it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol


class Turns(Protocol):
    """One connection at a time to each server."""

    def take(self, server: str, *, wait: float) -> AbstractContextManager[bool]:
        """Wait for the turn at an address, `wait` seconds at most; False: it did not come."""


class LocalTurns:
    """Turns among the threads of this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        # Each lock with how many hold it or wait for it; nobody: it is dropped.
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def take(self, server: str, *, wait: float) -> Iterator[bool]:
        with self._guard:
            lock, wanted = self._locks.get(server, (threading.Lock(), 0))
            self._locks[server] = (lock, wanted + 1)
        is_mine = lock.acquire(timeout=max(wait, 0))
        try:
            yield is_mine
        finally:
            if is_mine:
                lock.release()
            with self._guard:
                lock, wanted = self._locks[server]
                self._locks[server] = (lock, wanted - 1)
                if wanted == 1:
                    del self._locks[server]


@dataclass(frozen=True)
class Ground:
    """What may be reached, and how.

    resolvers: validating ones, "127.0.0.1:53" or "[::1]:53", asked in turn. also: networks
    allowed though they are not public, and ports: other ports in place of the well-known ones;
    both for tests only. ca_file: who vouches for certificates; empty, the machine's own list.
    name, contact: who we say we are. references: "host:port" of servers that always answer: what
    tells our own outage from theirs. signed: a zone known to be signed; a resolver that does not
    say so does not validate; empty, it is believed. scanner: path of the deep scanner's Python.

    probe_seconds: what one question may take, and the others what they name; a lane is all
    questions of a run to DNS, or to servers.
    """

    resolvers: tuple[str, ...] = ("127.0.0.1:53",)
    also: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: Mapping[int, int] = field(default_factory=dict)
    ca_file: str = ""
    name: str = "localhost"
    contact: str = ""
    probe_seconds: float = 20
    dns_seconds: float = 10
    page_seconds: float = 10
    dns_lane_seconds: float = 22
    net_lane_seconds: float = 34
    most_bytes: int = 1 << 20
    most_hops: int = 5
    references: tuple[str, ...] = ()
    signed: str = "."
    scanner: str = ""
    busy: Turns = field(default_factory=LocalTurns, compare=False)

    @property
    def agent(self) -> str:
        """How we introduce ourselves to a web server."""
        more = f" (+{self.contact})" if self.contact else ""
        return f"GovMail-readiness {self.name}{more}"


def endpoint_of(text: str, port: int) -> tuple[str, int]:
    """Address and port of "192.0.2.1:53", "[2001:db8::1]:53" or an address alone."""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        return address, int(rest[1:]) if rest[1:] else port
    address, colon, rest = text.rpartition(":")
    if not colon or ":" in address:
        return text, port
    return address, int(rest)
