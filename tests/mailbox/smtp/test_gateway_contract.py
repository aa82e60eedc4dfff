"""What every gateway promises: run against the fake and against a real server with STARTTLS,
on a connection of its own and on a warm one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mailbox.smtp.gateway import AboutToSend, Gateway, OutOfReach, SmtpGateway
from mailbox.smtp.pool import Pool
from mailbox.smtp.verdicts import Verdict
from tests.fakes import TAKEN, FakeGateway
from tests.mailbox.smtp.servers import Authority, RecordingServer

LETTER = b"Subject: hello\r\n\r\n.\r\n..dots\r\n\r\nend\r\n"
THREE = ["dara@else.example", "emil@else.example", "finn@else.example"]


@dataclass
class Made:
    """A gateway under the contract, and how to look at what it took."""

    gateway: Gateway
    messages: Callable[[], list[bytes]]


Maker = Callable[..., Made]


@dataclass(frozen=True)
class Warm:
    """A gateway whose connections are kept."""

    gateway: SmtpGateway
    pool: Pool = field(default_factory=Pool)
    gateway_id: int | None = None

    def hand_over(
        self,
        message: bytes,
        *,
        sender: str,
        recipients: Sequence[str],
        about_to_send: AboutToSend,
    ) -> dict[str, Verdict]:
        return self.pool.hand_over(
            self.gateway,
            message,
            sender=sender,
            recipients=recipients,
            about_to_send=about_to_send,
        )


@pytest.fixture(params=["fake", "real", "warm"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Maker]:
    authority = Authority.new()
    with ExitStack() as servers:

        def fake(after_data: Verdict = TAKEN, **answers: Verdict) -> Made:
            gateway = FakeGateway(after_data=after_data, **answers)
            return Made(gateway, lambda: gateway.messages)

        def real(after_data: Verdict = TAKEN, **answers: Verdict) -> Made:
            answers["nobody"] = Verdict(550, "nobody")
            rules = {name: f"{answer.code} {answer.text}" for name, answer in answers.items()}
            reply = "" if after_data.in_doubt else f"{after_data.code} {after_data.text}"
            tls = authority.server_context(tmp_path, "gateway.test")
            login = ("portal", "a password")
            server = RecordingServer(rules=rules, after_data=reply, tls=tls, login=login)
            servers.enter_context(server)
            gateway = SmtpGateway(
                "127.0.0.1",
                server.port,
                tls_name="gateway.test",
                ca_certificates=authority.pem,
                username="portal",
                password="a password",
                timeout=10,
            )
            return Made(gateway, lambda: [taken.content for taken in server.taken])

        def warm(after_data: Verdict = TAKEN, **answers: Verdict) -> Made:
            made = real(after_data, **answers)
            assert isinstance(made.gateway, SmtpGateway)
            gateway = Warm(made.gateway)
            servers.callback(gateway.pool.close)
            # Nobody is taken, and so the connection stays, with a transaction left open.
            hand_over(gateway, ["nobody@else.example"])
            assert len(gateway.pool) == 1
            return replace(made, gateway=gateway)

        yield {"fake": fake, "real": real, "warm": warm}[request.param]


def nothing(_: object) -> None:
    """Write nothing down."""


def hand_over(
    gateway: Gateway, recipients: list[str], about_to_send: Callable[..., None] = nothing
) -> dict[str, Verdict]:
    return gateway.hand_over(
        LETTER, sender="amina@water.test", recipients=recipients, about_to_send=about_to_send
    )


def test_each_recipient_gets_an_answer_of_their_own(make: Maker) -> None:
    made = make(emil=Verdict(451, "Later, please"), finn=Verdict(550, "No such person"))
    verdicts = hand_over(made.gateway, THREE)

    assert [verdicts[who].code for who in THREE] == [250, 451, 550]
    assert [verdicts[who].text for who in THREE] == ["taken", "Later, please", "No such person"]
    assert [verdicts[who].final for who in THREE] == [False, False, True]


def test_the_message_arrives_byte_for_byte(make: Maker) -> None:
    made = make()
    hand_over(made.gateway, THREE)

    assert made.messages() == [LETTER]


def test_the_caller_is_told_who_was_accepted_before_the_message_goes(make: Maker) -> None:
    made = make(emil=Verdict(451, "Later"))
    told: list[tuple[list[str], int]] = []
    hand_over(made.gateway, THREE, lambda who: told.append((list(who), len(made.messages()))))

    assert told == [(["dara@else.example", "finn@else.example"], 0)]


def test_a_caller_who_cannot_write_it_down_stops_the_message(make: Maker) -> None:
    made = make()

    def fail(_: object) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        hand_over(made.gateway, THREE, fail)
    assert made.messages() == []


def test_a_refusal_of_the_message_is_everybodys(make: Maker) -> None:
    made = make(after_data=Verdict(554, "5.7.1 not this"))
    verdicts = hand_over(made.gateway, THREE)

    assert {verdict.code for verdict in verdicts.values()} == {554}
    assert all(verdict.final for verdict in verdicts.values())


def test_a_silence_after_the_message_leaves_doubt(make: Maker) -> None:
    made = make(after_data=Verdict(in_doubt=True), emil=Verdict(550, "No"))
    verdicts = hand_over(made.gateway, THREE)

    assert [verdicts[who].in_doubt for who in THREE] == [True, False, True]
    assert not any(verdict.accepted for verdict in verdicts.values())


def test_nobody_accepted_means_no_message(make: Maker) -> None:
    made = make(dara=Verdict(550, "No"))
    told: list[object] = []
    verdicts = hand_over(made.gateway, THREE[:1], told.append)

    assert verdicts[THREE[0]].final
    assert (told, made.messages()) == ([], [])


def test_a_gateway_that_is_not_there_is_out_of_reach() -> None:
    for gateway in (FakeGateway(out_of_reach=True), SmtpGateway("127.0.0.1", 1, timeout=5)):
        with pytest.raises(OutOfReach) as caught:
            hand_over(gateway, THREE)
        assert not caught.value.verdict.final
