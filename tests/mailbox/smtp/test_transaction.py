"""One transaction, word by word: what is said together, what is refused, what is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from mailbox.smtp import transaction
from mailbox.smtp.gateway import OutOfReach, SmtpGateway, written_down
from mailbox.smtp.verdicts import Reason, Verdict
from tests.mailbox.smtp.talks import CHUNKING, PIPELINING, Talk, good, server

LETTER = b"Subject: hello\r\n\r\n.\r\n..dots\r\nend\r\n"
THREE = ("dara@else.example", "emil@else.example", "finn@else.example")


def nothing(_: Sequence[str]) -> None:
    """Write nothing down."""


def send(
    gateway: SmtpGateway, *who: str, message: bytes = LETTER, early: bool = False
) -> dict[str, Verdict]:
    return gateway.hand_over(
        message,
        sender="amina@water.test",
        recipients=who or THREE,
        about_to_send=written_down if early else nothing,
    )


def reasons(verdicts: dict[str, Verdict]) -> list[Reason]:
    return [verdict.reason for verdict in verdicts.values()]


# --- PIPELINING and CHUNKING ---------------------------------------------------


def test_mail_and_every_rcpt_go_in_one_packet_and_keep_their_own_answers() -> None:
    told: list[list[str]] = []
    with server(good(*PIPELINING, emil="451 4.7.1 later", finn="550 5.1.1 no")) as made:
        verdicts = made.gateway.hand_over(
            LETTER,
            sender="amina@water.test",
            recipients=THREE,
            about_to_send=lambda who: told.append([*who, *map(bytes.decode, made.lines[-1:])]),
        )
    assert [verdict.code for verdict in verdicts.values()] == [250, 451, 550]
    assert told == [["dara@else.example", "RCPT TO:<finn@else.example>"]]
    assert [packet.count(b"\r\n") for packet in made.talks[0].packets[:3]] == [1, 4, 1]


def test_data_goes_with_the_rest_where_everybody_is_written_down_before() -> None:
    with server(good(*PIPELINING, finn="550 no")) as made:
        verdicts = send(made.gateway, early=True)
        assert [verdict.code for verdict in verdicts.values()] == [250, 250, 550]
    talk = made.talks[0]
    assert talk.packets[1].endswith(b"\r\nDATA\r\n") and b"\r\n..\r\n" in talk.content


def test_a_server_that_waits_for_a_message_to_nobody_gets_an_empty_one() -> None:
    with server(good(*PIPELINING, rcpt="550 5.1.1 no", end="554 no recipients")) as made:
        verdicts = send(made.gateway, early=True)
    assert {verdict.code for verdict in verdicts.values()} == {550}
    assert made.talks[0].content == b".\r\n"


def test_a_refused_mail_is_everybodys_and_its_rcpts_answers_count_for_nothing() -> None:
    for features in (PIPELINING, ("8BITMIME",)):
        with server(good(*features, mail="550 5.1.8 your domain", rcpt="503 mail first")) as made:
            verdicts = send(made.gateway, early=True)
        assert {(v.code, v.reason) for v in verdicts.values()} == {(550, Reason.SENDER_REFUSED)}


def test_a_chunk_is_counted_and_its_dots_are_let_be() -> None:
    with server(good(*CHUNKING)) as made:
        assert all(verdict.accepted for verdict in send(made.gateway, early=True).values())
    talk = made.talks[0]
    assert talk.content == LETTER and b"BDAT %d LAST" % len(LETTER) in talk.lines
    assert b"DATA" not in talk.lines


def test_a_hundred_recipients_are_never_more_than_fifty_to_a_packet() -> None:
    many = [f"person{number}@else.example" for number in range(100)]
    with server(good(*PIPELINING)) as made:
        assert all(verdict.accepted for verdict in send(made.gateway, *many).values())
    assert max(packet.count(b"RCPT") for packet in made.talks[0].packets) == 50


def test_what_was_written_down_ahead_is_given_up_long_before_the_lease_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Half a minute passes from answer to answer; patience is ten seconds.
    clock = count(0, 30)
    slow = SimpleNamespace(monotonic=lambda: float(next(clock)))
    monkeypatch.setattr(transaction, "time", slow)
    with server(good(*PIPELINING), good(*PIPELINING)) as made:
        assert all(verdict.accepted for verdict in send(made.gateway).values())
        with pytest.raises(OutOfReach) as caught:
            send(made.gateway, early=True)
    assert caught.value.verdict.reason == Reason.TIMED_OUT


@pytest.mark.parametrize("too_many", ["452 4.5.3 too many recipients", "550 5.5.3 too many"])
def test_who_is_one_too_many_comes_next_and_has_not_been_tried(too_many: str) -> None:
    with server(good(*PIPELINING, emil=too_many, finn="451 4.2.0 later")) as made:
        taken, next_one, later = send(made.gateway).values()
    assert taken.accepted and later.wait is None
    assert (next_one.wait, next_one.final) == (timedelta(), False)


def test_where_nobody_is_taken_nobody_comes_next() -> None:
    nobody = {"dara": "550 no", "emil": "452 too many recipients", "finn": "550 no"}
    with server(good(*PIPELINING, **nobody)) as made:
        assert [each.wait for each in send(made.gateway).values()] == [None] * 3
    with server(good(*PIPELINING, emil=nobody["emil"], end="451 4.3.0 later")) as made:
        assert [each.wait for each in send(made.gateway).values()] == [None] * 3


# --- What is refused before anything is said -----------------------------------------


@pytest.mark.parametrize(
    ("message", "reason", "status"),
    [
        (b"Subject: a\r\n\r\n" + b"x" * 999 + b"\r\n", Reason.UNFIT, "5.6.0"),
        (b"Subject: a\r\n\r\na\0b\r\n", Reason.UNFIT, "5.6.0"),
        (b"Subject: a\r\n\r\n" + b"long\r\n" * 200_000, Reason.TOO_LARGE, "5.3.4"),
    ],
    ids=["long-line", "nul", "too-large"],
)
def test_a_message_that_will_not_be_taken_is_not_even_begun(
    message: bytes, reason: Reason, status: str
) -> None:
    with server(good(*PIPELINING)) as made:
        verdicts = send(made.gateway, message=message)
    assert {(v.reason, v.enhanced, v.final) for v in verdicts.values()} == {(reason, status, True)}
    assert made.lines == [b"EHLO localhost", b"QUIT"]


def test_a_line_of_998_octets_goes() -> None:
    with server(good(*PIPELINING)) as made:
        verdicts = send(made.gateway, message=b"Subject: a\r\n\r\n" + b"x" * 998)
    assert all(verdict.accepted for verdict in verdicts.values())


def test_the_size_limit_of_the_row_counts_where_the_server_names_none() -> None:
    with server(good("8BITMIME")) as made:
        gateway = SmtpGateway("127.0.0.1", made.port, "loopback", timeout=10, size_limit=10)
        assert set(reasons(send(gateway))) == {Reason.TOO_LARGE}


@pytest.mark.parametrize(
    "address",
    ["", "a@b.test>\r\nDATA", "a b@c.test", "a@b.test> SIZE=1", "a\0@b.test", "a\udc80@b.test"]
    + ["a@" + "b" * 300],
    ids=range(7),
)
def test_an_address_that_would_end_the_command_is_never_said(address: str) -> None:
    with server(good(*PIPELINING)) as made:
        verdicts = send(made.gateway, address, "dara@else.example")
    assert (verdicts[address].reason, verdicts[address].final) == (Reason.BAD_ADDRESS, True)
    assert verdicts["dara@else.example"].accepted
    assert sum(line.startswith(b"RCPT") for line in made.lines) == 1


def test_a_domain_in_thai_is_said_in_its_other_name_where_utf8_is_not_known() -> None:
    thai = "dara@กระทรวง.test"
    with server(good(*PIPELINING)) as made:
        assert send(made.gateway, thai)[thai].accepted
    assert b"RCPT TO:<dara@xn--12cm1c6bby4d.test>" in made.lines
    with server(good(*PIPELINING, "SMTPUTF8")) as made:
        assert send(made.gateway, thai)[thai].accepted
    assert f"RCPT TO:<{thai}>".encode() in made.lines
    assert any(line.endswith(b" SMTPUTF8") for line in made.lines)


def test_a_header_in_utf8_keeps_nobody_with_a_plain_address_waiting() -> None:
    message = "Subject: สวัสดี\r\n\r\nhello\r\n".encode()
    for features, option in ((PIPELINING, False), ((*PIPELINING, "SMTPUTF8"), True)):
        with server(good(*features)) as made:
            assert all(verdict.accepted for verdict in send(made.gateway, message=message).values())
        mail = next(line for line in made.lines if line.startswith(b"MAIL"))
        assert b"BODY=8BITMIME" in mail and (b"SMTPUTF8" in mail) is option


# --- What goes wrong, and whether it leaves a doubt ----------------------------------


@pytest.mark.parametrize("features", [PIPELINING, ("8BITMIME",)])
def test_421_or_a_silence_to_mail_puts_the_gateway_out_of_reach(features: tuple[str, ...]) -> None:
    for answer, reason in (("421 4.3.2 bye", Reason.BUSY), ("nonsense", Reason.GARBLED)):
        with (
            server(good(*features, mail=answer)) as made,
            pytest.raises(OutOfReach) as caught,
        ):
            send(made.gateway)
        assert (caught.value.verdict.reason, caught.value.verdict.final) == (reason, False)


def test_a_server_that_drips_its_answers_does_not_hold_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transaction, "PATIENCE", -1)
    with server(good(*PIPELINING)) as made, pytest.raises(OutOfReach) as caught:
        send(made.gateway)
    assert (caught.value.verdict.reason, caught.value.verdict.text) == (
        Reason.TIMED_OUT,
        "too slow",
    )


def test_a_login_that_is_wanted_at_mail_is_the_gateways_trouble() -> None:
    with server(good(mail="530 5.7.0 log in first")) as made, pytest.raises(OutOfReach) as caught:
        send(made.gateway)
    assert (caught.value.verdict.code, caught.value.verdict.reason) == (430, Reason.LOGIN)
    with server(good(rcpt="530 5.7.0 log in first")) as made:
        assert not any(verdict.final for verdict in send(made.gateway).values())


def test_a_gateway_that_does_not_relay_for_us_ends_no_delivery() -> None:
    with server(good(emil="554 5.7.1 Relay access denied", finn="550 5.1.1 no")) as made:
        verdicts = send(made.gateway)
    assert [verdict.final for verdict in verdicts.values()] == [False, False, True]
    assert (verdicts[THREE[1]].code, verdicts[THREE[1]].reason) == (454, Reason.RELAY_DENIED)
    with server(good(mail="550 5.7.1 we do not relay")) as made, pytest.raises(OutOfReach):
        send(made.gateway)


def test_421_in_the_middle_defers_those_accepted_and_keeps_what_was_refused() -> None:
    with server(good(*PIPELINING, dara="550 5.1.1 no", finn="421 4.3.2 going down")) as made:
        verdicts = send(made.gateway)
    assert [verdict.code for verdict in verdicts.values()] == [550, 421, 421]


def test_250_to_the_data_command_is_not_taken_for_the_message() -> None:
    for early in (False, True):
        with server(good(*PIPELINING, data="250 taken")) as made:
            verdicts = send(made.gateway, early=early)
        assert set(reasons(verdicts)) == {Reason.GARBLED}
        assert not any(verdict.accepted or verdict.in_doubt for verdict in verdicts.values())


def hang_up_in_the_message(talk: Talk) -> None:
    talk.greet("8BITMIME")
    for answer in ("250 ok", "250 ok", "354 go on"):
        talk.hear()
        talk.say(answer)
    talk.connection.recv(1000)
    talk.say("421 4.3.2 going down")


def test_a_server_that_leaves_in_the_middle_of_the_message_leaves_no_doubt() -> None:
    message = b"Subject: long\r\n\r\n" + b"word\r\n" * 2_000_000
    with server(hang_up_in_the_message) as made:
        verdict = send(made.gateway, "dara@else.example", message=message)["dara@else.example"]
    assert not (verdict.in_doubt or verdict.accepted or verdict.final)
    assert verdict.reason in (Reason.LOST_BEFORE, Reason.BUSY)


@pytest.mark.parametrize("features", [PIPELINING, CHUNKING, ("8BITMIME",)])
@pytest.mark.parametrize("end", ["", "nonsense", "250-never\r\n999 ends", "354 again"])
def test_no_clear_answer_after_the_message_leaves_doubt(
    features: tuple[str, ...], end: str
) -> None:
    def script(talk: Talk) -> None:
        talk.greet(*features)
        if end:
            talk.answer(end=end)
            return
        for answer in ("250 ok", "250 ok", "354 go on"):
            if talk.hear().startswith(b"BDAT"):
                talk.hear_octets(len(LETTER))
                return
            talk.say(answer)
        talk.hear_content()

    with server(script) as made:
        verdict = send(made.gateway, "dara@else.example")["dara@else.example"]
    assert (verdict.reason, verdict.in_doubt) == (Reason.LOST_AFTER, True)


def test_a_server_that_hangs_at_the_dot_is_waited_for_and_then_in_doubt() -> None:
    def script(talk: Talk) -> None:
        talk.greet("8BITMIME")
        for answer in ("250 ok", "250 ok", "354 go on"):
            talk.hear()
            talk.say(answer)
        talk.hear_content()
        talk.hear()

    with server(script) as made:
        gateway = SmtpGateway("127.0.0.1", made.port, "loopback", timeout=0.1)
        verdict = send(gateway, "dara@else.example")["dara@else.example"]
    assert (verdict.in_doubt, verdict.text) == (True, "no answer in time")
    assert made.talks[0].content.endswith(b"\r\n.\r\n")


@pytest.mark.parametrize("end", ["552 5.3.4 too big", "421 4.3.2 not now", "451 4.3.0 later"])
@pytest.mark.parametrize("features", [PIPELINING, CHUNKING])
def test_a_refusal_after_the_message_is_clear(features: tuple[str, ...], end: str) -> None:
    with server(good(*features, end=end)) as made:
        verdicts = send(made.gateway)
    assert {verdict.code for verdict in verdicts.values()} == {int(end[:3])}
    assert not any(verdict.in_doubt for verdict in verdicts.values())


def test_an_answer_of_ten_megabytes_costs_nothing_and_ends_the_conversation() -> None:
    def script(talk: Talk) -> None:
        talk.greet("8BITMIME")
        talk.hear()
        talk.connection.sendall(b"250 " + b"x" * 10_000_000 + b"\r\n")

    with server(script) as made, pytest.raises(OutOfReach) as caught:
        send(made.gateway)
    assert caught.value.verdict.reason == Reason.GARBLED
    assert len(caught.value.verdict.text) < 100
