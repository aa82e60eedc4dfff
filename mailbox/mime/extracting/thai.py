"""Thai as PDF files have it, put back as it is written.

A PDF holds glyphs in places, not text: marks stand in the order they were drawn in, are cut off
from their letters by a space or a line end, or have codes of their own for a glyph that was moved.
What only has two spellings (nikhahit and sara aa) is the search's to fold (`searching.words`).
"""

from __future__ import annotations

import re

IS_THAI = re.compile("[\u0e01-\u0e5b]")
# Glyphs moved left or down, as fonts of Windows number them, and two letters without their foot.
_MOVED = dict(
    zip(
        range(0xF700, 0xF71B),
        "ฐิีึื่้๊๋์่้๊๋์ญัํ็่้๊๋์ฺุู",
        strict=True,
    )
)
_ABOVE_AND_BELOW = "ัิ-ฺ็"
_TONES = "่-๋"
# No tone is written before the vowel of its letter.
_TONE_FIRST = re.compile(f"([{_TONES}])([{_ABOVE_AND_BELOW}])")
_MARKS = f"{_ABOVE_AND_BELOW}{_TONES}์-๎"
# No word begins with one of these, and none ends with a vowel that is written before its letter.
_CUT_BEFORE = re.compile(f"(?<=[\u0e01-\u0e4e])[ \r\n]+(?=[{_MARKS}ะาำๅ])")
_CUT_AFTER = re.compile("(?<=[เแโใไ])[ \r\n]+(?=[ก-ฮ])")
_LAST, _FIRST = re.compile("[ก-๎]$"), re.compile("[ก-ฮเ-ไ]")
# A line of a paragraph is about as long as those around it, and longer than a cell of a table.
_FULL_LINE, _PARAGRAPH = 0.7, 30


def repaired(text: str) -> str:
    """Text of a page with its Thai clusters whole, and paragraphs without their line ends.

    Thai has no space between words: a line end within a paragraph is nothing at all.
    """
    if not IS_THAI.search(text) and not re.search("[\uf700-\uf71a]", text):
        return text
    text = text.translate(_MOVED)
    text = _CUT_AFTER.sub("", _CUT_BEFORE.sub("", text))
    return _joined(_TONE_FIRST.sub(r"\2\1", text))


def _joined(text: str) -> str:
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    out = lines[:1]
    for place in range(1, len(lines)):
        around = max(len(line) for line in lines[max(0, place - 2) : place + 1])
        before, line = lines[place - 1], lines[place]
        is_full = len(before) >= max(_PARAGRAPH, _FULL_LINE * around)
        is_within = is_full and _LAST.search(before) and _FIRST.match(line)
        out.append(line if is_within else "\n" + line)
    return "".join(out)
