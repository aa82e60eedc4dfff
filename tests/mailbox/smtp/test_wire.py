"""Reading a server's answers: within a length, a number of lines and a time."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mailbox.smtp.wire import Broken, Garbled, Reply, TimedOut, Wire


@pytest.fixture
def pair() -> Iterator[tuple[Wire, socket.socket]]:
    door = socket.create_server(("127.0.0.1", 0))
    ours = socket.create_connection(door.getsockname())
    theirs, _ = door.accept()
    wire = Wire(ours, 5)
    with door, theirs:
        yield wire, theirs
        wire.close()


def test_a_reply_of_many_lines_is_one(pair: tuple[Wire, socket.socket]) -> None:
    wire, server = pair
    server.sendall(b"250-gateway.test\r\n250-SIZE 10\r\n250 HELP\r\n")
    assert wire.reply() == Reply(250, b"gateway.test\nSIZE 10\nHELP")


def test_replies_that_come_together_are_told_apart(pair: tuple[Wire, socket.socket]) -> None:
    wire, server = pair
    server.sendall(b"250 one\r\n550-two\r\n550 more\r\n354\r\n")
    assert [wire.reply() for _ in range(3)] == [(250, b"one"), (550, b"two\nmore"), (354, b"")]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello\r\n",
        b"25 ok\r\n",
        b"+250 ok\r\n",
        b"2500 ok\r\n",
        b"999 ok\r\n",
        b"\xe0\xb9\x91\xe0\xb9\x90\xe0\xb9\x90 ok\r\n",
        b"\r\n",
        b"250-one\r\n550 other\r\n",
        b"250 " + b"x" * 5000 + b"\r\n",
        b"x" * 5000,
        b"250-more\r\n" * 500,
    ],
    ids=range(11),
)
def test_what_is_no_reply_is_garbled(pair: tuple[Wire, socket.socket], nonsense: bytes) -> None:
    wire, server = pair
    server.sendall(nonsense)
    with pytest.raises(Garbled):
        wire.reply()


def test_an_answer_nobody_asked_for_is_never_taken_for_the_next(
    pair: tuple[Wire, socket.socket],
) -> None:
    wire, server = pair
    server.sendall(b"250 ok\r\n250 ok\r\n")
    assert wire.reply().is_good
    assert not wire.is_quiet()
    with pytest.raises(Garbled):
        wire.send(b"DATA\r\n")


def test_a_server_that_hangs_or_drips_gets_the_time_of_one_answer(
    pair: tuple[Wire, socket.socket],
) -> None:
    wire, server = pair
    with pytest.raises(TimedOut):
        wire.reply(0.05)
    server.sendall(b"25")
    with pytest.raises(TimedOut):
        wire.reply(0.05)


def test_a_server_that_is_gone_is_noticed_before_anything_is_said(
    pair: tuple[Wire, socket.socket],
) -> None:
    wire, server = pair
    assert wire.is_quiet()
    server.shutdown(socket.SHUT_WR)
    assert not wire.is_quiet()
    with pytest.raises(Broken):
        wire.reply()
    wire.close()
    assert not wire.is_quiet()
