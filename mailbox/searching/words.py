"""Words as a search compares them, and where they stand in the text as it was written.

Whatever engine searches must fold text by `normalise` and accept hits by `find`:
then a page marks exactly what was found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_SARA_AM_APART = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_SARA_AM_BEFORE_TONE = re.compile("(\u0e33+)([\u0e48-\u0e4b]+)")
_BEFORE_MAIYAMOK = re.compile(" (?=\u0e46)")
# A vowel or mark that belongs to the letter before it; a vowel that belongs to the one after.
_TRAILING = frozenset(map(chr, [*range(0x0E30, 0x0E3B), 0x0E45, *range(0x0E47, 0x0E4F)]))
_LEADING = frozenset("เแโใไ")
# Pieces of text that are folded by themselves: spaces with what is not seen among them
# (and the maiyamok after them), two sara e, or a letter with its marks.
_MARKS = f"\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e{INVISIBLE}"
_PIECE = re.compile(
    rf"[{INVISIBLE}]*\s[\s{INVISIBLE}]*\u0e46?|เ[{INVISIBLE}]*เ"
    rf"|.[{_MARKS}]*(?:[\u0e32\u0e33][\u0e48-\u0e4b{INVISIBLE}]*)?",
    re.DOTALL,
)
_TOKEN = re.compile(r"\s+|\S+")
# A long text is looked through in windows that overlap by more than a word has.
_WINDOW, _OVERLAP = 2_000, 300
_MOST_WINDOWS = 20
_REACH = 250


def normalise(text: str) -> str:
    """Text as it is compared: one spelling for what looks the same to a reader.

    NFC, without invisible characters, sara am and sara ae in one piece, Arabic digits,
    without case, one space between words and none before maiyamok. Idempotent.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    text = _SARA_AM_BEFORE_TONE.sub(r"\2\1", _SARA_AM_APART.sub("\\1\u0e33", text))
    text = text.replace("เเ", "แ").translate(THAI_DIGITS).casefold()
    text = unicodedata.normalize("NFC", text)  # casefold takes some letters apart
    return _BEFORE_MAIYAMOK.sub("", " ".join(text.split()))


def find(text: str, word: str, start: int = 0) -> int:
    """Where a normalised word stands in a normalised text, from `start` on; -1 if it does not.

    Not where it cuts a Thai letter off from its vowel or tone (อาจ in อาจารย์), nor
    a figure or two inside a longer number: no reader calls that a hit.
    """
    at = text.find(word, start)
    while at >= 0 and _cuts(text, at, at + len(word)):
        at = text.find(word, at + 1)
    return at


def holds(text: str, word: str) -> bool:
    """Whether a normalised text holds a normalised word."""
    return find(text, word) >= 0


def _cuts(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if after in _TRAILING or before in _LEADING:
        return True
    is_short_figure = end - start <= 2 and text[start:end].isdigit()
    return is_short_figure and (before.isdigit() or after.isdigit())


@dataclass(frozen=True)
class Piece:
    """A part of a text to show; `is_hit` where a searched word stands."""

    text: str
    is_hit: bool = False


def marked(text: str, wanted: Iterable[str]) -> list[Piece]:
    """A text in pieces, the searched (normalised) words marked. Joined, it is the text."""
    hit = [False] * len(text)
    for first, last in spans(text, wanted):
        hit[first:last] = [True] * (last - first)
    return list(_pieces(text, hit))


def spans(text: str, wanted: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the searched (normalised) words stand in a text as it was written: start, end."""
    folded, places = _folded(text)
    for word in wanted:
        for start, end in _occurrences(folded, word):
            yield places[start][0], places[end - 1][1]


def around(text: str, wanted: Iterable[str], length: int, *, near: float = 0.0) -> str:
    """About `length` characters of a text around the longest searched word; else its beginning.

    near: where in the text it is likely to stand (0 to 1), for words spelt otherwise there:
    they are looked for in a window about that place, then in the first ones.
    """
    words = sorted(filter(None, wanted), key=len, reverse=True)
    for start, end in _windows(len(text), near) if words else ():
        window = text[start:end]
        for word in words:
            if (at := _place(window, word)) >= 0:
                return _around(text, start + at, length)
    return _around(text, 0, length)


def _windows(length: int, near: float) -> Iterator[tuple[int, int]]:
    """Parts of a text to look through: about the likely place, wider, then from the beginning."""
    middle = int(near * length)
    for reach in (_REACH, _WINDOW // 2):
        yield max(0, middle - reach), middle + reach
    for start in range(0, max(length, 1), _WINDOW)[:_MOST_WINDOWS]:
        yield start, start + _WINDOW + _OVERLAP


def _place(window: str, word: str) -> int:
    """Where a normalised word begins in a window of a text as it was written; -1 if nowhere."""
    if (at := find(window, word)) >= 0:
        return at
    if (alike := _alike(window)) and (at := find(alike, word)) >= 0:
        return at
    if word not in normalise(window):
        return -1
    folded, places = _folded(window)
    at = find(folded, word)
    return places[at][0] if at >= 0 else -1


def _around(text: str, first: int, length: int) -> str:
    begin = first - length // 3 if first > length // 2 else 0
    # Not in the middle of a word, where there are spaces.
    begin = begin and (text.find(" ", begin, first) + 1 or begin)
    shown = " ".join(text[begin : begin + length].split())
    more = "…" if begin + length < len(text) else ""
    return ("…" if begin else "") + shown + more


def _alike(text: str) -> str:
    """The text as most of it is folded, each character in its place; empty if that fails."""
    folded = text.translate(THAI_DIGITS).casefold()
    return folded if len(folded) == len(text) else ""


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text folded, and for each of its characters the place in the text it comes from.

    Empty where folding piece by piece gives something else than folding the whole.
    """
    whole = normalise(text)
    if _alike(text) == whole:  # as of most texts: each character in its place
        return whole, [(at, at + 1) for at in range(len(text))]
    for fold in (_by_tokens, _by_pieces):
        folded, places = fold(text)
        if folded.strip() == whole:
            return folded, places
    return "", []


def _by_tokens(text: str) -> tuple[str, list[tuple[int, int]]]:
    """What stands between spaces is folded by itself: most of it as it stands."""
    out: list[str] = []
    places: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        folded = normalise(token[0])
        if token[0].isspace():
            folded, at = ("", []) if text.startswith("ๆ", end) else (" ", [(start, end)])
        elif _alike(token[0]) == folded:
            at = [(place, place + 1) for place in range(start, end)]
        else:
            folded, pieced = _by_pieces(token[0])
            at = [(start + first, start + last) for first, last in pieced]
        out.append(folded)
        places.extend(at)
    return "".join(out), places


def _by_pieces(text: str) -> tuple[str, list[tuple[int, int]]]:
    out: list[str] = []
    places: list[tuple[int, int]] = []
    for piece in _PIECE.finditer(text):
        folded = normalise(piece[0]) or (" " if piece[0].isspace() else "")
        out.append(folded)
        places.extend([piece.span()] * len(folded))
    return "".join(out), places


def _occurrences(folded: str, word: str) -> Iterator[tuple[int, int]]:
    at = find(folded, word) if word else -1
    while at >= 0:
        yield at, at + len(word)
        at = find(folded, word, at + len(word))


def _pieces(text: str, hit: list[bool]) -> Iterator[Piece]:
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or hit[end] != hit[start]:
            yield Piece(text[start:end], hit[start])
            start = end
