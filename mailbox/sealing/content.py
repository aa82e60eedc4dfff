"""A message's bytes, sealed in chunks, so that a range opens without the rest.

Every 64 KiB of plaintext is compressed on its own (docs/adr/0002) and sealed by
AES-256-GCM in the manner of STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015):
the nonce holds a counter and a mark on the last chunk.

Format 1, big-endian: format byte · 7 bytes of nonce prefix · plain size (8) ·
sealed length of every chunk (4 each) · tag over all of that (16) · chunks. A
chunk's plaintext begins with 1 if it is compressed, 0 if not. What every tag
covers besides: the content's id and the digest of the header. So a flipped bit,
a missing, moved or foreign chunk, and a foreign header are all found.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable
from hashlib import sha256
from itertools import accumulate
from uuid import UUID

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailbox.errors import SealBroken
from mailbox.sealing.records import derive

FORMAT = 1
CHUNK = 64 * 1024
KEY_BYTES = 32

_FIXED = struct.Struct(">B7sQ")
_TAG = 16
# One read of this many bytes brings the whole header of a message up to 63 MiB.
_FIRST_READ = 4096
_MOST_CHUNKS = 2**32 - 1
_RAW, _COMPRESSED = b"\x00", b"\x01"
_MIDDLE, _LAST, _HEADER = 0, 1, 2

_local = threading.local()


def new_key() -> bytes:
    """Return 32 random bytes: a key for one content, and never for a second."""
    return os.urandom(KEY_BYTES)


def seal_content(plaintext: bytes, key: bytes, content_id: UUID) -> bytes:
    """Seal a whole content. The same call twice gives different bytes."""
    cipher = AESGCM(derive(key, f"content/{content_id}"))
    prefix = os.urandom(7)
    pieces = [
        _compressed(plaintext[start : start + CHUNK])
        for start in range(0, max(1, len(plaintext)), CHUNK)
    ]
    lengths = [len(piece) + _TAG for piece in pieces]
    header = _FIXED.pack(FORMAT, prefix, len(plaintext)) + struct.pack(f">{len(pieces)}I", *lengths)
    tag = cipher.encrypt(_nonce(prefix, 0, _HEADER), b"", _bound(content_id, header))
    bound = _bound(content_id, sha256(header).digest())
    last = len(pieces) - 1
    sealed = [
        cipher.encrypt(_nonce(prefix, index, _LAST if index == last else _MIDDLE), piece, bound)
        for index, piece in enumerate(pieces)
    ]
    return b"".join([header, tag, *sealed])


def measure(read: Callable[[int, int], bytes]) -> tuple[int, int]:
    """Return the plain and the sealed size that a header says, without its key.

    Nobody vouches for them: only opening proves a header. SealBroken if it is none.
    """
    start = read(0, _FIRST_READ)
    length, size = _header_length(start)
    if len(start) < length:
        start += read(_FIRST_READ, length - _FIRST_READ)
    if len(start) < length:
        raise SealBroken
    return size, length + _TAG + sum(struct.unpack_from(f">{_count(size)}I", start, _FIXED.size))


def open_content(sealed: bytes, key: bytes, content_id: UUID) -> bytes:
    """Open a whole content; whatever was changed, cut or added: SealBroken."""
    reader = ContentReader(reading(sealed), key, content_id)
    if reader.sealed_size != len(sealed):
        raise SealBroken
    return reader.read(0, reader.size)


def reading(sealed: bytes) -> Callable[[int, int], bytes]:
    """Return a `read(offset, length)` over sealed bytes that are in memory."""
    return lambda offset, length: sealed[offset : offset + length]


class ContentReader:
    """Opens ranges of a sealed content, reading only the chunks they touch.

    `read(offset, length)` gives sealed bytes, fewer at the end. `size` is the
    plaintext's in bytes, already authenticated. SealBroken at the first use
    of a changed part; a part that is not asked for is not looked at.
    """

    def __init__(self, read: Callable[[int, int], bytes], key: bytes, content_id: UUID) -> None:
        self._read = read
        self._cipher = AESGCM(derive(key, f"content/{content_id}"))
        header, self._prefix, self.size = self._open_header(content_id)
        lengths = struct.unpack_from(f">{_count(self.size)}I", header, _FIXED.size)
        self._offsets: list[int] = list(accumulate(lengths, initial=len(header) + _TAG))
        self._bound = _bound(content_id, sha256(header).digest())
        self._newest: tuple[int, bytes] = (-1, b"")

    @property
    def sealed_size(self) -> int:
        """Bytes that the sealed form has, if nothing is missing."""
        return self._offsets[-1]

    def read(self, start: int, stop: int) -> bytes:
        """Return the plaintext from start to before stop; past the end there is nothing."""
        start, stop = max(0, start), min(stop, self.size)
        if start >= stop:
            if self.size == 0:
                self._chunk(0, None)
            return b""
        first, last = start // CHUNK, (stop - 1) // CHUNK
        plain = b"".join(self._run(first, last))
        return plain[start - first * CHUNK : stop - first * CHUNK]

    def _run(self, first: int, last: int) -> list[bytes]:
        if first == last:
            return [self._chunk(first, None)]
        base = self._offsets[first]
        sealed = self._read(base, self._offsets[last + 1] - base)
        return [
            self._chunk(
                index, sealed[self._offsets[index] - base : self._offsets[index + 1] - base]
            )
            for index in range(first, last + 1)
        ]

    def _chunk(self, index: int, sealed: bytes | None) -> bytes:
        """Open one chunk. The newest is kept: readers go on where they stopped."""
        if self._newest[0] == index:
            return self._newest[1]
        if sealed is None:
            sealed = self._read(
                self._offsets[index], self._offsets[index + 1] - self._offsets[index]
            )
        last = len(self._offsets) - 2
        nonce = _nonce(self._prefix, index, _LAST if index == last else _MIDDLE)
        expected = self.size - index * CHUNK if index == last else CHUNK
        try:
            plain = _decompressed(self._cipher.decrypt(nonce, sealed, self._bound), expected)
        except (InvalidTag, ValueError, zstandard.ZstdError):
            raise SealBroken from None
        self._newest = (index, plain)
        return plain

    def _open_header(self, content_id: UUID) -> tuple[bytes, bytes, int]:
        """Return header, nonce prefix and plain size, after checking the header's tag."""
        start = self._read(0, _FIRST_READ)
        length, size = _header_length(start)
        prefix = start[1:8]
        if len(start) < length + _TAG and len(start) == _FIRST_READ:
            start += self._read(_FIRST_READ, length + _TAG - _FIRST_READ)
        header, tag = start[:length], start[length : length + _TAG]
        try:
            self._cipher.decrypt(_nonce(prefix, 0, _HEADER), tag, _bound(content_id, header))
        except (InvalidTag, ValueError):
            raise SealBroken from None
        return header, prefix, size


