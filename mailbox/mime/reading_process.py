"""Read messages in a process of their own, which may be killed.

A message that finds a way to run for ever, or to eat the memory, takes the child
with it and not the worker: the caller gets `ReadingFailed` and the next message a
new child. Frames on the pipes are a 32-bit big-endian length and that many bytes.
The child knows neither Django nor any key.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import selectors
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from mailbox.mime.rendition import Rendition, unpack_head

_LENGTH = struct.Struct(">I")
_ROOT = str(Path(__file__).resolve().parent.parent.parent)
MEGABYTE = 1024 * 1024


class ReadingFailed(Exception):
    """The child could not read a message. reason: "timeout", "died" or "failed"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReadingProcess:
    """A child that reads one message at a time; started when first needed.

    seconds: real time a message may take. memory: bytes of address space. authserv_id:
    whose Authentication-Results are believed (`trust.authentication`). Safe to share
    between threads, which then wait for each other, and across a fork.
    """

    def __init__(
        self, seconds: float = 5.0, memory: int = 1024 * MEGABYTE, authserv_id: str = ""
    ) -> None:
        self._seconds = seconds
        self._memory = memory
        self._authserv_id = authserv_id
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def read(self, raw: bytes) -> tuple[bytes, Rendition]:
        """The packed content of a message (`rendition.pack`) and its rendition.

        ReadingFailed if the message took too long, too much memory, or broke the reader.
        """
        with self._lock:
            child = self._running()
            try:
                packed = self._exchange(child, raw)
            except ReadingFailed:
                self._kill()
                raise
        if not packed:
            raise ReadingFailed("failed")
        return packed, unpack_head(lambda start, stop: packed[start:stop])

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._kill()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # after a fork the pipes are the parent's
            self._child = None
        if self._child is not None and self._child.poll() is not None:
            self._kill()
        if self._child is None:
            self._child = _start(self._memory, math.ceil(self._seconds) + 2, self._authserv_id)
            self._owner = os.getpid()
        return self._child

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _exchange(self, child: subprocess.Popen[bytes], raw: bytes) -> bytes:
        assert child.stdin is not None and child.stdout is not None
        deadline = time.monotonic() + self._seconds
        request = memoryview(_LENGTH.pack(len(raw)) + raw)
        _send(child.stdin.fileno(), request, deadline)
        (length,) = _LENGTH.unpack(_receive(child.stdout.fileno(), _LENGTH.size, deadline))
        return _receive(child.stdout.fileno(), length, deadline)


def _start(memory: int, seconds: int, authserv_id: str) -> subprocess.Popen[bytes]:
    module = "mailbox.mime.reading_process"
    child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
        [sys.executable, "-m", module, str(memory), str(seconds), authserv_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=_ROOT,
        env={"PYTHONPATH": _ROOT, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
    )
    assert child.stdin is not None and child.stdout is not None
    for pipe in (child.stdin, child.stdout):
        os.set_blocking(pipe.fileno(), False)
    return child


def _wait(descriptor: int, event: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise ReadingFailed("timeout")


def _send(descriptor: int, data: memoryview, deadline: float) -> None:
    sent = 0
    while sent < len(data):
        try:
            sent += os.write(descriptor, data[sent : sent + MEGABYTE])
        except BlockingIOError:
            _wait(descriptor, selectors.EVENT_WRITE, deadline)
        except OSError as error:
            raise ReadingFailed("died") from error


def _receive(descriptor: int, length: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        try:
            some = os.read(descriptor, min(length - len(received), MEGABYTE))
        except BlockingIOError:
            _wait(descriptor, selectors.EVENT_READ, deadline)
            continue
        if not some:
            raise ReadingFailed("died")
        received += some
    return bytes(received)


# --- The child ------------------------------------------------------------


def _read_exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    return data if len(data) == length else b""


def _answer(raw: bytes, authserv_id: str) -> bytes:
    """The packed message, or nothing if it broke the reader."""
    from mailbox.mime.parse import parse
    from mailbox.mime.rendition import pack

    try:
        rendition, sections = parse(raw, authserv_id)
        return pack(rendition, raw, sections)
    except (MemoryError, RecursionError, ValueError, ArithmeticError, LookupError):
        return b""  # The message is held; nothing of it is said here, for stderr is a log.


def _allow_processor_time(seconds: int) -> None:
    """Die by SIGXCPU even if the parent is no longer there to see the time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + seconds, hard))


def main(arguments: list[str]) -> None:
    """Answer frames until the pipe closes."""
    memory, seconds, authserv_id = int(arguments[0]), int(arguments[1]), arguments[2]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stdin: IO[Any] = sys.stdin.buffer
    stdout: IO[Any] = sys.stdout.buffer
    import mailbox.mime.parse  # noqa: F401  # before the first message, not during it

    while header := _read_exactly(stdin, _LENGTH.size):
        (length,) = _LENGTH.unpack(header)
        _allow_processor_time(seconds)
        packed = _answer(_read_exactly(stdin, length), authserv_id)
        stdout.write(_LENGTH.pack(len(packed)))
        stdout.write(packed)
        stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
