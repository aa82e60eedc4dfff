"""`python -m mailbox.demo.internet VAR LMTP DNS SMTP HTTP HTTPS IMAP SUBMISSION`: until SIGTERM.

VAR: the portal's data; zones lie in VAR/demo-internet/zones, pages in VAR/demo-internet/web.
LMTP: of the portal, whose mailboxes are behind the mail servers. The ports are all of the
loopback. Without Django, so that it starts at once and stays small.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from mailbox.demo.authority import DemoAuthority
from mailbox.demo.internet import towns
from mailbox.demo.internet.resolver import Resolver
from mailbox.demo.internet.servers.serving import Servers
from mailbox.demo.internet.zones import Zones


def open_internet(var: Path, portal: int, ports: dict[int, int]) -> None:
    """Open everything; OSError where an address or a port cannot be had."""
    folder = var / "demo-internet"
    authority = DemoAuthority(var / "demo-ca", leaf="internet")
    authority.prepare(towns.names())
    pages = folder / "web"
    pages.mkdir(parents=True, exist_ok=True)
    Resolver(Zones(folder / "zones", _say), [towns.RESOLVER, *towns.NAME_SERVERS], ports[53])
    Servers(towns.doors(ports, str(authority.leaf_file), str(pages), portal))


def main(var: Path, portal: int, ports: dict[int, int]) -> None:
    # Blocked, and waited for: no thread is interrupted.
    over = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, over)
    try:
        open_internet(var, portal, ports)
        _say(f"The demo's Internet is open; its zones are in {var / 'demo-internet' / 'zones'}")
    except OSError as error:
        # Not every system has a whole network on its loopback; the rest of the demo has no need.
        _say(f"The demo's Internet stays closed: {error}")
    signal.sigwait(over)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _var, _portal, *_ports = sys.argv[1:]
    main(Path(_var), int(_portal), dict(zip(towns.SERVICES, map(int, _ports), strict=True)))
