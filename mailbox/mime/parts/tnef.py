"""Unpack winmail.dat: files and text that Outlook wrapped in TNEF ([MS-OXTNEF]).

Every step goes forward by at least a header, every length is checked against what
is there, and what does not fit ends the reading: what came before it is kept. The
one compression in it, of rich text, has a bound of its own ([MS-OXRTFCP];
CVE-2026-62641, CVE-2026-62642).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailbox.mime.charsets import without_unreadable
from mailbox.mime.parts.rtf import unpacked_rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_FILES = 200
MAX_DEPTH = 3
MAX_PROPERTIES = 2_000
_ATTRIBUTE = struct.Struct("<BII")
_CODE_PAGE, _BODY, _MESSAGE_PROPERTIES = 0x9007, 0x800C, 0x9003
_FILE_BEGINS, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
# Sizes of the values that have one ([MS-OXCDATA] 2.11.1); as they lie, padded to four.
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_TEXT8, _TEXT16, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_NAMES = (0x3707, 0x3704, 0x3001)  # long file name, short one, name to display
_TYPE, _CID, _DATA = 0x370E, 0x3712, 0x3701
_TEXT, _HTML, _RTF, _INTERNET_CODE_PAGE = 0x1000, 0x1013, 0x1009, 0x3FDE


class Broken(ValueError):
    """Something in it is longer than what is there."""


@dataclass
class File:
    """A file in it. type and name are as the sender wrote them, or empty."""

    name: str = ""
    type: str = ""
    cid: str = ""
    data: bytes = b""


@dataclass
class Unpacked:
    """What was in it. is_whole: False where the end of it could not be read."""

    files: list[File] = field(default_factory=list)
    text: str = ""
    html: str = ""
    rtf: bytes = b""
    is_whole: bool = True


def unpack(data: bytes, depth: int = 1) -> Unpacked:
    """Everything readable in a TNEF stream. Never raises; takes time linear in its length."""
    found = Unpacked()
    if data[:4] != SIGNATURE:
        found.is_whole = False
        return found
    reading = _Reading(found, depth)
    try:
        for level, kind, value in _attributes(data):
            if level == 1:
                reading.take_of_message(kind, value)
            elif level == 2:
                reading.take_of_file(kind, value)
    except Broken:
        found.is_whole = False
    found.files = [one for one in found.files if one.data or one.name]
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(level, kind, value) one after the other: 9 octets of head, the value, 2 of checksum."""
    at = 6
    while at < len(data):
        if at + _ATTRIBUTE.size > len(data):
            raise Broken
        level, tag, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if level not in (1, 2) or at + length > len(data):
            raise Broken
        yield level, tag & 0xFFFF, data[at : at + length]
        at += length + 2


