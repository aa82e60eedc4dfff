from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from mailbox.demo.authority import DemoAuthority
from mailbox.demo.gateway import GatewayDoor, Lmtp, listen
from mailbox.demo.gateway_list import DemoGateway

MESSAGE = "From: ก <a@water.test>\r\nSubject: เรื่อง\r\n\r\n.dot\r\nบรรทัด\r\n".encode()


@dataclass
class PortalDoor:
    """Takes mail for anna, knows nobody else."""

    taken: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not address.startswith("anna@"):
            return "550 5.1.1 Nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(envelope.original_content)
        return "250 2.0.0 Filed"


class LmtpController(Controller):
    def factory(self) -> LMTP:
        return LMTP(self.handler, enable_SMTPUTF8=True)


@pytest.fixture
def portal() -> Iterator[tuple[PortalDoor, Lmtp]]:
    door = PortalDoor()
    controller = LmtpController(door, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield door, Lmtp("127.0.0.1", controller.port, lambda address: address.endswith("@water.test"))
    controller.stop()


@pytest.fixture
def gateway(tmp_path: Path, portal: tuple[PortalDoor, Lmtp]) -> Iterator[DemoGateway]:
    authority = DemoAuthority(tmp_path / "ca")
    authority.prepare(["gateway1.demo.test", "localhost", "127.0.0.1"])
    entry = DemoGateway(
        name="Gateway 1",
        host="127.0.0.1",
        port=_free_port(),
        tls_name="gateway1.demo.test",
        username="portal-1",
        password="opens it",
        ca_pem=authority.certificate_file.read_text(),
    )
    door = GatewayDoor(tmp_path / "outside", portal[1])
    with _listening(entry, door, authority):
        yield entry


class _listening:  # noqa: N801  # reads as a verb where it is used
    def __init__(self, entry: DemoGateway, door: GatewayDoor, authority: DemoAuthority) -> None:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            listen(entry, door, authority, size_limit=100_000)
        )
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


def test_mail_for_outside_is_kept_byte_for_byte(gateway: DemoGateway, tmp_path: Path) -> None:
    with _signed_in(gateway) as client:
        refused = client.sendmail("a@water.test", ["Somchai@far.example"], MESSAGE)

    (kept,) = (tmp_path / "outside" / "somchai@far.example" / "new").iterdir()
    assert (refused, kept.read_bytes()) == ({}, MESSAGE)


def test_mail_for_people_of_the_portal_comes_back_by_lmtp(
    gateway: DemoGateway, portal: tuple[PortalDoor, Lmtp], tmp_path: Path
) -> None:
    with _signed_in(gateway) as client:
        client.sendmail("x@far.example", ["anna@water.test"], MESSAGE)

    assert portal[0].taken == [MESSAGE]
    assert not (tmp_path / "outside").exists()


def test_the_portal_decides_who_is_unknown(gateway: DemoGateway) -> None:
    with _signed_in(gateway) as client:
        client.ehlo()
        client.mail("x@far.example")
        code, words = client.rcpt("nobody@water.test")

    assert (code, words) == (550, b"5.1.1 Nobody of this name")


@pytest.mark.parametrize(("local", "code"), [("refused", 550), ("later", 451)])
def test_some_recipients_are_refused_with_words(
    gateway: DemoGateway, local: str, code: int
) -> None:
    with _signed_in(gateway) as client:
        client.mail("a@water.test")
        answer = client.rcpt(f"{local}@far.example")

    assert answer[0] == code
    assert b"mailbox" in answer[1]


def test_the_postmaster_of_any_domain_is_answered_and_keeps_his_mail_here(
    gateway: DemoGateway, portal: tuple[PortalDoor, Lmtp], tmp_path: Path
) -> None:
    with _signed_in(gateway) as client:
        client.sendmail("postmaster@water.test", ["Postmaster@water.test"], MESSAGE)

    (kept,) = (tmp_path / "outside" / "postmaster@water.test" / "new").iterdir()
    assert (kept.read_bytes(), portal[0].taken) == (MESSAGE, [])


def test_without_starttls_nothing_is_taken(gateway: DemoGateway) -> None:
    with smtplib.SMTP(gateway.host, gateway.port) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.mail("a@water.test")[0] == 530


def test_without_the_password_nothing_is_taken(gateway: DemoGateway) -> None:
    with _encrypted(gateway) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(gateway.username, "wrong")
        assert client.mail("a@water.test")[0] == 530


def test_a_message_above_the_limit_is_refused(gateway: DemoGateway) -> None:
    with _signed_in(gateway) as client, pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        client.sendmail("a@water.test", ["b@far.example"], b"x" * 100_001)

    assert refusal.value.smtp_code == 552


def test_the_certificate_is_not_for_another_name(gateway: DemoGateway) -> None:
    context = ssl.create_default_context(cadata=gateway.ca_pem)
    with smtplib.SMTP(gateway.host, gateway.port) as client:
        client._host = "bank.example"  # type: ignore[attr-defined]  # the name smtplib verifies
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=context)


def _signed_in(gateway: DemoGateway) -> smtplib.SMTP:
    client = _encrypted(gateway)
    client.login(gateway.username, gateway.password)
    return client


def _encrypted(gateway: DemoGateway) -> smtplib.SMTP:
    client = smtplib.SMTP(gateway.host, gateway.port)
    client._host = gateway.tls_name  # type: ignore[attr-defined]  # the name smtplib verifies
    client.starttls(context=ssl.create_default_context(cadata=gateway.ca_pem))
    client.ehlo()
    return client


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
