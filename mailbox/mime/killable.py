"""A child process that is fed through pipes and may be killed at any moment.

What finds a way to run for ever, or to eat the memory, takes the child with it and not its
caller, and the next work a new child. Frames on the pipes are a 32-bit big-endian length and
that many bytes. A child knows neither Django nor any key, and holds no file.
"""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

LENGTH = struct.Struct(">I")
MEGABYTE = 1024 * 1024
_ROOT = str(Path(__file__).resolve().parent.parent.parent)


class ChildFailed(Exception):
    """The child gave no answer. reason: "timeout", "died" or "failed"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Child:
    """A module of ours run as a process; started when first needed, again after it was killed.

    Hold `lock` around everything else: threads then wait for each other. Safe across a fork.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [sys.executable, "-m", module, *arguments]
        self._owner = 0

    @property
    def is_running(self) -> bool:
        """Whether there is a child of this process that has not ended."""
        is_own = self.process is not None and self._owner == os.getpid()
        return is_own and self.process is not None and self.process.poll() is None

    def ask(self, pieces: Iterable[bytes], deadline: float, most: int = 2**32) -> bytes:
        """The child's answer to the pieces joined; they count their own length in front.

        deadline: of `time.monotonic`. most: bytes an answer may have. ChildFailed, with the
        child killed, if it took longer, died, or answers more.
        """
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        try:
            for piece in pieces:
                _send(process.stdin.fileno(), memoryview(piece), deadline)
            header = _receive(process.stdout.fileno(), LENGTH.size, deadline)
            (length,) = LENGTH.unpack(header)
            if length > most:
                raise ChildFailed("failed")
            return _receive(process.stdout.fileno(), length, deadline)
        except ChildFailed:
            self.kill()
            raise

    def kill(self) -> None:
        """End the child, whatever it is doing."""
        process, self.process = self.process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # after a fork the pipes are the parent's
            self.process = None
        if self.process is not None and self.process.poll() is not None:
            self.kill()
        if self.process is None:
            self.process = _start(self._command)
            self._owner = os.getpid()
        return self.process


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=_ROOT,
        env={"PYTHONPATH": _ROOT, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
    )
    assert process.stdin is not None and process.stdout is not None
    for pipe in (process.stdin, process.stdout):
        os.set_blocking(pipe.fileno(), False)
    return process


def _wait(descriptor: int, event: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise ChildFailed("timeout")


def _send(descriptor: int, data: memoryview, deadline: float) -> None:
    sent = 0
    while sent < len(data):
        try:
            sent += os.write(descriptor, data[sent : sent + MEGABYTE])
        except BlockingIOError:
            _wait(descriptor, selectors.EVENT_WRITE, deadline)
        except OSError as error:
            raise ChildFailed("died") from error


def _receive(descriptor: int, length: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        try:
            some = os.read(descriptor, min(length - len(received), MEGABYTE))
        except BlockingIOError:
            _wait(descriptor, selectors.EVENT_READ, deadline)
            continue
        if not some:
            raise ChildFailed("died")
        received += some
    return bytes(received)


# --- The child's side -----------------------------------------------------


def keep_within(memory: int) -> None:
    """Bound this process: bytes of address space; and no core, which would be a copy of mail."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_processor_time(seconds: int) -> None:
    """Die by SIGXCPU even if the parent is no longer there to see the time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + seconds, hard))


def next_frame(stream: IO[bytes]) -> bytes | None:
    """A frame's bytes, or None where the parent has closed the pipe."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    data = stream.read(length)
    return data if len(data) == length else None


def answer(stream: IO[bytes], data: bytes) -> None:
    """Send a frame to the parent."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()
