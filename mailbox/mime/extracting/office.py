"""Documents of office programs: Office Open XML (ECMA-376) and OpenDocument (ISO 26300).

Their XML is walked as it is inflated and no tree is built, so that a table of a million
rows takes no more memory than a letter; libraries that know all of the formats load all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.expatreader import DefusedExpatParser  # type: ignore[import-untyped]

from mailbox.mime.extracting.container import Container
from mailbox.mime.extracting.gathering import Enough, Gathering, Unreadable
from mailbox.mime.extracting.limits import MOST_NESTED


@dataclass(frozen=True)
class _Family:
    """Which entries of a container hold words, in what order, and in which elements.

    Elements by their local names. Where text is in paragraphs (OpenDocument), it is at any depth.
    """

    entries: re.Pattern[str]
    text: frozenset[str]
    ends_line: frozenset[str]
    gaps: frozenset[str]


_FAMILIES = (
    _Family(
        re.compile(r"word/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml"),
        frozenset(["t"]),
        frozenset(["p", "br", "cr"]),
        frozenset(["tab", "tc"]),
    ),
    _Family(
        re.compile(r"xl/(?:workbook|sharedStrings|comments\d*|worksheets/sheet\d+)\.xml"),
        frozenset(["t", "v"]),
        frozenset(["si", "is", "row", "comment"]),
        frozenset(["c"]),
    ),
    _Family(
        re.compile(r"ppt/(?:slides/slide|notesSlides/notesSlide)\d+\.xml"),
        frozenset(["t"]),
        frozenset(["p", "br"]),
        frozenset(["tab", "tc"]),
    ),
    _Family(
        re.compile(r"content\.xml|styles\.xml"),
        frozenset(["p", "h"]),
        frozenset(["p", "h", "line-break"]),
        frozenset(["tab", "s"]),
    ),
)
_FIRST = ("document.xml", "workbook.xml", "sharedStrings.xml", "content.xml")
# Said a second time for programs that cannot show the first; struck out; how it is read aloud.
_SKIPPED = frozenset(["Fallback", "tracked-changes", "rPh"])


def read_office(data: bytes, gathering: Gathering) -> None:
    """The words of a document. Unreadable if the container is no document."""
    container = Container(data)
    for family in _FAMILIES:
        names = [name for name in container.names if family.entries.fullmatch(name)]
        for name in sorted(names, key=_order):
            _read_xml(container.pieces(name), _Words(family, gathering))
            gathering.add("\n")
        if names:
            return
    raise Unreadable  # an archive: what is in it is not looked at


def _order(name: str) -> tuple[bool, int, str]:
    number = re.search(r"\d+", name)
    return not name.endswith(_FIRST), int(number[0]) if number else 0, name


class _Words(ContentHandler):
    """Takes the words out of a document's elements as they pass."""

    def __init__(self, family: _Family, gathering: Gathering) -> None:
        super().__init__()
        self.gathering = gathering
        self._family = family
        self._depth = 0
        self._text_at = 0  # depth of the outermost element whose characters are words
        self._skipped_at = 0
        self._cell = ""

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise Enough
        if self._skipped_at or self._text_at:
            return
        name = name.rpartition(":")[2]
        if name in _SKIPPED:
            self._skipped_at = self._depth
        elif name == "c":
            self._cell = attrs.get("t", "n")
        elif name == "sheet":
            self.gathering.add(attrs.get("name", "") + "\n")
        # The value of a cell is what it shows, or the number of a shared string and the like.
        elif name in self._family.text and (name != "v" or self._cell not in ("s", "b", "e")):
            self._text_at = self._depth

    def characters(self, content: str) -> None:
        if self._text_at and not self._skipped_at:
            self.gathering.add(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        if self._skipped_at == self._depth:
            self._skipped_at = 0
        elif not self._skipped_at and name in self._family.ends_line:
            self.gathering.add("\n")
        elif not self._skipped_at and name in self._family.gaps:
            self.gathering.add(" ")
        if self._text_at == self._depth:
            self._text_at = 0
        self._depth -= 1


def _read_xml(pieces: Iterator[bytes], words: _Words) -> None:
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(words)
    try:
        for piece in pieces:
            words.gathering.check_time()
            parser.feed(piece)
        parser.close()
    except (SAXException, DefusedXmlException, ValueError) as error:
        raise Unreadable from error
