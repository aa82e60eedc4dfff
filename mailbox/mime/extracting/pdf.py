"""PDF, read by PDFium."""

from __future__ import annotations

import pypdfium2

from mailbox.mime.extracting.gathering import Enough, Gathering, Unreadable
from mailbox.mime.extracting.limits import MOST_PAGES


def read_pdf(data: bytes, gathering: Gathering) -> None:
    """The words of a PDF's pages, in their order. Unreadable if it needs a password."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable from error
    broken = 0
    for number in range(len(document)):
        if number >= MOST_PAGES:
            raise Enough
        gathering.check_time()
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            broken += 1
            continue
        words = page.get_textpage()
        gathering.add(words.get_text_range() + "\n")
        words.close()
        page.close()
    if broken:
        raise Enough
