"""The words of one file, whatever kind it is."""

from __future__ import annotations

from mailbox.mime.extracting import kinds
from mailbox.mime.extracting.gathering import Enough, Gathering, Unreadable
from mailbox.mime.extracting.letter import Letter
from mailbox.mime.extracting.limits import FIRST_BYTES, MOST_LETTERS_DEEP
from mailbox.mime.extracting.office import read_office
from mailbox.mime.extracting.pdf import read_pdf
from mailbox.mime.extracting.plain import read_html, read_plain
from mailbox.mime.extracting.rtf import read_rtf

_READERS = {
    kinds.PDF: read_pdf,
    kinds.ZIP: read_office,
    kinds.RTF: read_rtf,
    kinds.HTML: read_html,
    kinds.PLAIN: read_plain,
}
# Broken in a way that a library did not foresee; what was read until then is kept.
_BROKEN = (
    *(Enough, Unreadable, RecursionError, ValueError, ArithmeticError, LookupError),
    *(OSError, TypeError, AttributeError, EOFError, RuntimeError),
)


def read_file(kind: str, data: bytes, gathering: Gathering, depth: int = 1) -> bool:
    """Gather the words of a file; whether that is all of them. depth: letters it lies in.

    kind: as `kinds.kind_of` says. Never raises but MemoryError.
    """
    if kind == kinds.TEXTLESS:
        return True
    try:
        if kind == kinds.LETTER:
            return _read_letter(data, gathering, depth)
        if kind not in _READERS:
            return False
        _READERS[kind](data, gathering)
    except _BROKEN:
        return False
    return True


def _read_letter(data: bytes, gathering: Gathering, depth: int) -> bool:
    letter = Letter(data)
    gathering.add(letter.text())
    is_whole = True
    for one, inside in letter.files():
        kind = kinds.kind_of(one.name, one.type, inside[:FIRST_BYTES])
        gathering.add("\n")
        if kind == kinds.LETTER and depth >= MOST_LETTERS_DEEP:
            is_whole = False
        else:
            is_whole &= read_file(kind, inside, gathering, depth + 1)
    return is_whole
