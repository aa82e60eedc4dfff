"""Warm connections: kept, never mixed up, and given up for a fresh one only while that is safe."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from mailbox.smtp.gateway import OutOfReach, SmtpGateway
from mailbox.smtp.pool import Pool
from mailbox.smtp.verdicts import Reason, Verdict
from tests.mailbox.smtp.talks import CHUNKING, PIPELINING, Talk, good, server


def nothing(_: Sequence[str]) -> None:
    """Write nothing down."""


def send(
    pool: Pool,
    gateway: SmtpGateway,
    who: str = "dara@else.example",
    about_to_send: Callable[[Sequence[str]], None] = nothing,
) -> Verdict:
    verdicts = pool.hand_over(
        gateway,
        b"Subject: a\r\n\r\nb\r\n",
        sender="amina@water.test",
        recipients=[who],
        about_to_send=about_to_send,
    )
    return verdicts[who]


@pytest.mark.parametrize("features", [PIPELINING, CHUNKING, ("8BITMIME",)])
def test_messages_follow_each_other_on_one_connection(features: tuple[str, ...]) -> None:
    pool = Pool()
    with server(good(*features), good(*features)) as made:
        assert all(send(pool, made.gateway).accepted for _ in range(5))
        assert (len(made.talks), len(pool)) == (1, 1)
        pool.close()
    assert made.lines.count(b"EHLO localhost") == 1 and b"RSET" not in made.lines
    assert (made.lines[-1], len(pool)) == (b"QUIT", 0)


def test_a_changed_row_is_another_connection() -> None:
    pool = Pool()
    with server(good(), good()) as made:
        send(pool, made.gateway)
        send(pool, replace(made.gateway, password="new"))
        assert (len(made.talks), len(pool)) == (2, 2)
        pool.close()


@pytest.mark.parametrize("features", [PIPELINING, CHUNKING, ("8BITMIME",)])
def test_what_an_earlier_letter_left_open_is_taken_back_first(features: tuple[str, ...]) -> None:
    pool = Pool()
    with server(good(*features, emil="550 5.1.1 no")) as made:
        assert send(pool, made.gateway, "emil@else.example").final
        assert send(pool, made.gateway).accepted
        pool.close()
    assert len(made.talks) == 1
    assert made.lines.index(b"RSET") < made.lines.index(b"RCPT TO:<dara@else.example>")


def one_then(*last: str) -> Callable[[Talk], None]:
    """Take one message; answer the next MAIL with these lines, or none, and hang up."""

    def script(talk: Talk) -> None:
        talk.greet("8BITMIME")
        for answer in ("250 ok", "250 ok", "354 go on"):
            talk.hear()
            talk.say(answer)
        talk.hear_content()
        talk.say("250 taken")
        talk.hear()
        talk.say(*last)

    return script


@pytest.mark.parametrize("last", [[], ["421 4.4.2 idle for too long"], ["nonsense"]])
def test_a_warm_one_that_is_dead_at_mail_is_replaced_once(last: list[str]) -> None:
    pool = Pool()
    with server(one_then(*last), good()) as made:
        assert [send(pool, made.gateway).accepted for _ in range(2)] == [True, True]
        assert len(made.talks) == 2
        pool.close()


def test_a_server_that_hung_up_meanwhile_is_not_even_spoken_to() -> None:
    has_left = threading.Event()

    def script(talk: Talk) -> None:
        talk.greet("8BITMIME")
        for answer in ("250 ok", "250 ok", "354 go on"):
            talk.hear()
            talk.say(answer)
        talk.hear_content()
        talk.say("250 taken")
        talk.connection.shutdown(socket.SHUT_WR)
        has_left.set()
        talk.hear()

    pool = Pool()
    with server(script, good()) as made:
        assert send(pool, made.gateway).accepted
        assert has_left.wait(10)
        assert send(pool, made.gateway).accepted
        pool.close()
    assert len(made.talks[0].lines) == 4


def test_the_fresh_one_is_not_replaced_again() -> None:
    pool = Pool()
    with server(one_then(), good(mail="421 4.3.2 bye"), good()) as made:
        assert send(pool, made.gateway).accepted
        with pytest.raises(OutOfReach):
            send(pool, made.gateway)
        assert (len(made.talks), len(pool)) == (2, 0)


def test_after_mail_is_answered_nothing_is_tried_again() -> None:
    for last in (["250 ok"], ["250 ok", "421 bye"]):
        pool = Pool()
        with server(one_then(*last), good()) as made:
            assert send(pool, made.gateway).accepted
            verdict = send(pool, made.gateway)
            assert not verdict.accepted and not verdict.in_doubt
            assert (len(made.talks), len(pool)) == (1, 0)


def test_a_doubt_is_never_sent_again_and_its_connection_never_used() -> None:
    pool = Pool()
    with server(good(end="nonsense"), good()) as made:
        verdict = send(pool, made.gateway)
        assert (verdict.reason, verdict.in_doubt) == (Reason.LOST_AFTER, True)
        assert (len(made.talks), len(pool)) == (1, 0)


def test_a_caller_who_cannot_write_it_down_costs_the_connection_and_nothing_is_sent() -> None:
    pool = Pool()

    def fail(_: Sequence[str]) -> None:
        raise RuntimeError("the disk is full")

    with server(good(), good()) as made:
        send(pool, made.gateway)
        with pytest.raises(RuntimeError, match="the disk is full"):
            send(pool, made.gateway, about_to_send=fail)
        assert len(pool) == 0 and made.lines.count(b"DATA") == 1


def test_a_connection_carries_only_so_many() -> None:
    pool = Pool(most_messages=2)
    with server(good(), good(), good()) as made:
        assert all(send(pool, made.gateway).accepted for _ in range(5))
        assert len(made.talks) == 3
        pool.close()
    assert made.lines.count(b"QUIT") == 3


def test_what_lay_idle_too_long_is_closed_and_not_used() -> None:
    pool = Pool(most_idle_seconds=30)
    with server(good()) as made:
        send(pool, made.gateway)
        pool.close_idle(time.monotonic() + 29)
        assert len(pool) == 1
        pool.close_idle(time.monotonic() + 31)
        assert len(pool) == 0
    assert made.lines[-1] == b"QUIT"
    pool = Pool(most_idle_seconds=-1)
    with server(good(), good()) as made:
        assert [send(pool, made.gateway).accepted for _ in range(2)] == [True, True]
        assert len(made.talks) == 2
        pool.close()


def test_a_forked_child_begins_with_none_and_the_parent_keeps_its_own() -> None:
    pool = Pool()
    with server(good(), good()) as made:
        send(pool, made.gateway)
        context = multiprocessing.get_context("fork")
        child = context.Process(target=_in_the_child, args=(pool, made.gateway))
        child.start()
        child.join(20)
        assert child.exitcode == 0
        assert send(pool, made.gateway).accepted
        pool.close()
    assert len(made.talks) == 1 and made.lines.count(b"QUIT") == 1


def _in_the_child(pool: Pool, gateway: SmtpGateway) -> None:
    assert len(pool) == 0
    pool.close()
