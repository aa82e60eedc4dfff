"""The real gateway alone: TLS that is verified, limits that are kept, and nothing smuggled."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from mailbox.smtp.gateway import OutOfReach, SmtpGateway, canonical
from mailbox.smtp.verdicts import Reason, Verdict
from tests.mailbox.smtp.servers import Authority, RecordingServer, scripted
from tests.mailbox.smtp.talks import Talk, good
from tests.mailbox.smtp.talks import server as talks_server

LETTER = b"Subject: hello\r\n\r\nhello\r\n"
GREETING = (b"220 gateway.test\r\n", b"250-gateway.test\r\n250 8BITMIME\r\n")


def send(gateway: SmtpGateway, *who: str, message: bytes = LETTER) -> dict[str, Verdict]:
    return gateway.hand_over(
        message,
        sender="amina@water.test",
        recipients=who or ("dara@else.example",),
        about_to_send=lambda _: None,
    )


def why(gateway: SmtpGateway) -> Verdict:
    """The verdict of a gateway that must be out of reach."""
    with pytest.raises(OutOfReach) as caught:
        send(gateway)
    assert not caught.value.verdict.final and not caught.value.verdict.accepted
    return caught.value.verdict


def loopback(port: int) -> SmtpGateway:
    return SmtpGateway("127.0.0.1", port, security="loopback", timeout=10)


def test_a_server_that_drops_us_as_it_takes_us_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = socket.create_connection
    with socket.create_server(("127.0.0.1", 0)) as door:

        def dropped(place: tuple[str, int], timeout: float) -> socket.socket:
            made = connect(place, timeout=timeout)
            taken, _ = door.accept()
            # No goodbye, but a reset.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            taken.close()
            poll = select.poll()
            poll.register(made, 0)
            assert poll.poll(10_000)
            return made

        monkeypatch.setattr(socket, "create_connection", dropped)
        assert why(loopback(door.getsockname()[1])).reason == Reason.UNREACHABLE


@pytest.mark.parametrize("from_the_start", [False, True])
def test_a_certificate_of_the_pinned_authority_and_the_right_name_opens(
    tmp_path: Path, from_the_start: bool
) -> None:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "gateway.test", "127.0.0.1")
    with RecordingServer(tls=tls, from_the_start=from_the_start) as server:
        security = "tls" if from_the_start else "starttls"
        gateway = SmtpGateway("127.0.0.1", server.port, security, ca_certificates=authority.pem)
        assert send(gateway)["dara@else.example"].accepted


@pytest.mark.parametrize("from_the_start", [False, True])
def test_a_wrong_name_or_a_stranger_authority_is_said_and_nothing_is_sent(
    tmp_path: Path, from_the_start: bool
) -> None:
    authority, stranger = Authority.new(), Authority.new()
    tls = authority.server_context(tmp_path, "other.test")
    security = "tls" if from_the_start else "starttls"
    with RecordingServer(tls=tls, from_the_start=from_the_start) as server:
        for pem, name in ((authority.pem, "gateway.test"), (stranger.pem, "other.test"), ("", "")):
            gateway = SmtpGateway(
                "127.0.0.1", server.port, security, tls_name=name, ca_certificates=pem
            )
            assert why(gateway).reason == Reason.CERTIFICATE
        assert server.taken == []


def test_a_server_that_offers_no_starttls_gets_nothing_in_clear() -> None:
    with RecordingServer() as server:
        assert why(SmtpGateway("127.0.0.1", server.port)).reason == Reason.NO_TLS
        assert server.taken == []


def test_tls_below_1_2_is_refused(tmp_path: Path) -> None:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "127.0.0.1")
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with RecordingServer(tls=tls) as server:
        gateway = SmtpGateway("127.0.0.1", server.port, ca_certificates=authority.pem)
        assert send(gateway)["dara@else.example"].accepted
    with pytest.warns(DeprecationWarning):
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with RecordingServer(tls=tls) as server:
        gateway = SmtpGateway("127.0.0.1", server.port, ca_certificates=authority.pem)
        assert why(gateway).reason == Reason.NO_TLS


def test_clear_text_goes_to_loopback_only() -> None:
    gateway = SmtpGateway("192.0.2.1", 25, security="loopback", timeout=1)
    assert why(gateway).reason == Reason.NOT_LOOPBACK


def test_a_wrong_password_is_the_gateways_trouble_not_the_recipients(tmp_path: Path) -> None:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "127.0.0.1")
    with RecordingServer(tls=tls, login=("portal", "right")) as server:
        wrong = SmtpGateway(
            "127.0.0.1",
            server.port,
            ca_certificates=authority.pem,
            username="portal",
            password="wrong",
        )
        assert why(wrong).reason == Reason.LOGIN
        assert "wrong" not in repr(wrong)
        assert why(replace(wrong, username="")).reason == Reason.LOGIN


def test_an_expired_certificate_is_said(tmp_path: Path) -> None:
    authority = Authority.new()
    tls = authority.server_context(tmp_path, "127.0.0.1", days=-1)
    with RecordingServer(tls=tls) as server:
        verdict = why(SmtpGateway("127.0.0.1", server.port, ca_certificates=authority.pem))
    assert (verdict.reason, verdict.text) == (Reason.CERTIFICATE, "certificate has expired")


def test_words_in_clear_before_tls_are_not_taken_for_the_servers() -> None:
    def inject(talk: Talk) -> None:
        talk.greet("STARTTLS")
        talk.hear()
        talk.say("220 go on", "250 everything is well")

    with talks_server(inject) as made:
        verdict = why(SmtpGateway("127.0.0.1", made.port, timeout=10))
    assert (verdict.reason, verdict.text) == (Reason.NO_TLS, "words before TLS")


@pytest.mark.parametrize("answer", ["250 well", "454 not now", "501 what"])
def test_a_server_that_does_not_begin_tls_gets_nothing_in_clear(answer: str) -> None:
    with talks_server(good("STARTTLS", starttls=answer)) as made:
        assert why(SmtpGateway("127.0.0.1", made.port, timeout=10)).reason == Reason.NO_TLS
    assert made.lines == [b"EHLO localhost", b"STARTTLS"]


def test_a_server_that_knows_no_ehlo_is_spoken_to_as_of_old() -> None:
    answers = (b"502 what?\r\n", b"250 old.test\r\n", b"250 ok\r\n", b"250 ok\r\n")
    with scripted(GREETING[0], *answers, b"354 go on\r\n", b"250 ok\r\n") as (port, heard):
        assert send(loopback(port))["dara@else.example"].accepted
    assert heard[1] == b"HELO localhost\r\n"


def test_pinned_authorities_that_cannot_be_read_put_the_gateway_out_of_reach() -> None:
    with talks_server(good("STARTTLS")) as made:
        gateway = SmtpGateway("127.0.0.1", made.port, ca_certificates="no PEM", timeout=10)
        assert why(gateway).reason == Reason.CERTIFICATE


@pytest.mark.parametrize(
    "greeting", [b"554 5.3.2 closed\r\n", b"421 later\r\n", b"250 well\r\n", b"", b"hello\r\n"]
)
def test_a_server_that_will_not_talk_is_out_of_reach(greeting: bytes) -> None:
    with scripted(greeting) as (port, _):
        why(loopback(port))


def test_a_connection_lost_at_rcpt_leaves_nobody_in_doubt() -> None:
    with scripted(*GREETING, b"250 ok\r\n", b"250 ok\r\n") as (port, _):
        verdicts = send(loopback(port), "dara@else.example", "emil@else.example")
    assert {verdict.reason for verdict in verdicts.values()} == {Reason.LOST_BEFORE}
    assert not any(verdict.in_doubt for verdict in verdicts.values())


def test_a_421_at_rcpt_defers_those_already_accepted_too() -> None:
    answers = (*GREETING, b"250 ok\r\n", b"250 ok\r\n", b"421 4.3.2 going down\r\n")
    with scripted(*answers) as (port, _):
        verdicts = send(loopback(port), "dara@else.example", "emil@else.example")
    assert [verdict.code for verdict in verdicts.values()] == [421, 421]


@pytest.mark.parametrize("last", [b"", b"nonsense\r\n", b"x" * 9000 + b"\r\n", b"354 again\r\n"])
def test_no_clear_answer_to_the_message_leaves_doubt(last: bytes) -> None:
    answers = (*GREETING, b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n")
    with scripted(*answers, last) as (port, _):
        assert send(loopback(port))["dara@else.example"].in_doubt


def test_a_refused_data_command_leaves_no_doubt() -> None:
    answers = (*GREETING, b"250 ok\r\n", b"250 ok\r\n", b"452 4.3.1 no room\r\n")
    with scripted(*answers) as (port, _):
        verdict = send(loopback(port))["dara@else.example"]
    assert (verdict.code, verdict.enhanced, verdict.text) == (452, "4.3.1", "no room")
    assert not verdict.in_doubt


def test_a_bare_line_end_smuggles_nothing() -> None:
    smuggled = (
        b"Subject: one\r\n\r\nfirst\r\n"
        b"\n.\nMAIL FROM:<x@x.test>\n\r.\rMAIL FROM:<y@x.test>\n.\r\nRCPT TO:<z@x.test>\r.\r\n"
    )
    answers = (*GREETING, b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"250 ok\r\n")
    with scripted(*answers) as (port, heard):
        assert send(loopback(port), message=smuggled)["dara@else.example"].accepted
    body = b"".join(heard[4:])
    assert b"\n" not in body.replace(b"\r\n", b"") and b"\r" not in body.replace(b"\r\n", b"")
    assert b"\r\n.\r\n" not in body


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\n\r", b"\r\r\n"])
def test_each_kind_of_bare_line_end_is_mended(end: bytes) -> None:
    mended = canonical(b"one" + end + b"." + end + b"two\r\n")
    assert mended.replace(b"\r\n", b"") == b"one.two"


def test_a_well_made_message_is_not_touched() -> None:
    assert canonical(LETTER) is LETTER


def test_eight_bits_go_only_where_they_are_taken() -> None:
    with scripted(b"220 old.test\r\n", b"250 old.test\r\n", b"221 bye\r\n") as (port, heard):
        verdict = send(loopback(port), message="Subject: ก\r\n\r\nข\r\n".encode())
    assert verdict["dara@else.example"].reason == Reason.NO_8BIT
    assert not any(line.lower().startswith(b"mail") for line in heard)
    with RecordingServer() as server:
        send(loopback(server.port), message="Subject: a\r\n\r\nข\r\n".encode())
    assert "BODY=8BITMIME" in server.taken[0].options


def test_an_address_in_thai_goes_only_where_it_is_understood() -> None:
    thai = "ดารา@else.example"
    answers = (*GREETING, b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"250 ok\r\n")
    with scripted(*answers) as (port, _):
        verdicts = send(loopback(port), thai, "dara@else.example")
    assert verdicts[thai].reason == Reason.NO_UTF8
    assert verdicts["dara@else.example"].accepted
    with RecordingServer() as server:
        assert send(loopback(server.port), thai)[thai].accepted
    assert server.taken[0].recipients == [thai]
