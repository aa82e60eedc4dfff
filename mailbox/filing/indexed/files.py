"""What is written in a letter's files, read by a process of its own."""

from __future__ import annotations

from mailbox.mime.rendition import Rendition


def texts_of(rendition: Rendition, packed: bytes) -> list[tuple[str, bool]]:
    """Each attachment's text, in order, and whether that is all of it."""
    return []
