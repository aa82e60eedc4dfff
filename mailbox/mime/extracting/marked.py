"""The words of a PDF's page, whose Thai may be marked with what it means (ActualText).

Chromium and others draw each mark of a letter by itself and say of the whole cluster what it
is (ISO 32000-2 14.9.4). PDFium orders glyphs by place, so that a cluster whose marks lie over
the next letter comes twice; and it measures from a cluster's first glyph, so that a space
appears after each sara am. Both show in the objects of the page.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import pypdfium2
from pypdfium2 import raw

from mailbox.mime.extracting.limits import MOST_OBJECTS
from mailbox.mime.extracting.thai import IS_THAI

# Spaces that are objects of their own must explain this share of a page's, to be believed.
_EXPLAINED = 0.25
# A gap wider than this share of a glyph's height parts cells or columns.
_NARROW = 0.5


def words_of(page: pypdfium2.PdfPage) -> str:
    """A page's text. PdfiumError if it cannot be had."""
    words = page.get_textpage()
    try:
        text: str = words.get_text_range()
        is_bounded = raw.FPDFPage_CountObjects(page) <= MOST_OBJECTS
        if is_bounded and IS_THAI.search(text):
            objects = _Objects(page)
            return _mended(words, objects) if objects.marks else text
        return text
    finally:
        words.close()


class _Objects:
    """The text objects of a page, by address: their place in its order, the mark they lie in.

    marks: of an object, the address of the mark that says what it means.
    """

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._page = page
        self.places: dict[int, int] = {}
        self.marks: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        for place in range(raw.FPDFPage_CountObjects(page)):
            one = raw.FPDFPage_GetObject(page, place)
            if raw.FPDFPageObj_GetType(one) != raw.FPDF_PAGEOBJ_TEXT:
                continue
            address = _address(one)
            self.places[address] = place
            if mark := _meaning(one):
                self.marks[address] = mark
                self._ends[mark] = place

    def between(self, before: int, after: int) -> range:
        """The places between two objects, the first taken with the cluster that it begins."""
        end = self._ends.get(self.marks.get(before, 0), self.places.get(before, -1))
        return range(end + 1, self.places.get(after, -1))

    def are_near(self, places: range) -> bool:
        """Whether the objects before and after these places stand side by side."""
        if places.start < 1 or places.stop < places.start:
            return False
        left, right = self._box(places.start - 1), self._box(places.stop)
        height = max(left[3] - left[1], right[3] - right[1])
        return right[0] - left[2] < _NARROW * height

    def _box(self, place: int) -> tuple[float, float, float, float]:
        sides = [ctypes.c_float() for _ in range(4)]
        raw.FPDFPageObj_GetBounds(raw.FPDFPage_GetObject(self._page, place), *sides)
        left, bottom, right, top = (side.value for side in sides)
        return left, bottom, right, top


def _address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def _meaning(one: Any) -> int:
    """The mark around an object that says what it means, or 0."""
    for number in range(raw.FPDFPageObj_CountMarks(one)):
        mark = raw.FPDFPageObj_GetMark(one, number)
        if raw.FPDFPageObjMark_GetParamValueType(mark, b"ActualText") == raw.FPDF_OBJECT_STRING:
            return _address(mark)
    return 0


@dataclass
class _Piece:
    """Characters one after the other, and the gap PDFium put behind them.

    first, last: the objects of its ends. is_torn: a cluster said again was taken out of the gap.
    """

    first: int
    last: int
    text: str = ""
    gap: str = ""
    is_torn: bool = False


def _mended(words: pypdfium2.PdfTextPage, objects: _Objects) -> str:
    """The text of a page without clusters said again, and without spaces that are none."""
    pieces, seen = _pieces(words, objects)
    # Objects that gave no character: a space drawn by itself, which PDFium made its own of.
    unseen = objects.places.keys() - seen - objects.marks.keys()
    spaces = sorted(objects.places[address] for address in unseen)
    followed = list(zip(pieces, pieces[1:], strict=False))
    places = [objects.between(one.last, other.first) for one, other in followed]
    has_space = [bisect_left(spaces, gap.start) < bisect_left(spaces, gap.stop) for gap in places]
    explained = sum(has_space)
    is_drawn = explained > 0 and explained >= _EXPLAINED * sum(one.gap == " " for one in pieces)
    out: list[str] = []
    for (one, other), gap, is_space in zip(followed, places, has_space, strict=True):
        is_within = IS_THAI.match(one.text[-1]) and IS_THAI.match(other.text[0]) and not is_space
        is_none = is_within and (one.is_torn or (is_drawn and one.gap == " "))
        out += [one.text, "" if is_none and objects.are_near(gap) else one.gap]
    return "".join([*out, pieces[-1].text if pieces else ""])


def _pieces(words: pypdfium2.PdfTextPage, objects: _Objects) -> tuple[list[_Piece], set[int]]:
    """The characters between gaps, and the objects that any of them are of."""
    pieces: list[_Piece] = []
    said: dict[int, int] = {}
    seen: set[int] = set()
    for place in range(words.count_chars()):
        sign = chr(raw.FPDFText_GetUnicode(words, place))
        if raw.FPDFText_IsGenerated(words, place) == 1:
            if pieces and sign != "\r":
                pieces[-1].gap = pieces[-1].gap if sign == " " else sign
                pieces[-1].gap = pieces[-1].gap or sign
            continue
        address = _address(raw.FPDFText_GetTextObject(words, place))
        seen.add(address)
        mark = objects.marks.get(address, 0)
        if mark and said.setdefault(mark, address) != address:
            if pieces:
                pieces[-1].is_torn = True
            continue
        if not pieces or pieces[-1].gap:
            pieces.append(_Piece(address, address))
        pieces[-1].text += sign
        pieces[-1].last = address
    return pieces, seen
