from __future__ import annotations

import contextlib
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest

from govmail_portal.running.ground import SERVICES
from govmail_portal.running.ports import Ports
from mailbox.demo.internet import towns
from tests.mailbox.smtp.servers import scripted

ROOT = Path(__file__).resolve().parents[4]


@contextlib.contextmanager
def _open(
    var: Path, ports: tuple[int, ...], portal: int = 1
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give the process and the first line it says."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mailbox.demo.internet", str(var), str(portal), *map(str, ports)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def portal() -> Iterator[tuple[int, list[bytes]]]:
    """The portal's LMTP, for one message: its port, and what it hears."""
    yes = b"250 2.1.0 OK\r\n"
    with scripted(b"220 x\r\n", yes, yes, yes, b"354 go on\r\n", yes, b"221 x\r\n") as one:
        yield one


@pytest.fixture(scope="module")
def internet(
    tmp_path_factory: pytest.TempPathFactory, portal: tuple[int, list[bytes]]
) -> Iterator[tuple[Path, dict[int, int]]]:
    var, ports = tmp_path_factory.mktemp("internet"), Ports.free().internet
    zones = var / "demo-internet" / "zones"
    zones.mkdir(parents=True)
    for town in towns.TOWNS:
        (zones / f"{town.domain}.zone").write_text(towns.zone_text(town, "govmail", ()))
    with _open(var, ports, portal[0]) as (_process, line):
        assert "is open" in line
        yield var, dict(zip(SERVICES, ports, strict=True))


def test_a_name_leads_to_a_web_server_that_the_demos_authority_vouches_for(
    internet: tuple[Path, dict[int, int]],
) -> None:
    var, ports = internet
    question = dns.message.make_query("www.soc.example", "A")
    answer = dns.query.udp(question, towns.RESOLVER, port=ports[53], timeout=5)
    context = ssl.create_default_context(cafile=var / "demo-ca" / "authority.pem")
    with (
        socket.create_connection((answer.answer[0][0].address, ports[443]), 5) as plain,
        context.wrap_socket(plain, server_hostname="www.soc.example") as within,
    ):
        within.sendall(b"GET / HTTP/1.1\r\nHost: www.soc.example\r\n\r\n")
        assert within.recv(20).startswith(b"HTTP/1.1 200")


def test_a_page_that_a_user_puts_there_is_served(internet: tuple[Path, dict[int, int]]) -> None:
    var, ports = internet
    page = var / "demo-internet" / "web" / "moi.example" / ".well-known" / "security.txt"
    page.parent.mkdir(parents=True)
    page.write_text("Contact: mailto:csirt@moi.example\n")
    (var / "demo-internet" / "zones" / "secret.txt").write_text("not a page")
    assert b"csirt@moi.example" in _got(ports, "/.well-known/security.txt")
    assert b"not a page" not in _got(ports, "/../../zones/secret.txt")


def _got(ports: dict[int, int], path: str) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    (town,) = [town for town in towns.TOWNS if town.domain == "moi.example"]
    with (
        socket.create_connection((town.addresses[0], ports[443]), 5) as plain,
        context.wrap_socket(plain, server_hostname=town.domain) as within,
        within.makefile("rb") as answer,
    ):
        within.sendall(f"GET {path} HTTP/1.1\r\nHost: {town.domain}\r\n\r\n".encode())
        return answer.read()


def test_a_mail_server_offers_starttls(internet: tuple[Path, dict[int, int]]) -> None:
    _var, ports = internet
    with smtplib.SMTP(towns.TOWNS[0].addresses[1], ports[25], timeout=5) as server:
        server.ehlo()
        assert server.has_extn("starttls")


def test_a_letter_to_a_mail_server_goes_on_to_the_portal(
    internet: tuple[Path, dict[int, int]], portal: tuple[int, list[bytes]]
) -> None:
    _var, ports = internet
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP(towns.TOWNS[1].addresses[1], ports[25], timeout=5) as server:
        server.starttls(context=context)
        server.sendmail("a@x.example", ["saraban@moi.example"], "Subject: x\r\n\r\n.dot\r\n")
    said = b"".join(portal[1])
    assert b"rcpt TO:<saraban@moi.example>" in said and b"\r\n..dot\r\n" in said


def test_it_stays_closed_where_a_port_is_taken_and_ends_when_asked(tmp_path: Path) -> None:
    ports = Ports.free().internet
    with socket.create_server((towns.RESOLVER, ports[0])), _open(tmp_path, ports) as (it, line):
        assert "stays closed" in line
        os.kill(it.pid, signal.SIGTERM)
        assert it.wait(5) == 0


def test_the_ground_names_a_port_for_every_service() -> None:
    assert towns.SERVICES == SERVICES
    assert len(Ports.from_environment().internet) == len(SERVICES)
