"""Files that the demo's letters carry: a table and a picture, made here."""

from __future__ import annotations

import struct
import zlib
from functools import cache

_ROWS = {
    "th": [
        "ลำดับ,หน่วย,จำนวนผู้ใช้,หมายเหตุ",
        "1,กลุ่มบริหารทั่วไป,14,ย้ายแล้ว 9",
        "2,กลุ่มแผนงาน,8,ย้ายแล้ว 8",
        "3,กลุ่มกฎหมาย,5,รอรหัสสำรอง",
        "4,หน่วยในภูมิภาค,27,เริ่มสัปดาห์หน้า",
    ],
    "en": [
        "no,term,thai,remark",
        "1,stable,มั่นคง,from the cabinet's wording",
        "2,secure,ปลอดภัย,from the cabinet's wording",
        "3,trustworthy,น่าเชื่อถือ,from the cabinet's wording",
        "4,needs a plan,ต้องมีแผน,not a refusal",
    ],
}
_BARS = (0.92, 0.84, 0.97, 0.71, 0.88)
_WIDTH, _HEIGHT, _GAP = 420, 220, 16
_INK, _PAPER, _LINE = b"\x1d\x2d\x4e", b"\xff\xff\xff", b"\xc0\xc9\xd6"


def make(kind: str, language: str) -> tuple[str, bytes]:
    """A file of a kind ("csv", "png"): its type and its bytes, the same every time."""
    if kind == "png":
        return "image/png", chart()
    # With the mark that makes spreadsheets read it as UTF-8.
    text = "\r\n".join([*_ROWS[language], ""])
    return "text/csv", b"\xef\xbb\xbf" + text.encode()


@cache
def chart() -> bytes:
    """A PNG with one bar for each answer of a survey."""
    rows = [b"\0" + b"".join(_pixel(x, y) for x in range(_WIDTH)) for y in range(_HEIGHT)]
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _pixel(x: int, y: int) -> bytes:
    each = (_WIDTH - _GAP) // len(_BARS)
    bar, offset = divmod(x - _GAP, each)
    inside = 0 <= bar < len(_BARS) and offset < each - _GAP
    if inside and _HEIGHT - _GAP - y <= _BARS[bar] * (_HEIGHT - 2 * _GAP) and y < _HEIGHT - _GAP:
        return _INK
    return _LINE if y == _HEIGHT - _GAP else _PAPER


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
