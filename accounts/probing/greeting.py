"""Whether a server answers at all, as lightly as can be asked: for the hourly look (ST-3)."""

from __future__ import annotations

from typing import Any

from accounts.probing import https
from accounts.probing.failing import ProbeFailed, observe, text_of
from accounts.probing.https import Asking
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Outbound

# What a mail server may take to say 220 (ST-2).
PATIENCE = 10.0


def mail(outbound: Outbound, host: str, address: str) -> Observation:
    """Answered, if a mail server says 220 within ten seconds; it is said QUIT to."""

    def look(facts: dict[str, Any]) -> None:
        deadline = outbound.deadline(min(PATIENCE, outbound.ground.probe_seconds))
        with outbound.line(host, address, 25, deadline=deadline) as line:
            banner = line.recv_line()
            facts["banner"] = text_of(banner)
            if not banner.startswith(b"220"):
                raise ProbeFailed(Status.BROKEN, "bad_reply")
            line.send(b"QUIT\r\n")

    return observe("greeting", f"{host}@{address}", look)


def web(outbound: Outbound, host: str) -> Observation:
    """Answered, if a web server answers over TLS with anything but a fault of its own (5xx)."""
    url = f"https://{host}/"

    def look(facts: dict[str, Any]) -> None:
        page = https.get(outbound, url, Asking(follows=False))
        facts["status"] = page.hops[-1].status
        if page.failed is not None:
            raise page.failed
        if page.hops[-1].status >= 500:
            raise ProbeFailed(Status.BROKEN, "bad_reply")

    return observe("greeting", url, look)
