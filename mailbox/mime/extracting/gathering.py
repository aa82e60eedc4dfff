"""The words of one file, gathered until there are enough or the time is up."""

from __future__ import annotations

import time

from mailbox.mime.charsets import body, without_unreadable


class Enough(Exception):
    """No more of this file: too long, too large, too deep, or the time is up."""


class Unreadable(Exception):
    """Nothing of this file can be read: encrypted, broken, or not what it says it is."""


class Gathering:
    """Text of a file. characters: the most it takes; seconds: real time until it stops."""

    def __init__(self, characters: int, seconds: float) -> None:
        self._left = characters
        self._deadline = time.monotonic() + seconds
        self._pieces: list[str] = []
        self.is_whole = True

    def add(self, text: str) -> None:
        """Take a piece up. Enough when there is no more room or time."""
        self._pieces.append(text[: self._left])
        self._left -= len(text)
        if self._left < 0:
            raise Enough
        self.check_time()

    def check_time(self) -> None:
        """Enough if the time is up; to be asked where work is done that adds nothing."""
        if time.monotonic() > self._deadline:
            raise Enough

    @property
    def characters(self) -> int:
        """How many more there is room for."""
        return max(self._left, 0)

    @property
    def seconds(self) -> float:
        return max(self._deadline - time.monotonic(), 0.0)

    def text(self) -> str:
        """All of it so far, without what is not text."""
        return without_unreadable(body("".join(self._pieces)))
