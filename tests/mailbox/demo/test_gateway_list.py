from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from mailbox.demo.gateway_list import demo_gateways


def test_the_list_is_the_same_each_time_it_is_asked(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.DEMO_GATEWAY_PORTS = [4001, 4002]

    first = demo_gateways()

    assert demo_gateways() == first
    assert [gateway.port for gateway in first] == [4001, 4002]
    assert first[0].password != first[1].password


def test_a_gateway_added_later_leaves_the_passwords_of_the_others(
    settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    settings.DEMO_GATEWAY_PORTS = [4001]
    (first,) = demo_gateways()
    settings.DEMO_GATEWAY_PORTS = [4001, 4002]

    assert demo_gateways()[0].password == first.password
