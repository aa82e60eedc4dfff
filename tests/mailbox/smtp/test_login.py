"""Signing in: the right mechanism, once, and the secret nowhere else."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from mailbox.smtp.gateway import OutOfReach, SmtpGateway
from mailbox.smtp.verdicts import Reason, Verdict
from tests.mailbox.smtp.talks import Server, Talk, server

REFUSED = "535 5.7.8 wrong"


def asks(mechanisms: str, *answers: str) -> list[bytes]:
    """Sign in to a server that offers these and answers so; what it heard between EHLO and MAIL."""
    heard: list[bytes] = []

    def script(talk: Talk) -> None:
        talk.greet(f"AUTH {mechanisms}")
        for answer in answers:
            heard.append(talk.hear())
            talk.say(answer)
        talk.answer()

    with server(script) as made:
        offer(named(made))
    return heard


def named(made: Server, **values: str) -> SmtpGateway:
    values = {"username": "portal", "password": "a password"} | values
    return replace(made.gateway, **values)  # type: ignore[arg-type]  # all of them are texts


def offer(gateway: SmtpGateway) -> Verdict:
    verdicts = gateway.hand_over(
        b"Subject: a\r\n\r\n",
        sender="amina@water.test",
        recipients=["dara@else.example"],
        about_to_send=lambda _: None,
    )
    return verdicts["dara@else.example"]


def secret(text: str) -> bytes:
    return base64.b64encode(text.encode())


def test_plain_comes_first_and_with_its_words() -> None:
    assert asks("LOGIN XOAUTH2 PLAIN", "235 ok") == [
        b"AUTH PLAIN " + secret("\0portal\0a password")
    ]


def test_plain_is_said_again_to_a_server_that_asks_for_it() -> None:
    said = secret("\0portal\0a password")
    assert asks("PLAIN", "334 ", "235 ok") == [b"AUTH PLAIN " + said, said]


def test_login_is_asked_twice() -> None:
    heard = asks("LOGIN CRAM-MD5", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok")
    assert heard == [b"AUTH LOGIN", secret("portal"), secret("a password")]


def test_a_token_goes_as_a_bearer() -> None:
    token = secret("user=portal\x01auth=Bearer a password\x01\x01")
    assert asks("XOAUTH2", "235 ok") == [b"AUTH XOAUTH2 " + token]


def test_the_mechanism_of_the_row_is_the_only_one_tried() -> None:
    def script(talk: Talk) -> None:
        talk.greet("AUTH PLAIN LOGIN")
        talk.answer()

    with server(script) as made, pytest.raises(OutOfReach) as caught:
        offer(named(made, mechanism="xoauth2"))
    assert caught.value.verdict.reason == Reason.LOGIN
    assert made.lines == [b"EHLO localhost"]


@pytest.mark.parametrize(
    ("mechanism", "answers", "said"),
    [
        ("PLAIN LOGIN", [REFUSED], 1),
        ("LOGIN", [REFUSED], 1),
        ("LOGIN", ["334 x", "334 x", REFUSED], 3),
        ("XOAUTH2", ["334 e30=", REFUSED], 2),
        ("PLAIN", ["454 4.7.0 later"], 1),
        ("PLAIN", ["250 what"], 1),
    ],
)
def test_a_refusal_is_not_argued_with(mechanism: str, answers: list[str], said: int) -> None:
    heard: list[bytes] = []

    def script(talk: Talk) -> None:
        talk.greet(f"AUTH {mechanism}")
        for answer in answers:
            talk.hear()
            talk.say(answer)
        talk.hear()
        heard.extend(talk.lines[1:])

    with server(script) as made, pytest.raises(OutOfReach) as caught:
        offer(named(made))
    verdict = caught.value.verdict
    assert (verdict.reason, verdict.final, verdict.accepted) == (Reason.LOGIN, False, False)
    assert len(heard) == said


def test_a_server_that_offers_no_login_is_not_spoken_to_without_one() -> None:
    def script(talk: Talk) -> None:
        talk.greet("8BITMIME")
        talk.answer()

    with server(script) as made, pytest.raises(OutOfReach) as caught:
        offer(named(made))
    assert caught.value.verdict.reason == Reason.LOGIN


@pytest.mark.parametrize("password", ["a\0b", "a\x01b", "a\r\nb", "a\udc80"], ids=range(4))
def test_a_password_that_cannot_be_said_is_not_said(password: str) -> None:
    def script(talk: Talk) -> None:
        talk.greet("AUTH PLAIN")
        talk.answer()

    with server(script) as made, pytest.raises(OutOfReach) as caught:
        offer(named(made, password=password))
    assert caught.value.verdict.reason == Reason.PASSWORD
    assert made.lines == [b"EHLO localhost"]


def test_a_password_in_thai_is_a_password() -> None:
    def script(talk: Talk) -> None:
        talk.greet("AUTH PLAIN")
        talk.answer(auth="235 ok")

    with server(script) as made:
        assert offer(named(made, password="รหัสผ่าน")).accepted
    assert made.lines[1] == b"AUTH PLAIN " + secret("\0portal\0รหัสผ่าน")
