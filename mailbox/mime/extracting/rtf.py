"""Rich text (RTF 1.9.1): its words, without the groups that hold none."""

from __future__ import annotations

import re

from mailbox.mime.extracting.gathering import Gathering

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<code>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z])|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)"
)
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata datastore generator listtable".split()
)
_GAPS = {b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"tab": " ", b"cell": " "}
_SYMBOLS = {b"~": " ", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
_CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")


def read_rtf(data: bytes, gathering: Gathering) -> None:
    """The words of rich text. Octets are windows-874 unless it names UTF-8 or is all Latin."""
    page = _CODE_PAGE.search(data, 0, 2_048)
    # Word writes 1252 of a Thai text too; its fonts then have charset 222.
    is_latin = page is not None and page[1] == b"1252" and b"\\fcharset222" not in data
    reader = _Reader("cp1252" if is_latin else "cp874", gathering)
    for number, token in enumerate(_TOKEN.finditer(data)):
        reader.take(token)
        if number % 4_096 == 0:
            gathering.check_time()
    reader.flush()


class _Reader:
    """Walks the tokens of rich text; groups that say nothing are stepped over."""

    def __init__(self, codec: str, gathering: Gathering) -> None:
        self._codec = codec
        self._gathering = gathering
        self._octets = bytearray()
        self._outer: list[bool] = []
        self._is_silent = False
        self._skip = 0  # octets that only stand in for a character given by its number

    def take(self, token: re.Match[bytes]) -> None:
        kind, value = token.lastgroup, token[token.lastgroup or 0]
        if kind == "brace":
            self._group(value)
        elif token["word"]:
            self._word(token["word"], token["number"])
        elif kind == "symbol":
            self._symbol(value)
        elif not self._is_silent:
            self._plain(bytes([int(value, 16)]) if kind == "code" else value)

    def flush(self) -> None:
        """Hand over what was gathered; a character may take several octets."""
        self._gathering.add(self._octets.decode(self._codec, "replace"))
        self._octets.clear()

    def _group(self, brace: bytes) -> None:
        if brace == b"{":
            self._outer.append(self._is_silent)
        elif self._outer:
            self._is_silent = self._outer.pop()

    def _plain(self, octets: bytes) -> None:
        skipped = min(self._skip, len(octets))
        self._skip -= skipped
        self._octets += octets[skipped:]
        if len(self._octets) > 4_096:
            self.flush()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":  # a group that older programs are to step over
            self._is_silent = True
        elif not self._is_silent and symbol in _SYMBOLS:
            self._plain(_SYMBOLS[symbol].encode())

    def _word(self, word: bytes, number: bytes | None) -> None:
        if word in _SILENT:
            self._is_silent = True
        elif self._is_silent:
            return
        elif word == b"u" and number:
            self.flush()
            self._gathering.add(chr(int(number) % 65_536))
            self._skip = 1
        elif word in _GAPS:
            self.flush()
            self._gathering.add(_GAPS[word])
