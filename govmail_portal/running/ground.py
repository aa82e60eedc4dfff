"""Where the probes of a demo go: its own Internet, on the loopback, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from govmail_portal.running.ports import HOST, Ports

# In the order of `Ports.internet`.
SERVICES = (53, 25, 80, 443, 143, 587)


def ground_of_the_demo(var: Path, ports: Ports) -> dict[str, str]:
    """Return the settings of `accounts.readiness.ground` for a portal that runs in `var`."""
    resolver = f"{HOST}:{ports.internet[0]}"
    mapped = zip(SERVICES, ports.internet, strict=True)
    return {
        "READINESS_TEST_PROFILE": "yes",
        "READINESS_ALSO": "127.0.0.0/8",
        "READINESS_RESOLVERS": resolver,
        "READINESS_REFERENCES": resolver,
        "READINESS_PORTS": ",".join(f"{known}={ours}" for known, ours in mapped),
        # Its gateways bring back by LMTP what is for a domain with mailboxes.
        "READINESS_ADDRESS": "readiness@mdes.example",
        "READINESS_CA_FILE": str(var / "demo-ca" / "authority.pem"),
        "DEMO_INTERNET_PORTS": ",".join(map(str, ports.internet)),
    }
