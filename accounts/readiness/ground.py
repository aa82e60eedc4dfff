"""The ground that readiness probes move on, as the settings say; one for every run.

Tests and the bed make their own. What is meant for these only is refused elsewhere, here and by
a system check (`accounts.checks`), and never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts.probing.ground import Ground, endpoint_of
from accounts.probing.targets import Network
from accounts.readiness.turns import RedisTurns


def from_settings() -> Ground:
    """Raises ImproperlyConfigured for settings that no probe may go out with."""
    for sentence in complaints():
        raise ImproperlyConfigured(sentence)
    return Ground(
        resolvers=tuple(settings.READINESS_RESOLVERS),
        also=tuple(map(_network, settings.READINESS_ALSO)),
        ports=dict(map(_ports, settings.READINESS_PORTS)),
        ca_file=settings.READINESS_CA_FILE,
        name=settings.READINESS_NAME,
        contact=settings.READINESS_CONTACT,
        references=tuple(settings.READINESS_REFERENCES),
        scanner=settings.READINESS_SCANNER,
        busy=RedisTurns(settings.REDIS_URL),
    )


def complaints() -> list[str]:
    """What is wrong with the settings, a sentence each."""
    found = [
        f"{name} is for test beds: without READINESS_TEST_PROFILE=yes it must be empty."
        for name in ("READINESS_ALSO", "READINESS_PORTS")
        if getattr(settings, name) and not settings.READINESS_TEST_PROFILE
    ]
    if not settings.READINESS_RESOLVERS:
        found.append("READINESS_RESOLVERS must name a validating resolver.")
    if settings.READINESS_CA_FILE and not Path(settings.READINESS_CA_FILE).is_file():
        found.append("READINESS_CA_FILE names no file.")
    for name in ("READINESS_RESOLVERS", "READINESS_REFERENCES"):
        bad = _not(_endpoint, getattr(settings, name))
        if bad:
            found.append(f"{name} must be addresses with ports, not {bad}.")
    if bad := _not(_network, settings.READINESS_ALSO):
        found.append(f"READINESS_ALSO must be networks, not {bad}.")
    if bad := _not(_ports, settings.READINESS_PORTS):
        found.append(f"READINESS_PORTS must be like 25=2525, not {bad}.")
    return found


def _not(read: Callable[[str], object], texts: Iterable[str]) -> str:
    """Those that cannot be read, in one text."""
    bad = []
    for text in texts:
        try:
            read(text)
        except ValueError:
            bad.append(repr(text))
    return ", ".join(bad)


def _endpoint(text: str) -> tuple[str, int]:
    address, port = endpoint_of(text, 53)
    ip_address(address)
    if not 0 < port < 65536:
        raise ValueError(text)
    return address, port


def _network(text: str) -> Network:
    return ip_network(text)


def _ports(text: str) -> tuple[int, int]:
    known, _, ours = text.partition("=")
    if not 0 < int(ours) < 65536:
        raise ValueError(text)
    return int(known), int(ours)
