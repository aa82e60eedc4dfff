"""Rich text as Outlook compresses it ([MS-OXRTFCP]), unpacked to a bounded size."""

from __future__ import annotations

import struct

# Half a second of work; an honest letter has a tenth of it.
MAX_RTF = 1024 * 1024
_HEAD = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4_096
# What every letter begins with stands in the window before the first octet (3.1.1.1).
_BEFORE = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier"
    b"{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def unpacked_rtf(data: bytes) -> bytes:
    """The rich text, at most MAX_RTF of it; nothing if it is none or ends too soon."""
    if len(data) < _HEAD.size:
        return b""
    _, size, magic, _ = _HEAD.unpack_from(data)
    size = min(size, MAX_RTF)
    if magic == _PLAIN:
        return data[_HEAD.size : _HEAD.size + size]
    return _inflated(data[_HEAD.size :], size) if magic == _COMPRESSED else b""


def _inflated(data: bytes, size: int) -> bytes:
    """Runs of eight tokens, each an octet or a place and length in the window (3.1.2)."""
    window = bytearray(_BEFORE.ljust(_WINDOW, b"\x00"))
    place, at, out = len(_BEFORE), 0, bytearray()
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            width = 2 if control >> bit & 1 else 1
            if at + width > len(data) or len(out) >= size:
                return bytes(out[:size])
            if width == 1:
                piece = data[at : at + 1]
            else:
                token = data[at] << 8 | data[at + 1]
                offset, length = token >> 4, (token & 15) + 2
                if offset == place % _WINDOW:
                    return bytes(out[:size])
                piece = _copied(window, offset, length, place)
            at += width
            out += piece
            for octet in piece:
                window[place % _WINDOW] = octet
                place += 1
    return bytes(out[:size])


def _copied(window: bytearray, offset: int, length: int, place: int) -> bytes:
    """Octets of the window from offset on; those being written now repeat."""
    gap = (place - offset) % _WINDOW
    first = bytes(window[(offset + step) % _WINDOW] for step in range(min(length, gap)))
    return (first * (length // len(first) + 1))[:length] if first else b""
