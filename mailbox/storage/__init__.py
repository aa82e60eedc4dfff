"""Where sealed bytes lie: small ones in the row, larger ones in storages["content"].

That storage is a disk (`files`) or a bucket (`bucket`), as CONTENT_STORAGE says; both keep the
contract of `names.ContentStorage`. Names are random and say nothing; the name a caller
proposes is not looked at.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from mailbox.errors import ContentAway, NoRoomLeft, SealBroken
from mailbox.storage.files import DurableFileStorage
from mailbox.storage.names import ContentStorage, opaque_name

__all__ = ["ROW_LIMIT", "DurableFileStorage", "Kept", "forget", "keep", "load", "opaque_name"]

log = logging.getLogger(__name__)

# Sealed bytes up to here live in the row itself (DESIGN §4).
ROW_LIMIT = 64 * 1024

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Kept:
    """Where sealed bytes have been put: the values of a model's fields `row` and `file`."""

    row: bytes | None
    file: str


def keep(sealed: bytes) -> Kept:
    """Put sealed bytes away, durably. A file without a row afterwards is swept later.

    Raises ContentAway, or its NoRoomLeft: then nothing has been kept.
    """
    if len(sealed) <= ROW_LIMIT:
        return Kept(sealed, "")
    with _asking():
        return Kept(None, content_storage().save(opaque_name(), ContentFile(sealed)))


def ranges(row: bytes | memoryview | None, file: str) -> Callable[[int, int], bytes]:
    """Give a `read(offset, length)` over sealed bytes, wherever they were put.

    It fetches what it is asked for and nothing else, fewer bytes at the end. SealBroken if the
    file has gone, ContentAway while it cannot be asked for.
    """
    if not file:
        sealed = bytes(row or b"")
        return lambda offset, length: sealed[offset : offset + length]

    def read(offset: int, length: int) -> bytes:
        with _asking(file):
            return content_storage().read_range(file, offset, length)

    return read


def load(row: bytes | memoryview | None, file: str) -> bytes:
    """Return all the sealed bytes; raises as `ranges`."""
    if not file:
        return bytes(row or b"")
    with _asking(file):
        return content_storage().read_whole(file)


def forget(file: str) -> None:
    """Delete the file, if there is one; a second time does nothing."""
    if file:
        with _asking():
            content_storage().delete(file)


def forget_all(files: Iterable[str]) -> int:
    """Delete these files; return how many. While the storage is away the rest stays for a sweep."""
    gone = 0
    for file in files:
        forget(file)
        gone += 1
    return gone


def content_storage() -> ContentStorage:
    """The storage of the settings; a bucket's library is loaded when it is first asked for."""
    return cast("ContentStorage", storages["content"])


@contextmanager
def _asking(file: str = "") -> Iterator[None]:
    """Say in our own errors what came of asking the storage."""
    try:
        yield
    except ContentAway:
        raise  # a bucket has said it, and logged why
    except FileNotFoundError:
        if not file:
            raise
        log.error("The content file %s has gone.", file)
        raise SealBroken from None
    except OSError as error:
        log.error(
            "Content storage: %s", errno.errorcode.get(error.errno or 0, type(error).__name__)
        )
        raise (NoRoomLeft if error.errno in _FULL else ContentAway) from error
