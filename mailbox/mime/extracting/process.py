"""The text inside a letter's attachments, read in a process that may be killed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator

from mailbox.mime.charsets import without_unreadable
from mailbox.mime.extracting import kinds
from mailbox.mime.extracting.limits import (
    FIRST_BYTES,
    MEGABYTE,
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_PLAIN_BYTES,
)
from mailbox.mime.killable import LENGTH, Child, ChildFailed
from mailbox.mime.rendition import Attachment, Read, Rendition, read_attachment

Words = tuple[str, bool]
_WITHOUT, _UNREAD = ("", True), ("", False)
_CUT = frozenset((kinds.PLAIN, kinds.HTML, kinds.RTF))
# A child starts in half a second, on a busy machine later; this is not the letter's time. How
# many children a letter may use up is bounded instead.
_START_SECONDS = 15.0
_MOST_STARTS = 4
# A file gets this share of a letter's time at most while others wait, and stops by itself
# in this share of that, so that what it has read until then is not lost with the child.
_SHARE, _OWN_SHARE = 0.5, 0.8
_LEAST_SECONDS = 0.02
# Characters that a long file leaves for each that waits; half of all that there is at most.
_KEPT_FREE = 20_000


class ExtractingProcess:
    """A child that reads one attachment at a time; started when first needed.

    seconds: real time all files of a letter may take together. memory: bytes of address space.
    Safe to share between threads, which then wait for each other, and across a fork.
    """

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._child = Child("mailbox.mime.extracting.child", [str(memory)])

    def texts(self, packed: bytes, rendition: Rendition) -> list[Words]:
        """Of each attachment in order: the text written in it, and whether that is all of it.

        packed: the content (`rendition.pack`) that `rendition` was unpacked from. "" and True:
        a picture or the like; "" and False: encrypted, broken or over a limit. Never raises.
        """

        def read(start: int, stop: int) -> bytes:
            return packed[start:stop]

        files = [_File(one, read) for one in rendition.attachments]
        if not any(one.is_read for one in files):
            return [one.unread for one in files]
        if not self._child.lock.acquire(timeout=self._seconds + _START_SECONDS):
            return [one.unread for one in files]
        try:
            return self._read_all(files)
        finally:
            self._child.lock.release()

    def close(self) -> None:
        """End the child."""
        with self._child.lock:
            self._child.kill()

    def _read_all(self, files: list[_File]) -> list[Words]:
        found: list[Words] = []
        left, rest, starts = MOST_CHARACTERS, self._seconds, _MOST_STARTS
        waiting = sum(one.is_read for one in files)
        for one in files:
            waiting -= one.is_read
            if one.is_read and not self._child.is_running:
                starts = starts - 1 if starts > 0 and self._is_started() else 0
            if not one.is_read or left <= 0 or rest < _LEAST_SECONDS or not self._child.is_running:
                found.append(one.unread)
                continue
            began = time.monotonic()
            room = max(left // 2, left - waiting * _KEPT_FREE) if waiting else left
            words = self._read(one, room, rest * _SHARE if waiting else rest)
            rest -= time.monotonic() - began
            left -= len(words[0])
            found.append(words)
        return found

    def _read(self, one: _File, characters: int, seconds: float) -> Words:
        task = {"kind": one.kind, "characters": characters, "seconds": seconds * _OWN_SHARE}
        deadline = time.monotonic() + seconds
        try:
            answer = self._child.ask(one.request(task), deadline, most=1 + 4 * characters)
        except (ChildFailed, OSError):  # OSError: no child can be started just now
            return _UNREAD
        if answer[:1] not in (b"\x00", b"\x01"):
            self._child.kill()
            return _UNREAD
        # The child may be an attacker's by now: its answer is text of so many characters.
        text = without_unreadable(answer[1:].decode("utf-8", "replace"))[:characters]
        return text, answer[:1] == b"\x01" and not one.is_cut

    def _is_started(self) -> bool:
        """Have a child that has done with importing, which is no file's time."""
        task = {"kind": "", "characters": 0, "seconds": _START_SECONDS}
        try:
            self._child.ask(_frames(task, 0, ()), time.monotonic() + _START_SECONDS, most=1)
        except (ChildFailed, OSError):
            return False
        return True


class _File:
    """An attachment, and how much of it goes to the child."""

    def __init__(self, one: Attachment, read: Read) -> None:
        self._one, self._packed = one, read
        first = self._octets(0, FIRST_BYTES)
        self.kind = kinds.kind_of(one.name, one.type, first) if first else kinds.TEXTLESS
        most = MOST_PLAIN_BYTES if self.kind in _CUT else MOST_BYTES
        self._size = min(one.size, most)
        self.is_cut = one.size > most
        is_too_large = self.is_cut and self.kind not in _CUT
        self.is_read = self.kind not in (kinds.TEXTLESS, kinds.UNREADABLE) and not is_too_large
        self.unread = _WITHOUT if self.kind == kinds.TEXTLESS else _UNREAD

    def request(self, task: dict[str, object]) -> Iterator[bytes]:
        """The frames for the child, a megabyte of the file in memory at a time."""
        pieces = (
            self._octets(at, min(at + MEGABYTE, self._size))
            for at in range(0, self._size, MEGABYTE)
        )
        return _frames(task, self._size, pieces)

    def _octets(self, start: int, stop: int) -> bytes:
        try:
            return read_attachment(self._packed, self._one, start, stop)
        except ValueError:  # base64 that is none after all
            return b""


def _frames(task: dict[str, object], size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    head = json.dumps(task).encode()
    yield LENGTH.pack(len(head)) + head
    yield LENGTH.pack(size)
    sent = 0
    for piece in pieces:
        sent += len(piece)
        yield piece
    if sent != size:
        raise ChildFailed("failed")  # the child would wait for the rest for ever
