"""A zip container's entries, inflated piece by piece within limits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from mailbox.mime.extracting.gathering import Enough, Unreadable
from mailbox.mime.extracting.limits import (
    MOST_DIRECTORY,
    MOST_INFLATED,
    MOST_RATIO,
    RATIO_FROM,
)

_END = struct.Struct("<4s4H2LH")
_PIECE = 512 * 1024
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Container:
    """The entries of a zip file. Unreadable if it is none, or its directory is too large."""

    def __init__(self, data: bytes) -> None:
        _check_directory(data)
        try:
            self._file = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Unreadable from error
        self._inflated = 0
        self._deflated = 0
        self.names = self._file.namelist()

    def pieces(self, name: str) -> Iterator[bytes]:
        """An entry's octets, 512 KiB at a time. Enough beyond a limit, Unreadable if broken."""
        entry = self._file.getinfo(name)
        if entry.flag_bits & 1 or entry.compress_type not in _KNOWN_METHODS:
            raise Unreadable  # encrypted, or packed as no office program does
        self._deflated += entry.compress_size
        try:
            with self._file.open(entry) as stream:
                while piece := stream.read(_PIECE):
                    self._count(len(piece))
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise Unreadable from error

    def _count(self, octets: int) -> None:
        self._inflated += octets
        is_bomb = self._inflated > RATIO_FROM and self._inflated > MOST_RATIO * self._deflated
        if is_bomb or self._inflated > MOST_INFLATED:
            raise Enough


def _check_directory(data: bytes) -> None:
    """Look at how large the directory is before all of it is read (APPNOTE 4.3.16)."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_536 - _END.size))
    if at < 0 or len(data) - at < _END.size:
        raise Unreadable
    *_, size, _offset, _comment = _END.unpack_from(data, at)
    # No document has more than 65,535 entries or 4 GiB, which need the larger form (4.3.15).
    if size > MOST_DIRECTORY or data[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise Unreadable
