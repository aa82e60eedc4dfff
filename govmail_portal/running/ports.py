"""Which ports the portal uses on this machine, and whether they are free."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Self

from govmail_portal import env

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The TCP ports of one portal, all on the loopback."""

    web: int
    lmtp: int
    gateways: tuple[int, ...]
    # Of the demo's Internet: DNS, SMTP, HTTP, HTTPS, IMAP, submission.
    internet: tuple[int, ...]

    @classmethod
    def from_environment(cls) -> Self:
        """Read PORT, LMTP_PORT, DEMO_GATEWAY_PORTS and DEMO_INTERNET_PORTS."""
        return cls(
            web=env.number("PORT", default=8000, least=1),
            lmtp=env.number("LMTP_PORT", default=8024, least=1),
            gateways=tuple(env.ports("DEMO_GATEWAY_PORTS", "8025,8026,8027")),
            internet=tuple(env.ports("DEMO_INTERNET_PORTS", "8053,8030,8031,8032,8033,8034")),
        )

    @classmethod
    def free(cls) -> Self:
        """Choose ports that nobody uses at this moment."""
        probes = [socket.create_server((HOST, 0)) for _ in range(11)]
        web, lmtp, *others = [probe.getsockname()[1] for probe in probes]
        for probe in probes:
            probe.close()
        return cls(web, lmtp, tuple(others[:3]), tuple(others[3:]))

    def taken(self) -> str | None:
        """Say which port another program has, and what to do about it; None if all are free."""
        wanted = [("PORT", self.web), ("LMTP_PORT", self.lmtp)]
        lists = {"DEMO_GATEWAY_PORTS": self.gateways, "DEMO_INTERNET_PORTS": self.internet}
        wanted += [(name, port) for name, ports in lists.items() for port in ports]
        for name, port in wanted:
            if not _is_free(port):
                others = lists.get(name, (port,))
                example = ",".join(str(other + 100) for other in others)
                return (
                    f"Port {port} is used by another program. "
                    f"Stop that program, or choose another port: make run {name}={example}"
                )
        return None


def _is_free(port: int) -> bool:
    try:
        # As a server would: a port in TIME_WAIT is free, one that somebody listens on is not.
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
