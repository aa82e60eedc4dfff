"""PDF, read by PDFium."""

from __future__ import annotations

import pypdfium2

from mailbox.mime.extracting.gathering import Enough, Gathering, Unreadable
from mailbox.mime.extracting.limits import MOST_PAGES
from mailbox.mime.extracting.marked import words_of
from mailbox.mime.extracting.thai import repaired


def read_pdf(data: bytes, gathering: Gathering) -> None:
    """The words of a PDF's pages, in their order. Unreadable if it needs a password."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable from error
    # Without its end it was cut short: PDFium mends what it can, and does not say so.
    is_whole = b"%%EOF" in data[-2_048:]
    for number in range(len(document)):
        if number >= MOST_PAGES:
            raise Enough
        gathering.check_time()
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            is_whole = False
            continue
        gathering.add(repaired(words_of(page)) + "\n")
        page.close()
    if not is_whole:
        raise Enough
