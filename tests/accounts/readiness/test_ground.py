from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from accounts import checks
from accounts.readiness.ground import complaints, from_settings
from accounts.readiness.turns import RedisTurns


def test_settings_become_the_ground(settings: Settings) -> None:
    settings.READINESS_RESOLVERS = ["192.0.2.53:5353", "[2001:db8::53]:53"]
    settings.READINESS_NAME, settings.READINESS_CONTACT = "scan.example", "soc@scan.example"
    made = from_settings()
    assert made.resolvers == ("192.0.2.53:5353", "[2001:db8::53]:53")
    assert made.agent == "GovMail-readiness scan.example (+soc@scan.example)"
    assert (made.also, made.ports) == ((), {})


def test_the_test_profile_opens_what_it_names(settings: Settings) -> None:
    settings.READINESS_TEST_PROFILE = True
    settings.READINESS_ALSO, settings.READINESS_PORTS = ["10.77.0.0/16"], ["25=2525"]
    assert from_settings().also == (ip_network("10.77.0.0/16"),)
    assert from_settings().ports == {25: 2525}
    assert checks.probes_stay_on_their_ground() == []
    assert [each.id for each in checks.production_is_no_test_bed()] == ["accounts.W001"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("READINESS_ALSO", ["10.0.0.0/8"]),
        ("READINESS_PORTS", ["25=2525"]),
        ("READINESS_RESOLVERS", []),
        ("READINESS_RESOLVERS", ["dns.example:53"]),
        ("READINESS_RESOLVERS", ["127.0.0.1:99999"]),
        ("READINESS_REFERENCES", ["example.org:443"]),
        ("READINESS_CA_FILE", ["/nowhere/ca.pem"]),
    ],
)
def test_no_probe_goes_out_with_what_is_unsafe_or_nonsense(
    settings: Settings, name: str, value: list[str]
) -> None:
    assert complaints() == []
    setattr(settings, name, value[0] if name == "READINESS_CA_FILE" else value)
    (sentence,) = complaints()
    assert sentence.startswith(name)
    assert [each.msg for each in checks.probes_stay_on_their_ground()] == [sentence]
    with pytest.raises(ImproperlyConfigured):
        from_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("READINESS_ALSO", ["10.0.0.1/8"]), ("READINESS_PORTS", ["25"]), ("READINESS_PORTS", ["a=b"])],
)
def test_nonsense_in_the_test_profile_is_told(
    settings: Settings, name: str, value: list[str]
) -> None:
    settings.READINESS_TEST_PROFILE = True
    setattr(settings, name, value)
    assert [sentence.split()[0] for sentence in complaints()] == [name]


def test_one_worker_at_a_time_speaks_to_a_server(settings: Settings) -> None:
    one, other = RedisTurns(settings.REDIS_URL), RedisTurns(settings.REDIS_URL)
    with (
        one.take("203.150.0.1", wait=0) as first,
        other.take("203.150.0.1", wait=0) as second,
        other.take("203.150.0.2", wait=0) as elsewhere,
    ):
        assert (first, second, elsewhere) == (True, False, True)
    with other.take("203.150.0.1", wait=0) as again:
        assert again


def test_a_dead_workers_turn_lapses(settings: Settings) -> None:
    dead, alive = (RedisTurns(settings.REDIS_URL, lease=0.05) for _ in range(2))
    with dead.take("203.150.0.3", wait=0), alive.take("203.150.0.3", wait=5) as lapsed:
        assert lapsed


def test_without_redis_nobody_has_a_turn() -> None:
    with RedisTurns("redis://127.0.0.1:1/0").take("203.150.0.1", wait=0) as is_mine:
        assert not is_mine
