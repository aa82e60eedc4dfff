"""Marks words in markup that was made safe, and changes nothing else of it.

The markup is cut into tags and texts by a grammar so strict that a browser cuts it the same
way: quoted attributes only, no comments, no elements with rules of their own (the sanitiser
lets none through). Between the characters of texts, and nowhere else, `<mark>` and `</mark>`
are put: constants, no word of a letter or of a search. What does not fit the grammar, or is
very long, stays as it is, unmarked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import unescape

from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.styles import words_of

LONGEST = 600_000
_TAG = re.compile(
    r"<(/?)([a-z][a-z0-9]*)(?:\s+[a-z][a-z-]*(?:=(?:\"[^\"]*\"|'[^']*'))?)*\s*/?>", re.IGNORECASE
)
_TEXT = re.compile(r"[^<]+")
# A character of a text, or what stands for it.
_CHARACTER = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});|.", re.S
)
# Words run on through these; every other tag ends them.
_INLINE = words_of(
    """
    a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd q s samp small span strike
    strong sub sup tt u var wbr
    """
)
# Where the words stand in a text: (start, end) each.
Find = Callable[[str], Iterable[tuple[int, int]]]


def mark_words(html: SafeHtml, find: Find) -> SafeHtml:
    """The same markup with every place that `find` names between mark tags."""
    markup = html.for_frame()
    pieces = _cut(markup) if len(markup) <= LONGEST else None
    if pieces is None:
        return html
    texts = [_characters(piece) if not piece.startswith("<") else None for piece in pieces]
    shown = "".join(
        _gap(piece) if characters is None else "".join(map(_shown, characters))
        for piece, characters in zip(pieces, texts, strict=True)
    )
    hit = bytearray(len(shown))
    for start, end in find(shown):
        hit[start:end] = b"\x01" * (end - start)
    return SafeHtml._vouched("".join(_marked(pieces, texts, hit)))


def _cut(markup: str) -> list[str] | None:
    """Tags and texts, joined the markup again; None if a browser might cut it otherwise."""
    pieces, at = [], 0
    while at < len(markup):
        found = (_TAG if markup[at] == "<" else _TEXT).match(markup, at)
        if found is None:
            return None
        pieces.append(found[0])
        at = found.end()
    return pieces


def _characters(text: str) -> list[str]:
    return _CHARACTER.findall(text)


def _shown(written: str) -> str:
    """What a reader sees of it, one character for one."""
    return written if len(written) == 1 else unescape(written)[:1] or " "


def _gap(tag: str) -> str:
    found = _TAG.match(tag)
    return "" if found and found[2].lower() in _INLINE else "\n"


def _marked(
    pieces: Sequence[str], texts: Sequence[list[str] | None], hit: bytearray
) -> Iterator[str]:
    at = 0
    for piece, characters in zip(pieces, texts, strict=True):
        if characters is None:
            at += len(_gap(piece))
            yield piece
            continue
        if not any(hit[at : at + len(characters)]):
            at += len(characters)
            yield piece
            continue
        is_open = False
        for character in characters:
            if bool(hit[at]) is not is_open:
                is_open = not is_open
                yield "<mark>" if is_open else "</mark>"
            yield character
            at += 1
        if is_open:
            yield "</mark>"
