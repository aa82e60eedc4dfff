"""What the text inside files costs at filing: a child's start, and files as people attach them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.measuring import Figure, median_ms
from mailbox.mime.extracting.process import ExtractingProcess
from tests.mailbox.mime.extracting.files import File, docx_of, letter, marked_pdf, odt, pdf, xlsx

# A page of an official letter: 1,700 characters.
PAGE = "การประชุมคณะกรรมการครั้งที่ ๕/๒๕๖๗ เรื่อง การจัดซื้อจัดจ้าง น้ำท่วม " * 25
MEMORY = 512 * 1024 * 1024


def measure() -> list[Figure]:
    extractor = ExtractingProcess(seconds=60, memory=MEMORY)
    one = letter(("a.txt", "text/plain", b"word"))

    def start() -> None:
        extractor.close()
        extractor.texts(*one)

    figures = [Figure("a child started, with its first file", median_ms(start, times=9), "ms")]
    for what, file in _files().items():
        sent = letter(file)
        [(text, is_whole)] = extractor.texts(*sent)
        taken = median_ms(lambda sent=sent: extractor.texts(*sent), times=9, warm=1)
        kinds = f"{what}, {len(file[2]) / 1024:.0f} kB"
        figures.append(Figure(kinds, taken, "ms"))
        speed = len(text.encode()) / taken / 1000
        figures.append(Figure(f"  of text{'' if is_whole else ' (cut)'}", speed, "MB/s"))
    extractor.close()
    return figures


def _files() -> dict[str, File]:
    row = ["เลขที่", "ชื่อโครงการก่อสร้าง", 1_250_000, "จังหวัดเชียงใหม่"]
    drawn = [("รxy", "รั้", 6), ("ง", "", 6), ("ที", "ที่", 6), (" ", "", 6)] * 400
    with tempfile.TemporaryDirectory() as folder:
        pages = pdf(PAGE, Path(folder), pages=10)
    return {
        "PDF of 10 pages": ("a.pdf", "application/pdf", pages),
        "PDF as Chromium draws, a page": ("a.pdf", "application/pdf", marked_pdf(drawn)),
        "docx of 10 pages": ("a.docx", "application/x", docx_of(PAGE * 10)),
        "odt of 10 pages": ("a.odt", "application/x", odt(f"<text:p>{PAGE}</text:p>" * 10)),
        "xlsx of 2,000 rows": ("a.xlsx", "application/x", xlsx([row] * 2_000)),
        "text in windows-874": ("a.txt", "text/plain", (PAGE * 50).encode("cp874")),
    }
