"""The mark as PNG pictures, for the home screens of phones: drawn here, so that none is stored.

The drawing is that of static/shared/mark.svg, in a square of 32 units: each shape is a
signed distance (negative inside), which gives smooth edges at any size.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from math import hypot

Colour = tuple[int, int, int]
Distance = Callable[[float, float], float]

INK, WHITE, GOLD = (0x26, 0x3C, 0x66), (0xFF, 0xFF, 0xFF), (0xD8, 0xB4, 0x5F)
# Systems cut a maskable picture to a circle of 80 %: the drawing keeps within it.
SAFE = 0.72


def png(size: int, *, maskable: bool) -> bytes:
    """The mark, `size` pixels square; maskable: ink to the edges, the drawing smaller."""
    rows = bytearray()
    scale = 32 / size
    for line in range(size):
        rows.append(0)  # filter type: none
        for column in range(size):
            x, y = (column + 0.5) * scale, (line + 0.5) * scale
            rows += bytes(_pixel(x, y, scale, maskable))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _pixel(x: float, y: float, width: float, maskable: bool) -> tuple[int, int, int, int]:
    """Colour and opacity at a point; width: of a pixel, in units of the drawing."""
    if maskable:
        opacity = 1.0
        x, y, width = 16 + (x - 16) / SAFE, 16 + (y - 16) / SAFE, width / SAFE
    else:
        opacity = _cover(_box(x - 16, y - 16, 16, 16, 8), width)
    colour = INK
    for distance, paint in ((_envelope, WHITE), (_flag, GOLD)):
        part = _cover(distance(x, y), width)
        if part:
            colour = _mixed(colour, paint, part)
    return (*colour, round(255 * opacity))


def _cover(distance: float, width: float) -> float:
    return min(1.0, max(0.0, 0.5 - distance / width))


def _mixed(below: Colour, above: Colour, part: float) -> Colour:
    red, green, blue = (round(b + (a - b) * part) for b, a in zip(below, above, strict=True))
    return red, green, blue


def _box(x: float, y: float, half_width: float, half_height: float, radius: float) -> float:
    """A rectangle with round corners about the origin."""
    across, down = abs(x) - half_width + radius, abs(y) - half_height + radius
    outside = hypot(max(across, 0), max(down, 0))
    return outside + min(max(across, down), 0) - radius


def _segment(x: float, y: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    share = ((x - start[0]) * along_x + (y - start[1]) * along_y) / (along_x**2 + along_y**2)
    share = min(1.0, max(0.0, share))
    return hypot(x - start[0] - share * along_x, y - start[1] - share * along_y)


def _envelope(x: float, y: float) -> float:
    """Lines 1.8 units wide: the sheet, and the flap across it."""
    sheet = abs(_box(x - 16, y - 18, 9.5, 6.5, 1.6))
    flap = min(_segment(x, y, (7, 12), (16, 19)), _segment(x, y, (25, 12), (16, 19)))
    return min(sheet, flap) - 0.9


def _flag(x: float, y: float) -> float:
    """The triangle above the envelope."""
    slope = (abs(x - 16) * 4.5 - (y - 4.5) * 3) / hypot(4.5, 3)
    return max(slope, y - 9)
