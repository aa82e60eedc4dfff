"""Read messages in a process of their own, which may be killed (`killable`).

A message that finds a way to run for ever, or to eat the memory, takes the child
with it and not the worker: the caller gets `ReadingFailed` and the next message a
new child.
"""

from __future__ import annotations

import math
import sys
import time

from mailbox.mime.killable import (
    LENGTH,
    MEGABYTE,
    Child,
    ChildFailed,
    allow_processor_time,
    answer,
    keep_within,
    next_frame,
)
from mailbox.mime.rendition import Rendition, unpack_head

# The child could not read a message. reason: "timeout", "died" or "failed".
ReadingFailed = ChildFailed


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
        arguments = [str(memory), str(math.ceil(seconds) + 2), authserv_id]
        self._child = Child("mailbox.mime.reading_process", arguments)

    def read(self, raw: bytes) -> tuple[bytes, Rendition]:
        """The packed content of a message (`rendition.pack`) and its rendition.

        ReadingFailed if the message took too long, too much memory, or broke the reader.
        """
        with self._child.lock:
            request = [LENGTH.pack(len(raw)), raw]
            packed = self._child.ask(request, time.monotonic() + self._seconds)
        if not packed:
            raise ReadingFailed("failed")
        return packed, unpack_head(lambda start, stop: packed[start:stop])

    def close(self) -> None:
        """End the child."""
        with self._child.lock:
            self._child.kill()


# --- The child ------------------------------------------------------------


def _packed(raw: bytes, authserv_id: str) -> bytes:
    """The packed message, or nothing if it broke the reader."""
    from mailbox.mime.parse import parse
    from mailbox.mime.rendition import pack

    try:
        rendition, sections = parse(raw, authserv_id)
        return pack(rendition, raw, sections)
    except (MemoryError, RecursionError, ValueError, ArithmeticError, LookupError):
        return b""  # The message is held; nothing of it is said here, for stderr is a log.


def main(arguments: list[str]) -> None:
    """Answer frames until the pipe closes."""
    memory, seconds, authserv_id = int(arguments[0]), int(arguments[1]), arguments[2]
    keep_within(memory)
    import mailbox.mime.parse  # noqa: F401  # before the first message, not during it

    allow_processor_time(seconds)
    while (raw := next_frame(sys.stdin.buffer)) is not None:
        allow_processor_time(seconds)
        answer(sys.stdout.buffer, _packed(raw, authserv_id))


if __name__ == "__main__":
    main(sys.argv[1:])
