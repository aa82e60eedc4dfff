"""What is written in a letter's files, read by a process of its own."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from mailbox.mime.extracting.process import ExtractingProcess
from mailbox.mime.rendition import Rendition


@cache
def _extracting_process(seconds: float) -> ExtractingProcess:
    """This process's own, started at its first file."""
    return ExtractingProcess(seconds, settings.EXTRACT_MEMORY)


def texts_of(
    rendition: Rendition, packed: bytes, *, is_awaited: bool = False
) -> list[tuple[str, bool]]:
    """Each attachment's text, in order, and whether that is all of it. Never raises.

    is_awaited: somebody waits for it, and it is given less time.
    """
    if not rendition.attachments:
        return []
    seconds = settings.EXTRACT_SECONDS_SENDING if is_awaited else settings.EXTRACT_SECONDS
    return _extracting_process(seconds).texts(packed, rendition)
