"""Verify signatures in a process of its own, which may be killed (`killable`).

dkimpy is sound, but slow, and does with RSA keys of any size what it is told: who chooses the
key and the letter could keep it busy for a day. The child asks nobody: keys are given to it.
"""

from __future__ import annotations

import binascii
import json
import logging
import math
import sys
import time
from typing import Any

from mailbox.mime.killable import (
    LENGTH,
    MEGABYTE,
    Child,
    allow_processor_time,
    answer,
    keep_within,
    next_frame,
)

_SECONDS = 3.0
_MOST_ANSWER = 64 * 1024


class VerifyingProcess:
    """A child that verifies one signature at a time; started when first needed.

    Safe to share between threads, which then wait for each other, and across a fork.
    """

    def __init__(self, seconds: float = _SECONDS, memory: int = 512 * MEGABYTE) -> None:
        self._seconds = seconds
        arguments = [str(memory), str(math.ceil(seconds) + 1)]
        self._child = Child("mailbox.mime.trust.signatures.process", arguments)

    def verify(self, raw: bytes, place: int, keys: dict[str, str]) -> dict[str, Any]:
        """What the place-th signature of a message is worth, as dkimpy has it.

        keys: records by name in lower case, without a dot at the end. Gives "result" (a word of
        `Result`), "bits", and "author": the From field it read, empty unless there is exactly
        one. ChildFailed where it took too long or broke.
        """
        head = json.dumps({"place": place, "keys": keys}).encode()
        frame = LENGTH.pack(len(head)) + head
        with self._child.lock:
            request = [LENGTH.pack(len(frame) + len(raw)), frame, raw]
            said = self._child.ask(request, time.monotonic() + self._seconds, _MOST_ANSWER)
        found: dict[str, Any] = json.loads(said)
        return found

    def close(self) -> None:
        """End the child."""
        with self._child.lock:
            self._child.kill()


# --- The child ------------------------------------------------------------


def _verified(frame: bytes) -> dict[str, Any]:
    import dkim

    (length,) = LENGTH.unpack(frame[: LENGTH.size])
    start = LENGTH.size + length
    asked = json.loads(frame[LENGTH.size : start])
    keys = {name: text.encode("ascii", "replace") for name, text in asked["keys"].items()}

    def look_up(name: bytes | str, timeout: int = 0) -> bytes | None:
        text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        return keys.get(text.lower().removesuffix("."))

    silent = logging.getLogger("dkim.silent")
    silent.disabled = True
    try:
        message = dkim.DKIM(frame[start:], logger=silent)
        authors = [value for name, value in message.headers if name.lower() == b"from"]
        is_right = bool(message.verify(idx=asked["place"], dnsfunc=look_up))
        result = _judged(message, is_right)
    except dkim.DKIMException as error:
        return {"result": _word_for(str(error)), "bits": 0, "author": ""}
    except (MemoryError, RecursionError, ValueError, ArithmeticError, LookupError):
        return {"result": "bad", "bits": 0, "author": ""}
    except (TypeError, AttributeError, AssertionError, binascii.Error):
        return {"result": "bad", "bits": 0, "author": ""}
    author = authors[0].decode("latin-1")[:10_000] if len(authors) == 1 else ""
    return {"result": result, "bits": int(message.keysize or 0), "author": author}


def _judged(message: Any, is_right: bool) -> str:
    fields = message.signature_fields
    if not is_right:
        return "fail"
    if b"from" not in message.include_headers:
        return "not_from"  # RFC 6376 §5.4; dkimpy lets it pass
    if fields.get(b"a") == b"rsa-sha1":
        return "weak"
    return "partial" if b"l" in fields else "pass"


def _word_for(said: str) -> str:
    if "body hash mismatch" in said:
        return "fail"
    if "x= value is past" in said:
        return "expired"
    return "weak" if "key too small" in said else "bad"


def main(arguments: list[str]) -> None:
    """Answer frames until the pipe closes."""
    memory, seconds = int(arguments[0]), int(arguments[1])
    keep_within(memory)
    import dkim  # noqa: F401  # before the first message, not during it

    allow_processor_time(seconds)
    while (frame := next_frame(sys.stdin.buffer)) is not None:
        allow_processor_time(seconds)
        answer(sys.stdout.buffer, json.dumps(_verified(frame)).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
