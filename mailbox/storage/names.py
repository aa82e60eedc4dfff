"""What every place for content gives and takes: names that say nothing, ranges, pages of names.

Beyond Django's storage, because sealed content is read by range and listed by the million.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol


def opaque_name() -> str:
    """Return a fresh random file name in one of 65,536 folders, two levels deep."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name[2:4]}/{name[4:]}"


@dataclass(frozen=True)
class Stored:
    """A file as a listing shows it: bytes, and when it was written (aware)."""

    name: str
    size: int
    written_at: datetime


@dataclass(frozen=True)
class Peek:
    """The first bytes of a file, and how many it has in all."""

    start: bytes
    size: int


class ContentStorage(Protocol):
    """A place for sealed content. A file that is not there: FileNotFoundError.

    A place that cannot be asked: another OSError, `ContentAway` among them.
    """

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Keep it for good under a new random name, and return that."""

    def delete(self, name: str) -> None:
        """Delete it; a second time does nothing."""

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Give these bytes and fetch no others; fewer at the end."""

    def read_whole(self, name: str) -> bytes:
        """Give all bytes."""

    def peek(self, name: str, length: int) -> Peek:
        """Give the first bytes and the size, in one question."""

    def listing(self, prefix: str = "") -> Iterator[list[Stored]]:
        """Give all files below a folder (`ab`; empty: all) by name, in pages of some 1,000."""
