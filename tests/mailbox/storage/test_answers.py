"""A server that breaks off, lies or drips: all that was asked for, or the bucket is away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from mailbox.errors import ContentAway
from mailbox.storage import bucket
from mailbox.storage.bucket import BucketStorage
from tests.bucket import options

CONTENT = b"0123456789"


class Server:
    """Gives these answers, one to a connection, and then no more."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self._door.accept()
            except OSError:
                return
            with line:
                asked = b""
                while b"\r\n\r\n" not in asked and (piece := line.recv(4096)):
                    asked += piece
                line.sendall(self.answers.pop(0) if self.answers else b"")


def answer(body: bytes, *, length: int | None = None, range_: str = "") -> bytes:
    lines = ["HTTP/1.1 206 Partial Content" if range_ else "HTTP/1.1 200 OK"]
    lines += [f"Content-Range: bytes {range_}"] if range_ else []
    lines += [f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


BROKEN_OFF = answer(CONTENT[:4], length=10)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def place(server: Server) -> BucketStorage:
    return BucketStorage(**options("content-x", server.url))


def test_an_answer_that_breaks_off_is_asked_for_once_more(
    server: Server, place: BucketStorage
) -> None:
    server.answers = [BROKEN_OFF, answer(CONTENT)]
    assert place.read_whole("ab/cd/ef") == CONTENT
    server.answers = [BROKEN_OFF, BROKEN_OFF]
    with pytest.raises(ContentAway):
        place.read_whole("ab/cd/ef")


@pytest.mark.parametrize(
    "lie",
    [
        answer(CONTENT, range_="2-11/100"),  # more than was asked for
        answer(CONTENT[:3], range_="2-4/100"),  # less, and not the end
        answer(CONTENT[:4]),  # the beginning instead of a range
    ],
)
def test_a_server_that_lies_about_a_range_is_away_and_nothing_is_called_damaged(
    server: Server, place: BucketStorage, lie: bytes
) -> None:
    server.answers = [lie, answer(CONTENT[2:6], range_="2-5/10")]
    assert place.read_range("ab/cd/ef", 2, 4) == CONTENT[2:6]
    server.answers = [lie, lie]
    with pytest.raises(ContentAway):
        place.read_range("ab/cd/ef", 2, 4)


def test_the_last_range_may_be_shorter(server: Server, place: BucketStorage) -> None:
    server.answers = [answer(CONTENT[8:], range_="8-9/10")]
    assert place.read_range("ab/cd/ef", 8, 100) == CONTENT[8:]


def test_a_body_that_drips_has_an_end(
    server: Server, place: BucketStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_BODY", -1.0)
    server.answers = [answer(CONTENT)]
    with pytest.raises(ContentAway):
        place.read_whole("ab/cd/ef")
