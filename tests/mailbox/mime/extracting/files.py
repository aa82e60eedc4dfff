"""Files as people and attackers attach them, made by the tests; and letters to put them in."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import openpyxl
from fontTools.ttLib import TTFont
from fpdf import FPDF

from mailbox.mime.parse import parse
from mailbox.mime.rendition import Rendition, pack, unpack_head

THAI = "ที่ น้ำท่วมทำให้ผู้ว่าราชการจังหวัดต้องรับผิดชอบ การประชุมครั้งที่ ๕ เก้าอี้ ป้ายชื่อ ซ้ำ"
_ROOT = Path(__file__).resolve().parents[4]
_SARABUN = "node_modules/@fontsource/sarabun/files/sarabun-thai-400-normal.woff"
File = tuple[str, str, bytes]


def as_sent(*files: File) -> bytes:
    """A letter with files: name, type, octets."""
    message = EmailMessage()
    message["Subject"], message["From"] = "Files", "somchai@moi.example"
    message.set_content("See attached.\n")
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def letter(*files: File) -> tuple[bytes, Rendition]:
    """A letter with files, packed and read as the worker does."""
    raw = as_sent(*files)
    own, sections = parse(raw)
    packed = pack(own, raw, sections)
    return packed, unpack_head(lambda start, stop: packed[start:stop])


@cache
def _sarabun() -> bytes:
    font = TTFont(_ROOT / _SARABUN)
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    return plain.getvalue()


def pdf(text: str, tmp_path: Path, *, password: str = "", pages: int = 1) -> bytes:
    """A PDF in Sarabun, a page for each repetition."""
    font = tmp_path / "sarabun.ttf"
    font.write_bytes(_sarabun())
    document = FPDF()
    document.add_font("Sarabun", "", font)
    document.set_font("Sarabun", size=14)
    for _ in range(pages):
        document.add_page()
        document.multi_cell(0, 8, text)
    if password:
        document.set_encryption(owner_password="owner", user_password=password)
    return bytes(document.output())


def raw_pdf(objects: Mapping[int, bytes], root: int = 1) -> bytes:
    """A PDF of these objects, however they refer to each other."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Size %d /Root %d 0 R>>\n" % (max(objects) + 1, root)
    return bytes(out + b"startxref\n%d\n%%%%EOF" % start)


def zipped(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip container of these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in entries:
            container.writestr(name, data)
    return out.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)


def docx(body: str, *more: tuple[str, bytes]) -> bytes:
    """A docx whose body is this XML."""
    document = f"<w:document {_W}><w:body>{body}</w:body></w:document>".encode()
    return zipped([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", document), *more])


def docx_of(text: str) -> bytes:
    """A docx in which a word is cut into runs, as Word does where it checked the spelling."""
    middle = len(text) // 2
    runs = "".join(f"<w:r><w:t>{part}</w:t></w:r>" for part in (text[:middle], text[middle:]))
    header = f"<w:hdr {_W}><w:p><w:r><w:t>บันทึกข้อความ</w:t></w:r></w:p></w:hdr>".encode()
    return docx(f"<w:p>{runs}</w:p>", ("word/header1.xml", header))


def odt(body: str) -> bytes:
    """An odt whose text is this XML."""
    content = f"<office:document-content {_ODF}>{body}</office:document-content>".encode()
    return zipped(
        [("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", content)]
    )


def xlsx(rows: Iterable[Iterable[object]]) -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "งบประมาณ"
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def stream(entries: bytes, data: bytes) -> bytes:
    """A PDF's stream object with these entries in its dictionary."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def pdf_page(contents: bytes, page: bytes = b"", **more: bytes) -> bytes:
    """A PDF of one page with this stream of contents. more: objects `o5`, `o6` …"""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R%s>>" % page,
        4: contents,
    }
    return raw_pdf(objects | {int(name[1:]): data for name, data in more.items()})


def swelling(unit: bytes, times: int) -> bytes:
    """Deflated octets that inflate to so many times a unit, made without holding these."""
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(unit) for _ in range(times)), packer.flush()])


def marked_pdf(drawn: Iterable[tuple[str, str, float]]) -> bytes:
    """A line as Chromium prints Thai: each glyph an object, clusters marked with their meaning.

    drawn: glyphs, what they mean together ("" where they mean themselves), and how far the
    first begins from where the glyph before began, in points. A glyph is some 6 wide.
    """
    codes: dict[str, int] = {" ": 0x20}
    out = ["BT /F 10 Tf 20 700 Td"]
    for glyphs, meaning, step in drawn:
        mark = ("\ufeff" + meaning).encode("utf-16-be").hex()
        out.append(f"/Span<</ActualText<{mark}>>>BDC" if meaning else "")
        for place, glyph in enumerate(glyphs):
            code = codes.setdefault(glyph, 0x40 + len(codes))
            out.append(f"{6 if place else step} 0 Td <{code:02x}> Tj")
        out.append("EMC" if meaning else "")
    pairs = "".join(f"<{code:02x}> <{ord(glyph):04x}>\n" for glyph, code in codes.items())
    table = "begincmap 1 begincodespacerange <00> <ff> endcodespacerange\n"
    table += f"{len(codes)} beginbfchar\n{pairs}endbfchar endcmap"
    return pdf_page(
        stream(b"", " ".join([*out, "ET"]).encode()),
        b"/Resources<</Font<</F 5 0 R>>>>",
        o5=b"<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode 6 0 R>>",
        o6=stream(b"", table.encode()),
    )


def pdf_that_swells() -> bytes:
    """A page whose contents are 300 MB, which kills who reads it with less memory."""
    bomb = swelling(b"(a)Tj " * 170_000, 300)
    return pdf_page(stream(b"/Filter/FlateDecode", bomb))
