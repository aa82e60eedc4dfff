"""A letter that is attached to a letter (message/rfc822)."""

from __future__ import annotations

from collections.abc import Iterator

from mailbox.mime.parse import parse
from mailbox.mime.rendition import Attachment, pack, read_attachment, unpack_head


class Letter:
    """What an attached letter says, and the files attached to it."""

    def __init__(self, data: bytes) -> None:
        own, sections = parse(data)
        self._packed = pack(own, data, sections)
        self._rendition = unpack_head(self._read)

    def text(self) -> str:
        """Its subject, people, words and the names of its files."""
        rendition = self._rendition
        people = [*rendition.senders, *rendition.to, *rendition.cc]
        return "\n".join(
            [
                rendition.subject,
                *(f"{who.name} {who.address}" for who in people),
                rendition.text,
                *(one.name for one in rendition.attachments),
            ]
        )

    def files(self) -> Iterator[tuple[Attachment, bytes]]:
        """Its files: where each came from, and its octets."""
        for one in self._rendition.attachments:
            yield one, read_attachment(self._read, one)

    def _read(self, start: int, stop: int) -> bytes:
        return self._packed[start:stop]
