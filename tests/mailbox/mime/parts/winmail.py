"""Make TNEF streams as Outlook does, and spoil them."""

from __future__ import annotations

import struct

SIGNATURE = b"\x78\x9f\x3e\x22"


def attribute(level: int, tag: int, value: bytes) -> bytes:
    checksum = sum(value) & 0xFFFF
    return struct.pack("<BII", level, tag, len(value)) + value + struct.pack("<H", checksum)


def _padded(value: bytes) -> bytes:
    return value + b"\x00" * (-len(value) % 4)


def prop(number: int, kind: int, value: bytes) -> bytes:
    """One property; variable ones carry their count and length."""
    head = struct.pack("<HH", kind, number)
    if kind in (0x1E, 0x1F, 0x0D, 0x102):
        return head + struct.pack("<II", 1, len(value)) + _padded(value)
    return head + _padded(value)


def properties(*made: bytes) -> bytes:
    return struct.pack("<I", len(made)) + b"".join(made)


def unicode(number: int, text: str) -> bytes:
    return prop(number, 0x1F, text.encode("utf-16-le") + b"\x00\x00")


def file(name: str, data: bytes, *more: bytes, title: bytes = b"FILE~1.PDF\x00") -> bytes:
    """The attributes of a file with a long name."""
    return b"".join(
        [
            attribute(2, 0x00069002, b"\x01\x00" + b"\x00" * 12),
            attribute(2, 0x00018010, title),
            attribute(2, 0x0006800F, data),
            attribute(2, 0x00069005, properties(unicode(0x3707, name), *more)),
        ]
    )


def winmail(*attributes: bytes, code_page: int = 874) -> bytes:
    return b"".join(
        [
            SIGNATURE,
            b"\x01\x00",
            attribute(1, 0x00089006, struct.pack("<I", 0x10000)),
            attribute(1, 0x00069007, struct.pack("<II", code_page, 0)),
            *attributes,
        ]
    )