class _Reading:
    """What the attributes so far have said."""

    def __init__(self, found: Unpacked, depth: int) -> None:
        self._found = found
        self._depth = depth
        self._charset = "cp1252"

    def take_of_message(self, kind: int, value: bytes) -> None:
        found = self._found
        if kind == _CODE_PAGE and len(value) >= 4:
            self._charset = _charset(struct.unpack_from("<I", value)[0])
        elif kind == _BODY:
            found.text = found.text or self._text(value)
        elif kind == _MESSAGE_PROPERTIES:
            properties = _properties(value)
            found.text = self._value(properties.get(_TEXT)) or found.text
            found.html = self._html(properties) or found.html
            found.rtf = unpacked_rtf(properties.get(_RTF, (0, b""))[1]) or found.rtf

    def _html(self, properties: dict[int, tuple[int, bytes]]) -> str:
        kind, value = properties.get(_HTML, (0, b""))
        _, page = properties.get(_INTERNET_CODE_PAGE, (0, b""))
        if kind != _BINARY or len(page) < 4:
            return self._value((kind, value))
        return _decoded(value, _charset(struct.unpack_from("<I", page)[0]))

    def take_of_file(self, kind: int, value: bytes) -> None:
        files = self._found.files
        if kind == _FILE_BEGINS:
            if len(files) >= MAX_FILES:
                raise Broken
            files.append(File())
        elif not files:
            return
        elif kind == _FILE_TITLE:
            files[-1].name = files[-1].name or self._text(value)
        elif kind == _FILE_DATA:
            files[-1].data = value
        elif kind == _FILE_PROPERTIES:
            self._take_properties(files[-1], _properties(value))

    def _take_properties(self, file: File, properties: dict[int, tuple[int, bytes]]) -> None:
        names = (self._value(properties.get(name)) for name in _NAMES)
        file.name = next(filter(None, names), "") or file.name
        file.type = self._value(properties.get(_TYPE)).strip().lower()
        file.cid = self._value(properties.get(_CID)).strip("<> ")
        kind, data = properties.get(_DATA, (0, b""))
        if kind == _OBJECT and data[16:20] == SIGNATURE:
            self._take_message(file, data[16:])
        elif data and not file.data:
            file.data = data[16:] if kind == _OBJECT else data

    def _take_message(self, file: File, data: bytes) -> None:
        """A message in the message: its text in place of it, its files beside it."""
        if self._depth >= MAX_DEPTH:
            file.name, file.data = f"{file.name or 'message'}.dat", data
            return
        inner = unpack(data, self._depth + 1)
        file.name, file.type = f"{file.name or 'message'}.txt", "text/plain"
        file.data = (inner.text or inner.html).encode() or b"\n"
        self._found.is_whole = self._found.is_whole and inner.is_whole
        room = MAX_FILES - len(self._found.files)
        self._found.files[-1:] = [*inner.files[: max(0, room)], file]

    def _text(self, value: bytes) -> str:
        return _decoded(value.split(b"\x00")[0], self._charset)

    def _value(self, prop: tuple[int, bytes] | None) -> str:
        kind, value = prop or (0, b"")
        if kind == _TEXT16:
            return _decoded(value, "utf-16-le").split("\x00")[0]
        if kind == _BINARY:
            return _decoded(value.rstrip(b"\x00"), "utf-8")
        return self._text(value) if kind == _TEXT8 else ""


def _decoded(value: bytes, charset: str) -> str:
    """Text in the charset it is said to be in: nothing is guessed, for Outlook knows."""
    try:
        text = value.decode(charset, "replace")
    except LookupError:
        text = value.decode("cp874", "replace")
    return text if charset == "utf-16-le" else without_unreadable(text)


def _charset(code_page: int) -> str:
    return {65001: "utf-8", 20127: "ascii", 28591: "latin-1", 28601: "tis-620"}.get(
        code_page, f"cp{code_page}"
    )


class _Cursor:
    """A place in octets; moving past their end is Broken."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def take(self, length: int, *, padded: bool = False) -> bytes:
        start = self._at
        self._at += length
        if self._at > len(self._data):
            raise Broken
        if padded:
            self._at = min(self._at + -length % 4, len(self._data))
        return self._data[start : start + length]


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """(type, first value) of each property of a message or file, by its number."""
    cursor = _Cursor(data)
    count = cursor.number()
    if count > MAX_PROPERTIES:
        raise Broken
    found: dict[int, tuple[int, bytes]] = {}
    for _ in range(count):
        kind, number = cursor.number(2), cursor.number(2)
        if number >= 0x8000:
            cursor.take(16)
            if cursor.number():
                cursor.take(cursor.number(), padded=True)  # its name
            else:
                cursor.take(4)
        values = _values(cursor, kind)
        if values and number < 0x8000:
            found.setdefault(number, (kind & 0xFFF, values[0]))
    return found


def _values(cursor: _Cursor, kind: int) -> list[bytes]:
    single, is_many = kind & 0xFFF, bool(kind & 0x1000)
    if single in (_TEXT8, _TEXT16, _OBJECT, _BINARY):
        count = cursor.number()
        _check(count)
        return [cursor.take(cursor.number(), padded=True) for _ in range(count)]
    if single not in _FIXED:
        raise Broken
    count = cursor.number() if is_many else 1
    _check(count)
    return [cursor.take(_FIXED[single]) for _ in range(count)]


def _check(count: int) -> None:
    if count > MAX_PROPERTIES:
        raise Broken
