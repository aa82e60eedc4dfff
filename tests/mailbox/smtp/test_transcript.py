"""A rehearsal: what a mail officer sees of a gateway, and what they never see."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

from mailbox.smtp.gateway import SmtpGateway
from mailbox.smtp.transcript import Step, StepName, rehearse
from tests.mailbox.smtp.servers import Authority, RecordingServer
from tests.mailbox.smtp.talks import Talk, good, server

N = StepName
PASSWORD = "a very secret word"


def steps(gateway: SmtpGateway, recipient: str = "dara@else.example") -> list[Step]:
    return rehearse(gateway, sender="amina@water.test", recipient=recipient)


def names(found: list[Step]) -> list[StepName]:
    return [step.name for step in found]


def signed(gateway: SmtpGateway, **values: str) -> SmtpGateway:
    return replace(gateway, username="portal", password=PASSWORD, **values)  # type: ignore[arg-type]  # texts


def test_every_step_up_to_the_recipient_is_shown_and_no_message_is_begun(tmp_path: Path) -> None:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "gateway.test")
    with RecordingServer(tls=tls, login=("portal", PASSWORD)) as running:
        gateway = SmtpGateway("127.0.0.1", running.port, timeout=10, tls_name="gateway.test")
        found = steps(signed(gateway, ca_certificates=authority.pem))
    assert names(found) == [
        *(N.CONNECT, N.GREETING, N.EHLO, N.STARTTLS, N.TLS, N.EHLO_AGAIN),
        *(N.AUTH, N.MAIL, N.RCPT, N.RSET, N.QUIT),
    ]
    assert all(step.ok and step.seconds >= 0 for step in found)
    said = {step.name: step for step in found}
    assert "certificate for gateway.test until" in said[N.TLS].answered
    assert said[N.AUTH].said == "AUTH PLAIN ****"
    assert said[N.RCPT].said == "RCPT TO:<dara@else.example>"
    assert running.taken == []


def test_where_it_ends_is_the_last_step(tmp_path: Path) -> None:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "other.test")
    with RecordingServer(tls=tls) as running:
        gateway = SmtpGateway(
            "127.0.0.1", running.port, ca_certificates=authority.pem, tls_name="gateway.test"
        )
        found = steps(gateway)
    assert (found[-1].name, found[-1].ok) == (N.TLS, False)
    assert "not valid for 'gateway.test'" in found[-1].answered


def test_a_gateway_that_is_not_there_is_one_step() -> None:
    found = steps(SmtpGateway("127.0.0.1", 1, timeout=5))
    assert [(step.name, step.ok, step.answered) for step in found] == [
        (N.CONNECT, False, "Connection refused")
    ]
    far = steps(SmtpGateway("192.0.2.1", 25, security="loopback"))
    assert [(step.name, step.ok, step.answered) for step in far] == [
        (N.CONNECT, False, "not-loopback")
    ]


def test_a_lost_starttls_is_where_it_ends() -> None:
    with server(good("8BITMIME")) as made:
        found = steps(signed(replace(made.gateway, security="starttls")))
    assert (found[-1].name, found[-1].ok) == (N.STARTTLS, False)
    assert not any(b"AUTH" in line for line in made.lines)


def test_a_refused_recipient_is_shown_with_its_words_and_taken_back() -> None:
    with server(good(dara="550 5.1.1 nobody")) as made:
        found = steps(made.gateway)
    assert [(step.name, step.ok) for step in found[-3:]] == [
        *((N.RCPT, False), (N.RSET, True), (N.QUIT, True))
    ]
    assert found[-3].answered == "550 5.1.1 nobody"


def test_a_login_that_is_not_offered_is_a_step_of_its_own() -> None:
    with server(good("8BITMIME", "AUTH GSSAPI")) as made:
        found = steps(signed(made.gateway))
    assert (found[-1].name, found[-1].ok, found[-1].answered) == (
        N.AUTH,
        False,
        "login offered: GSSAPI",
    )


def test_the_password_is_nowhere_even_where_the_server_says_it_back() -> None:
    shapes = [
        PASSWORD.encode(),
        base64.b64encode(PASSWORD.encode()),
        base64.b64encode(f"\0portal\0{PASSWORD}".encode()),
        base64.b64encode(f"user=portal\x01auth=Bearer {PASSWORD}\x01\x01".encode()),
    ]

    def echo(talk: Talk) -> None:
        talk.greet("AUTH PLAIN LOGIN XOAUTH2")
        for _ in range(3):
            line = talk.hear().decode()
            talk.say(f"334 {line} {PASSWORD}")
        talk.say("535 no")

    for mechanism in ("plain", "login", "xoauth2"):
        with server(echo) as made:
            found = steps(signed(made.gateway, mechanism=mechanism))
        assert any(shape in line for line in made.lines for shape in shapes)
        shown = repr(found).encode()
        assert not any(shape in shown for shape in shapes)


def test_a_recipient_that_would_be_a_command_is_refused_here() -> None:
    with server(good()) as made:
        found = steps(made.gateway, "a@b.test>\r\nDATA")
    assert (found[-1].ok, found[-1].answered) == (False, "bad-address")
    assert not any(line.startswith((b"RCPT", b"DATA")) for line in made.lines)
