"""A network namespace of the test's own: real ports, and nothing of the machine within reach.

A thread that is `inside` talks to the namespace's servers, and so do threads and processes it
starts. Sockets of the file system (PostgreSQL, Redis) are reached from there as ever.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence

_NEWNET = 0x40000000
# Every address of these networks is this machine's (RFC 5737, RFC 3849: for documentation).
NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
NETWORKS_V6 = ("2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:3::/48")
_libc = ctypes.CDLL(None, use_errno=True)


class NoNamespace(OSError):
    """This machine, or this user, makes no network namespaces."""


class Place:
    """One namespace; it is gone when it is closed and nobody is inside any more.

    networks: whose addresses all lead to the loopback. Without any the place has no way to
    anywhere. Raises NoNamespace.
    """

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._file = -1
        self._problem = ""
        # Of a thread that ends: the one that asks stays where it is.
        maker = threading.Thread(target=self._make)
        maker.start()
        maker.join()
        if self._file < 0:
            raise NoNamespace(self._problem)
        self._lay(networks)

    def _make(self) -> None:
        if _libc.unshare(_NEWNET) != 0:
            self._problem = os.strerror(ctypes.get_errno())
            return
        self._file = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def _lay(self, networks: Sequence[str]) -> None:
        lines = ["link set lo up"]
        for network in networks:
            family = "-6 " if ":" in network else ""
            lines.append(f"{family}route add local {network} dev lo")
        # The kernel asks nobody on the loopback whether an address is in use.
        with self.inside():
            for line in lines:
                subprocess.run(["ip", *line.split()], check=True, capture_output=True)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Put the calling thread into the namespace, and back again."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(self._file)
            try:
                yield
            finally:
                _enter(outside)
        finally:
            os.close(outside)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _enter(file: int) -> None:
    if _libc.setns(file, _NEWNET) != 0:
        raise NoNamespace(os.strerror(ctypes.get_errno()))
