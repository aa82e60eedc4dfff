"""Several files as one archive, written while it is sent: no temporary file, one piece in memory.

Files are stored, not compressed: most are compressed already, and the archive is
for carrying, not for saving. Sizes follow the data (APPNOTE 4.4.4, bit 3), because
nothing can be written in front of what has been sent.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse

from govmail_portal.dates import BANGKOK
from mailbox.mime.parts.attachments import safe_name
from mailbox.web.answers.streaming import PIECE

_NOT_ON_WINDOWS = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)))
)


@dataclass(frozen=True)
class Entry:
    """A file to be packed. read(start, stop) opens a piece of it; size in bytes."""

    name: str
    size: int
    read: Callable[[int, int], bytes]


class _Outlet(io.RawIOBase):
    """Where the archive is written: it only goes forward, and is emptied as it fills."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # whatever zipfile has: bytes, memoryview
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def zipped(
    request: HttpRequest, entries: Sequence[Entry], *, at: datetime
) -> StreamingHttpResponse:
    """An archive of the entries, all in one folder, dated `at`."""
    pieces = _pieces(entries, at)
    is_async = isinstance(request, ASGIRequest)
    return StreamingHttpResponse(
        _in_threads(pieces) if is_async else pieces, content_type="application/zip"
    )


def flat_names(names: Sequence[str]) -> list[str]:
    """Names that any system can unpack into one folder: no path, no device, none twice.

    Twice is the same but for case: Windows and macOS would write one over the other.
    """
    taken: set[str] = set()
    flat = []
    for number, given in enumerate(names, 1):
        name = safe_name(given) or f"attachment-{number}"
        if name.partition(".")[0].strip().lower() in _NOT_ON_WINDOWS:
            name = f"_{name}"
        stem, dot, ending = name.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (name, "")
        again = 1
        while name.casefold() in taken:
            again += 1
            name = f"{stem} ({again}){ending}"
        taken.add(name.casefold())
        flat.append(name)
    return flat


def _pieces(entries: Sequence[Entry], at: datetime) -> Iterator[bytes]:
    outlet = _Outlet()
    local = at.astimezone(BANGKOK)
    moment = (max(local.year, 1980), *local.timetuple()[1:6])
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        names = flat_names([one.name for one in entries])
        for name, entry in zip(names, entries, strict=True):
            info = zipfile.ZipInfo(name, moment)
            info.external_attr = 0o600 << 16
            with archive.open(info, "w", force_zip64=False) as file:
                for start in range(0, entry.size, PIECE):
                    file.write(entry.read(start, min(start + PIECE, entry.size)))
                    yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    # A slow download must not sit on the database connection that found it.
    await sync_to_async(connections.close_all)()
    step = sync_to_async(partial(next, pieces, None), thread_sensitive=False)
    while (piece := await step()) is not None:
        yield piece
