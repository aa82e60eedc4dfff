"""What a workbook unfolds to, counted before anything of it is built in memory.

A megabyte of zeros and ones can hold a row of fifty million cells; the library that reads
workbooks builds an object for each. Here its parts only run past a parser, one at a time.
"""

from __future__ import annotations

import zipfile
from typing import IO, NoReturn
from xml.parsers import expat

from django.utils.translation import gettext as _

from accounts.spreadsheets.errors import UnreadableFile

# What a workbook may unfold to. 200,000 rows of 25 columns take about 150 MB of XML.
MOST_UNFOLDED = 250 * 1024**2
MOST_PARTS = 1_000
# Elements of one part: 200,000 rows of 25 cells with a value each are ten million.
MOST_ELEMENTS = 20_000_000
# Elements between two rows, or two shared texts: what is in memory at once.
MOST_AT_ONCE = 300_000

_CHUNK = 1 << 18
_LET_GO_AFTER = ("row", "si")


def refuse_heavy(file: IO[bytes]) -> None:
    """Raise UnreadableFile if a workbook unfolds to more than is read.

    By what the archive declares, beyond which reading never goes, and by the elements its
    parts have. Raises what `zipfile` raises where it is damaged.
    """
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        unfolded = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or unfolded > MOST_UNFOLDED:
            _refuse(unfolded)
        for part in parts:
            with archive.open(part) as stream:
                _Scale(unfolded).weigh(stream)


class _Scale:
    """Counts the elements of one part."""

    def __init__(self, unfolded: int) -> None:
        self.unfolded = unfolded
        self.elements = self.at_once = 0

    def weigh(self, stream: IO[bytes]) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        parser.EntityDeclHandler = self._entity
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk)
        except expat.ExpatError:
            return  # A picture; or nothing that anybody after us will read, either.

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.at_once += 1
        if name.rpartition(":")[2] in _LET_GO_AFTER:
            self.at_once = 0
        if self.at_once > MOST_AT_ONCE or self.elements > MOST_ELEMENTS:
            _refuse(self.unfolded)

    def _entity(self, *declared: object) -> None:
        raise UnreadableFile(damaged())


def damaged() -> str:
    return _("This workbook is damaged. Open it, save it again as .xlsx, and try once more.")


def _refuse(unfolded: int) -> NoReturn:
    raise UnreadableFile(
        _("The workbook unfolds to more than is read (%(size)s MB).")
        % {"size": f"{unfolded // 1024**2:,}"}
    )
