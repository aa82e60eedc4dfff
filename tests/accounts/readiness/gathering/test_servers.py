from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness.gathering import ask_availability, ask_dns, ask_net
from accounts.readiness.subject import Subject
from tests.accounts.probing.resolver import Resolver
from tests.accounts.probing.strangers import (
    Says,
    Stranger,
    authority,
    endlessly,
    ground_of,
    mute,
    replying,
    stranger,
    within_tls,
)

NAME = "dept.go.th"
SUBJECT = Subject(NAME, "mail", hosts=(NAME, f"www.{NAME}"), logins=(f"imap.{NAME}:143",))
OK = replying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def mail_server(sock: socket.socket) -> None:
    sock.sendall(b"220 mx ESMTP\r\n")
    lines = sock.makefile("rb")
    while line := lines.readline():
        sock.sendall(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 mx\r\n")


class Town:
    """Servers on loopback addresses, all at one port for each kind."""

    def __init__(self, resolver: Resolver, stack: ExitStack) -> None:
        self.resolver, self._stack = resolver, stack
        self.ports: dict[int, int] = {53: resolver.port}

    def settle(self, name: str, number: int, port: int, says: Says) -> Stranger:
        self.resolver.put(name, "A", f"127.0.0.{number}")
        return self.open(number, port, says)

    def open(self, number: int, port: int, says: Says) -> Stranger:
        address = f"127.0.0.{number}"
        server = self._stack.enter_context(stranger(says, address, self.ports.get(port, 0)))
        self.ports[port] = server.port
        return server

    def ground(self, **changes: object) -> Ground:
        given = {"ports": self.ports, "ca_file": authority().file, "probe_seconds": 1.0}
        return ground_of(self.resolver, **{**given, **changes})


@pytest.fixture
def town() -> Iterator[Town]:
    with Resolver() as resolver, ExitStack() as stack:
        town = Town(resolver, stack)
        resolver.put(NAME, "MX", f"10 mx1.{NAME}.", f"20 mx2.{NAME}.")
        town.settle(f"mx1.{NAME}", 11, 25, mail_server)
        town.settle(f"mx2.{NAME}", 12, 25, mail_server)
        secure = authority().context(NAME, f"www.{NAME}", f"mta-sts.{NAME}")
        town.settle(NAME, 21, 443, within_tls(secure, OK))
        town.settle(f"www.{NAME}", 22, 443, within_tls(secure, OK))
        town.settle(f"mta-sts.{NAME}", 23, 443, within_tls(secure, OK))
        for number in (21, 22):
            town.open(number, 80, OK)
        town.settle(f"imap.{NAME}", 31, 143, lambda sock: sock.sendall(b"* BYE later\r\n"))
        yield town


def looked(town: Town, subject: Subject = SUBJECT, **changes: object) -> Observations:
    ground = town.ground(**changes)
    return ask_net(subject, ask_dns(subject, ground), ground)


def ended(found: Observations, probe: str, target: str) -> tuple[str, str]:
    seen = found.get(probe, target)
    assert seen is not None
    return seen.status.value, seen.error


def test_all_servers_that_the_evidence_names_are_looked_at(town: Town) -> None:
    found = looked(town)
    targets = {
        probe: {each.target for each in found.of(probe)} for probe in ("smtp", "tls", "http")
    }
    assert targets["smtp"] == {f"mx1.{NAME}@127.0.0.11", f"mx2.{NAME}@127.0.0.12"}
    assert targets["tls"] == {f"{NAME}@127.0.0.21", f"www.{NAME}@127.0.0.22"}
    assert targets["http"] == {
        *(f"{scheme}://{host}/" for scheme in ("http", "https") for host in SUBJECT.hosts),
        f"https://mta-sts.{NAME}/.well-known/mta-sts.txt",
        f"https://{NAME}/.well-known/security.txt",
    }
    assert [each.target for each in found.of("login")] == [f"imap.{NAME}:143"]
    assert not [each for each in found if each.status == Status.UNABLE]
    assert ended(found, "http", f"https://{NAME}/") == ("answered", "")


def test_a_tarpit_holds_up_no_other_server(town: Town) -> None:
    town.resolver.put(NAME, "MX", f"10 mx1.{NAME}.", f"5 tarpit.{NAME}.")
    tarpit = town.settle(f"tarpit.{NAME}", 66, 25, endlessly(b"2", every=0.05))
    town.open(66, 443, mute)
    slow = tuple(f"slow{number}.{NAME}" for number in range(60))
    for host in slow:
        town.resolver.put(host, "A", "127.0.0.66")
    subject = replace(SUBJECT, hosts=(*slow, *SUBJECT.hosts))
    found = looked(town, subject, probe_seconds=0.4, net_lane_seconds=1.5)
    assert tarpit.came
    assert ended(found, "smtp", f"tarpit.{NAME}@127.0.0.66") == ("silent", "timeout")
    for host in SUBJECT.hosts:
        assert ended(found, "http", f"https://{host}/") == ("answered", "")
    assert ended(found, "smtp", f"mx1.{NAME}@127.0.0.11")[0] == "answered"
    assert {each.status for each in found if "slow59" in each.target} == {Status.UNABLE}


def test_servers_inside_are_named_and_not_gone_to(town: Town) -> None:
    town.resolver.put(NAME, "MX", f"10 mx1.{NAME}.", "20 inner.go.th.", "30 meta.go.th.")
    town.resolver.put("inner.go.th", "A", "10.1.2.3")
    town.resolver.put("meta.go.th", "A", "169.254.169.254", "127.0.0.11")
    town.resolver.put("inside.go.th", "AAAA", "fd00::1")
    found = looked(town, replace(SUBJECT, hosts=("inside.go.th",)))
    assert ended(found, "smtp", "inner.go.th@10.1.2.3") == ("forbidden", "private")
    assert ended(found, "smtp", "meta.go.th@169.254.169.254") == ("forbidden", "metadata")
    assert ended(found, "smtp", "meta.go.th@127.0.0.11")[0] == "answered"
    assert ended(found, "tls", "inside.go.th@fd00::1") == ("forbidden", "private")
    assert ended(found, "http", "https://inside.go.th/") == ("forbidden", "private")


def test_a_family_that_we_have_no_way_in_is_not_waited_for(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = town.settle(f"mx1.{NAME}", 13, 25, mail_server)
    moment = datetime.now(UTC)
    cut = Observation("route", "control", Status.ANSWERED, moment, {"v4": False, "v6": True})
    monkeypatch.setattr("accounts.readiness.gathering.ways.control", lambda outbound: cut)
    found = looked(town)
    assert ended(found, "smtp", f"mx1.{NAME}@127.0.0.13") == ("unable", "no_route")
    assert server.came == 0


def test_silence_while_the_way_out_is_cut_is_ours(town: Town) -> None:
    town.open(24, 443, mute)
    town.resolver.put("mute.go.th", "A", "127.0.0.24")
    with stranger(mute) as gone:
        cut = f"127.0.0.1:{gone.port}"
    subject = Subject("mute.go.th", "web", hosts=("mute.go.th",))
    assert ended(looked(town, subject, probe_seconds=0.3), "http", "https://mute.go.th/") == (
        "silent",
        "timeout",
    )
    found = looked(town, subject, probe_seconds=0.3, references=(cut,))
    assert ended(found, "http", "https://mute.go.th/") == ("unable", "no_route")
    assert ended(found, "route", "control") == ("unable", "no_route")


def test_a_parked_domain_has_no_server_looked_at(town: Town) -> None:
    assert len(looked(town, replace(SUBJECT, role="parked", hosts=(), logins=()))) == 0


AVAILABLE = [
    ({}, {"smtp": "up", "https": "up"}),
    ({"mx1": "mute"}, {"smtp": "up", "https": "up"}),
    ({"mx1": "mute", "mx2": "nonsense"}, {"smtp": "down", "https": "up"}),
    ({"www": "mute"}, {"smtp": "up", "https": "down"}),
    ({"www": "gone"}, {"smtp": "up", "https": "up"}),
    ({"www": "fault"}, {"smtp": "up", "https": "down"}),
]


@pytest.mark.parametrize(("broken", "answers"), AVAILABLE)
def test_a_service_is_up_when_it_answers(
    town: Town, broken: dict[str, str], answers: dict[str, str]
) -> None:
    secure = authority().context(f"www.{NAME}")
    says: dict[str, Says] = {
        "mute": mute,
        "nonsense": replying(b"554 go away\r\n"),
        "fault": within_tls(secure, replying(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")),
    }
    for number, (label, how) in enumerate(broken.items()):
        host = f"{label}.{NAME}"
        town.resolver.records.pop((host, "A"))
        if how in says:
            town.settle(host, 80 + number, 443 if label == "www" else 25, says[how])
    ground = town.ground(probe_seconds=0.5)
    assert ask_availability(NAME, "mail", SUBJECT.hosts, ground) == answers


def test_what_is_ours_makes_a_service_unknown(town: Town) -> None:
    town.resolver.refuses = True
    ground = town.ground()
    assert ask_availability(NAME, "mail", SUBJECT.hosts, ground) == {
        "smtp": "unknown",
        "https": "unknown",
    }
    assert ask_availability(NAME, "parked", (), ground) == {}


def test_the_deep_scanner_is_handed_one_address_of_each_host_that_has_tls(
    town: Town, tmp_path: Path
) -> None:
    scanner, told = tmp_path / "scanner", tmp_path / "told"
    answer = '{"scanner": "s", "accepted": {}, "weak": [], "untested": [], "error": ""}'
    scanner.write_text(f"#!/bin/sh\ncat >> {told}\necho '{answer}'\n")
    scanner.chmod(0o700)
    seen = looked(town, scanner=str(scanner))

    assert {each.target: each.status for each in seen.of("deep")} == dict.fromkeys(
        (f"{NAME}:443", f"www.{NAME}:443"), Status.ANSWERED
    )
    scanned = [json.loads(line)["address"] for line in told.read_text().splitlines()]
    assert sorted(scanned) == ["127.0.0.21", "127.0.0.22"]


def test_without_a_deep_scanner_nobody_is_asked_for_one(town: Town) -> None:
    seen = looked(town)

    assert (len(seen.of("tls")), seen.of("deep")) == (2, [])
