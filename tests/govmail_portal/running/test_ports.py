from __future__ import annotations

import socket

import pytest
from django.core.exceptions import ImproperlyConfigured

from govmail_portal.running import Ports


def test_free_ports_are_free_and_different() -> None:
    ports = Ports.free()

    assert ports.taken() is None
    assert len({ports.web, ports.lmtp, *ports.gateways, *ports.internet}) == 11


@pytest.mark.parametrize("name", ["PORT", "LMTP_PORT", "DEMO_GATEWAY_PORTS", "DEMO_INTERNET_PORTS"])
def test_a_used_port_is_said_in_a_sentence_with_what_to_do(name: str) -> None:
    ports = Ports.free()
    port = {"PORT": ports.web, "LMTP_PORT": ports.lmtp, "DEMO_GATEWAY_PORTS": ports.gateways[1]}
    port["DEMO_INTERNET_PORTS"] = ports.internet[3]
    with socket.create_server(("127.0.0.1", port[name])):
        sentence = ports.taken() or ""

    assert sentence.startswith(f"Port {port[name]} is used by another program.")
    assert f"make run {name}=" in sentence


def test_nonsense_for_a_port_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_GATEWAY_PORTS", "8025,many")
    with pytest.raises(ImproperlyConfigured, match="DEMO_GATEWAY_PORTS"):
        Ports.from_environment()
