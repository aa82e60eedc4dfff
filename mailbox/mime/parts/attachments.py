"""Parts that are downloaded: their names, types, and where their bytes lie.

A part in base64 of even lines is left in the message and read by range; what is
encoded otherwise is decoded into a section beside it.
"""

from __future__ import annotations

import binascii
import hashlib
import re

from mailbox.mime.charsets import BIDI_CONTROLS, one_line
from mailbox.mime.parts.structure import Part
from mailbox.mime.rendition import Attachment

MAX_NAME_BYTES = 255
_NOT_IN_NAMES = re.compile(r"[\\/:*?\"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_EXTENSIONS = {
    "application/gzip": "gz",
    "application/ics": "ics",
    "application/json": "json",
    "application/msword": "doc",
    "application/ms-tnef": "dat",
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/mp4": "mp4",
}

TYPES_BY_ENDING = {ending: kind for kind, ending in _EXTENSIONS.items()} | {"txt": "text/plain"}


def _shortened(name: str) -> str:
    """The name within 255 bytes of UTF-8, its extension kept."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, extension = name, ""
    room = MAX_NAME_BYTES - len(extension.encode()) - len(dot)
    cut = stem.encode()[:room].decode("utf-8", "ignore")
    return f"{cut}.{extension}" if extension else cut


def safe_name(name: str) -> str:
    """A file name without path, controls or direction marks, at most 255 bytes.

    Empty if nothing is left of it.
    """
    name = BIDI_CONTROLS.sub("", one_line(name))
    name = re.split(r"[\\/]", name.rstrip("/\\ "))[-1]
    name = _NOT_IN_NAMES.sub("_", name).strip(" ")
    if not name.strip("."):
        return ""
    return _shortened(name.rstrip(". ") or "")


def name_of(part: Part, index: int) -> str:
    """What the sender called a part, or a name made from its type."""
    for given in (part.disposition.parameters.get("filename"), part.parameters.get("name")):
        name = safe_name(given) if given else ""
        if name:
            return name
    if part.type == "message/rfc822":
        return "message.eml" if index == 0 else f"message-{index + 1}.eml"
    if part.type == "text/calendar":
        return "invite.ics"
    return f"attachment-{index + 1}.{_EXTENSIONS.get(part.type, 'bin')}"


def decoded(raw: bytes, part: Part) -> bytes:
    """The bytes of a part, its transfer encoding undone as far as it goes (RFC 2045 6)."""
    data = raw[part.start : part.stop]
    if part.encoding == "base64":
        return decode_base64(data)
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data


_SPACE = re.compile(rb"\s+")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n"
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


def decode_base64(data: bytes) -> bytes:
    """Base64 with some rubbish between; several padded runs one after the other are joined.

    What is mostly no base64 at all is left as it stands.
    """
    clean = _NOT_BASE64.sub(b"", data)
    rubbish = len(_SPACE.sub(b"", data)) - len(clean)
    if rubbish * 10 > len(clean):
        return data
    if b"=" not in clean.rstrip(b"="):
        return _decode_run(clean.rstrip(b"="))
    return b"".join(_decode_run(run) for run in re.split(rb"=+", clean) if run)


def _decode_run(run: bytes) -> bytes:
    if len(run) % 4 == 1:  # six bits are no byte
        run = run[:-1]
    return binascii.a2b_base64(run + b"=" * (-len(run) % 4))


def _even_line(data: bytes) -> int:
    """The line length of base64 in even lines ended by CRLF, or 0 if it is not that."""
    end = data.find(b"\r\n")
    line = len(data) if end < 0 else end
    if line == 0 or line % 4 or line > 998 or len(data) % (line + 2) % 4:
        return 0
    ends = len(data) // (line + 2)
    has_even_ends = (
        data[line :: line + 2] == b"\r" * ends and data[line + 1 :: line + 2] == b"\n" * ends
    )
    if not has_even_ends or data.count(b"\n") != ends or data.count(b"\r") != ends:
        return 0
    digits = data.rstrip(b"=")
    return 0 if len(data) - len(digits) > 2 or digits.translate(None, _ALPHABET) else line


class Table:
    """The attachments of a message, as they are found, and the sections they need."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._found: list[Attachment] = []
        self._cids: dict[str, int] = {}
        self._section_bytes = 0
        self.sections: list[bytes] = []

    def add(self, part: Part, *, inline: bool) -> None:
        """Take a part up. Its range in the message still counts from the message's start."""
        index = len(self._found)
        start, length, encoding, line, data = self._place(part)
        self._found.append(
            Attachment(
                index=index,
                name=name_of(part, index),
                type=part.type,
                size=len(data),
                inline=inline,
                cid=part.content_id,
                start=start,
                length=length,
                encoding=encoding,
                line=line,
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
        if part.content_id:
            self._cids.setdefault(part.content_id, index)

    def add_file(self, name: str, kind: str, data: bytes, cid: str) -> None:
        """Take up a file that is no part of the message but was wrapped in one."""
        index = len(self._found)
        ending = _EXTENSIONS.get(kind, "bin")
        self._found.append(
            Attachment(
                index=index,
                name=safe_name(name) or f"attachment-{index + 1}.{ending}",
                type=kind,
                size=len(data),
                inline=False,
                cid=cid[:500],
                start=self._section_bytes,
                length=len(data),
                encoding="section",
                line=0,
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
        self.sections.append(data)
        self._section_bytes += len(data)

    def _place(self, part: Part) -> tuple[int, int, str, int, bytes]:
        if part.encoding not in ("base64", "quoted-printable"):
            data = self._raw[part.start : part.stop]
            return part.start, len(data), "identity", 0, data
        if part.encoding == "base64":
            encoded = self._raw[part.start : part.stop]
            stripped = encoded.rstrip(b"\r\n")
            line = _even_line(stripped)
            if line:
                data = binascii.a2b_base64(stripped)
                return part.start, len(stripped), "base64", line, data
        data = decoded(self._raw, part)
        start = self._section_bytes
        self.sections.append(data)
        self._section_bytes += len(data)
        return start, len(data), "section", 0, data

    @property
    def cids(self) -> dict[str, int]:
        """Content-ID to index, of images."""
        return {
            cid: index
            for cid, index in self._cids.items()
            if self._found[index].type.startswith("image/")
        }

    @property
    def section_bytes(self) -> int:
        return self._section_bytes

    def finished(self) -> tuple[Attachment, ...]:
        """All of them, ranges counted from where the sections begin, the message behind them."""
        return tuple(
            one if one.encoding == "section" else _moved(one, self._section_bytes)
            for one in self._found
        )


def _moved(one: Attachment, by: int) -> Attachment:
    return Attachment(**{**one.__dict__, "start": one.start + by}) if by else one
