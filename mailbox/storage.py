"""Where sealed bytes lie: small ones in the row, larger ones in storages["content"].

`DurableFileStorage` is that storage on a disk: when `save` returns, the file and
its place in its folder are on disk (promise P1). Names are random and say
nothing; the name a caller proposes is not looked at.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.deconstruct import deconstructible

from mailbox.errors import SealBroken

log = logging.getLogger(__name__)

# Sealed bytes up to here live in the row itself (DESIGN §4).
ROW_LIMIT = 64 * 1024


def opaque_name() -> str:
    """Return a fresh random file name in one of 65,536 folders, two levels deep."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name[2:4]}/{name[4:]}"


@deconstructible(path="mailbox.storage.DurableFileStorage")
class DurableFileStorage(FileSystemStorage):
    """Files for their owner only, durable when `save` returns."""

    def __init__(self, location: str | None = None, **options: Any) -> None:
        options = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700} | options
        super().__init__(location=location, **options)
        self._durable_folders: set[Path] = set()

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Save under a random name, whatever is proposed; return it."""
        return super().save(opaque_name(), content, max_length)

    def _save(self, name: str, content: File[bytes]) -> str:
        """Write beside the final name, sync, rename, sync the folder."""
        path = Path(self.path(name))
        self._make_folder(path.parent)
        fresh = path.with_name(f".{path.name}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in content.chunks():
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                fresh.unlink()
            raise
        _sync_folder(path.parent)
        return name

    def _make_folder(self, folder: Path) -> None:
        """Make a shard; see that its own place is on disk before this process relies on it."""
        if folder in self._durable_folders and folder.exists():
            return
        top = Path(self.location)
        top.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(top.parent)
        way = [folder, *folder.parents]
        for step in reversed(way[: way.index(top)]):
            step.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(step.parent)
        self._durable_folders.add(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Row or file ----------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """Where sealed bytes have been put: the values of a model's fields `row` and `file`."""

    row: bytes | None
    file: str


def keep(sealed: bytes) -> Kept:
    """Put sealed bytes away, durably. A file without a row afterwards is swept later."""
    if len(sealed) <= ROW_LIMIT:
        return Kept(sealed, "")
    return Kept(None, _files().save(opaque_name(), ContentFile(sealed)))


@contextmanager
def reading(row: bytes | memoryview | None, file: str) -> Iterator[Callable[[int, int], bytes]]:
    """Give a `read(offset, length)` over sealed bytes, wherever they were put."""
    if not file:
        sealed = bytes(row or b"")
        yield lambda offset, length: sealed[offset : offset + length]
        return
    with _opened(file) as opened:

        def read(offset: int, length: int) -> bytes:
            opened.seek(offset)
            return bytes(opened.read(length))

        yield read


def ranges(row: bytes | memoryview | None, file: str) -> Callable[[int, int], bytes]:
    """Like `reading`, without a file held open: each range opens it for itself."""

    def read(offset: int, length: int) -> bytes:
        with reading(row, file) as of_it:
            return of_it(offset, length)

    return read


def load(row: bytes | memoryview | None, file: str) -> bytes:
    """Return all the sealed bytes; SealBroken if the file has gone."""
    if not file:
        return bytes(row or b"")
    with _opened(file) as opened:
        return bytes(opened.read())


@contextmanager
def _opened(file: str) -> Iterator[File[bytes]]:
    try:
        opened = _files().open(file)
    except FileNotFoundError:
        log.error("The content file %s has gone.", file)
        raise SealBroken from None
    with opened:
        yield opened


def forget(file: str) -> None:
    """Delete the file, if there is one; a second time does nothing."""
    if file:
        _files().delete(file)


def _files() -> Storage:
    return storages["content"]
