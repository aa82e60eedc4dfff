"""What a file is: by its first octets, then by its name and type, for senders lie about these."""

from __future__ import annotations

import re
from typing import Final

PDF: Final = "pdf"
ZIP: Final = "zip"  # a document of an office program, or an archive: its directory tells
RTF: Final = "rtf"
HTML: Final = "html"
LETTER: Final = "letter"
PLAIN: Final = "plain"
TEXTLESS: Final = "textless"  # a picture, sound, signature: there is nothing to find in it
UNREADABLE: Final = "unreadable"  # words may be in it, and we cannot read them

_MAGIC = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"{\\rtf", RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UNREADABLE),  # Word 97, or an encrypted docx
    *((magic, TEXTLESS) for magic in (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")),
    *((magic, TEXTLESS) for magic in (b"II*\x00", b"MM\x00*", b"ID3", b"OggS", b"fLaC")),
)
_TEXTLESS_TYPES = ("image/", "audio/", "video/", "font/")
_SIGNATURES = frozenset(
    ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
)
_PLAIN_ENDINGS = frozenset(("txt", "csv", "tsv", "log", "md", "json", "xml", "ics", "vcf", "asc"))
# Control characters that no text has; NUL is looked at apart, for UTF-16.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 2_048
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,200}<(?:!doctype html|html)\b", re.IGNORECASE)


def kind_of(name: str, content_type: str, first: bytes) -> str:
    """One of the kinds above, of a file with this name, MIME type and first octets."""
    if b"%PDF-" in first[:1024]:  # rubbish may stand before it (ISO 32000-2 annex I)
        return PDF
    for magic, kind in _MAGIC:
        if first.startswith(magic):
            return kind
    if first[4:8] == b"ftyp" or content_type in _SIGNATURES:
        return TEXTLESS
    return _by_label(name.lower(), content_type.lower(), first)


def _by_label(name: str, content_type: str, first: bytes) -> str:
    ending = name.rpartition(".")[2]
    if content_type.startswith(_TEXTLESS_TYPES):
        return TEXTLESS
    if not (utf_16(first) or not _BINARY.search(first)):
        return UNREADABLE
    if content_type.startswith("message/") or ending == "eml":
        return LETTER
    if content_type == "text/html" or ending in ("html", "htm") or _MARKUP.match(first):
        return HTML
    is_plain = content_type.startswith("text/") or ending in _PLAIN_ENDINGS
    # What has no name for itself and looks like text is read as text.
    return PLAIN if is_plain or content_type == "application/octet-stream" else UNREADABLE


def utf_16(data: bytes) -> str:
    """Which byte order text in UTF-16 has, as a codec's name; empty if it is not that.

    Without a mark at the beginning: if nearly every second octet is of Latin or Thai.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = data[:_SAMPLE]
    for start, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = sample[start::2]
        if len(high) > 3 and sum(high.count(octet) for octet in b"\x00\x0e") > 0.9 * len(high):
            return codec
    return ""
