"""Content as files of a disk: when `save` returns, file and place are on it (promise P1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

from mailbox.storage.names import Peek, Stored, opaque_name


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

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Give these bytes of a file; fewer at the end."""
        with Path(self.path(name)).open("rb", buffering=0) as file:
            return os.pread(file.fileno(), length, offset)

    def read_whole(self, name: str) -> bytes:
        """Give all of a file."""
        return Path(self.path(name)).read_bytes()

    def peek(self, name: str, length: int) -> Peek:
        """Give the first bytes of a file, and its size."""
        with Path(self.path(name)).open("rb", buffering=0) as file:
            return Peek(os.pread(file.fileno(), length, 0), os.fstat(file.fileno()).st_size)

    def listing(self, prefix: str = "") -> Iterator[list[Stored]]:
        """Give what lies below a folder, a page for each of its last ones, in order of names."""
        top = Path(self.location)
        for first in _folders(top):
            if first.name.startswith(prefix):
                for second in _folders(first):
                    if page := _files(second, f"{first.name}/{second.name}"):
                        yield page

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


def _folders(place: Path) -> list[Path]:
    try:
        return sorted(each for each in place.iterdir() if each.is_dir())
    except FileNotFoundError:
        return []


def _files(folder: Path, place: str) -> list[Stored]:
    """What is in a folder just now; what goes meanwhile is not there."""
    page = []
    for each in sorted(folder.iterdir()):
        with suppress(FileNotFoundError):
            about = each.stat()
            written_at = datetime.fromtimestamp(about.st_mtime, UTC)
            page.append(Stored(f"{place}/{each.name}", about.st_size, written_at))
    return page