def _header_length(start: bytes) -> tuple[int, int]:
    """How long the header that begins so is without its tag, and the plain size; or SealBroken."""
    if len(start) < _FIXED.size:
        raise SealBroken
    format_byte, _, size = _FIXED.unpack_from(start)
    if format_byte != FORMAT or _count(size) > _MOST_CHUNKS:
        raise SealBroken
    return _FIXED.size + 4 * _count(size), size


def _count(size: int) -> int:
    """How many chunks a plaintext of this size has; an empty one has one."""
    return max(1, -(-size // CHUNK))


def _nonce(prefix: bytes, counter: int, mark: int) -> bytes:
    return prefix + counter.to_bytes(4, "big") + bytes([mark])


def _bound(content_id: UUID, header: bytes) -> bytes:
    return b"govmail/1/content" + content_id.bytes + header


def _compressed(piece: bytes) -> bytes:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=3)
    smaller: bytes = _local.compressor.compress(piece)
    return _COMPRESSED + smaller if len(smaller) < len(piece) else _RAW + piece


def _decompressed(piece: bytes, expected: int) -> bytes:
    """Undo `_compressed`; ValueError unless exactly `expected` bytes come out."""
    plain = piece[1:]
    if piece[:1] == _COMPRESSED:
        if not hasattr(_local, "decompressor"):
            _local.decompressor = zstandard.ZstdDecompressor()
        # The library's own limit is for frames that do not say how much they hold.
        if zstandard.frame_content_size(plain) > CHUNK:
            raise ValueError("A chunk claims to hold more than any does.")
        plain = _local.decompressor.decompress(plain, max_output_size=CHUNK)
    if len(plain) != expected:
        raise ValueError("A chunk has another length than the header says.")
    return plain
