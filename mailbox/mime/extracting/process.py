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
# A child starts within a moment; on a machine that is busy starting everything, later.
_START_SECONDS = 15.0
# A file gets this share of a letter's time at most while others wait, and stops by itself
# in this share of that, so that what it has read until then is not lost with the child.
_SHARE, _OWN_SHARE = 0.5, 0.8
_LEAST_SECONDS = 0.02


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
        left = MOST_CHARACTERS
        if not self._is_awake(_START_SECONDS):
            return [one.unread for one in files]
        deadline = time.monotonic() + self._seconds
        waiting = sum(one.is_read for one in files)
        for one in files:
            words = one.unread
            if one.is_read:
                waiting -= 1
                rest = deadline - time.monotonic()
                words = self._read(one, left, rest * _SHARE if waiting else rest)
                left -= len(words[0])
            found.append(words)
        return found

    def _read(self, one: _File, characters: int, seconds: float) -> Words:
        if characters <= 0 or seconds < _LEAST_SECONDS or not self._is_awake(seconds):
            return _UNREAD
        task = {"kind": one.kind, "characters": characters, "seconds": seconds * _OWN_SHARE}
        deadline = time.monotonic() + seconds
        try:
            answer = self._child.ask(one.request(task), deadline, most=1 + 4 * characters)
        except ChildFailed:
            return _UNREAD
        if answer[:1] not in (b"\x00", b"\x01"):
            self._child.kill()
            return _UNREAD
        # The child may be an attacker's by now: its answer is text of so many characters.
        text = without_unreadable(answer[1:].decode("utf-8", "replace"))[:characters]
        return text, answer[:1] == b"\x01" and not one.is_cut

    def _is_awake(self, seconds: float) -> bool:
        """Have a child that has done with importing, which is no file's time."""
        nothing = _frames({"kind": "", "characters": 0, "seconds": seconds}, 0, ())
        try:
            self._child.ask(nothing, time.monotonic() + seconds, most=1)
        except ChildFailed:
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
