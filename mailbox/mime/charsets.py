"""Bytes to text, whatever the label says, without ever failing.

Thai mail comes as utf-8, tis-620, iso-8859-11 or windows-874, and is often
labelled as one of the others.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# Labels that Python lacks or understands more narrowly than the senders did.
_ALIASES = {
    "tis-620": "cp874",
    "tis620": "cp874",
    "tis620-0": "cp874",
    "tis620.2533": "cp874",
    "tis-620-2533": "cp874",
    "iso-8859-11": "cp874",
    "iso8859-11": "cp874",
    "iso_8859-11": "cp874",
    "windows-874": "cp874",
    "x-windows-874": "cp874",
    "dos-874": "cp874",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso-8859-8",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
}
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_BODY_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff]")
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@lru_cache(maxsize=256)
def _codec(charset: str) -> str | None:
    """Python's name of a text encoding, or None."""
    name = charset.strip().strip("'\"").lower()[:60]
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name)
        b"a".decode(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    # Codecs from bytes to bytes (zlib, hex …) and Python's own escapes are not charsets.
    if not found._is_text_encoding or found.name in _NOT_CHARSETS:
        return None
    return found.name


_NOT_CHARSETS = {
    "raw-unicode-escape",
    "unicode-escape",
    "idna",
    "punycode",
    "mbcs",
    "oem",
    "undefined",
}


def guess(data: bytes) -> str:
    """Text of bytes without a usable label: utf-8, else cp874, else every byte as it stands."""
    for charset in ("utf-8", "cp874"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def decode(data: bytes, charset: str = "") -> tuple[str, bool]:
    """Text of `data`, and whether the label was one we know. Lone surrogates and NUL are gone."""
    codec = _codec(charset) if charset else "ascii"
    if codec is None:
        return without_unreadable(guess(data)), False
    if codec in ("ascii", "cp1252", "cp874") and not data.isascii():
        # "us-ascii", "iso-8859-1" and "tis-620" are what careless senders write over utf-8.
        try:
            return without_unreadable(data.decode("utf-8")), True
        except UnicodeDecodeError:
            pass
    try:
        return without_unreadable(data.decode(codec)), True
    except (UnicodeError, ValueError):
        return without_unreadable(_rescued(data, codec)), True


def _rescued(data: bytes, codec: str) -> str:
    """Text of bytes that their own charset refuses in places."""
    if codec in ("ascii", "cp1252", "cp874"):
        return guess(data)
    text = data.decode(codec, "replace")
    if codec == "utf-8" and text.count("\ufffd") * 5 > len(text):
        return guess(data)  # Mostly unreadable: the label lies.
    return text


def without_unreadable(text: str) -> str:
    """Text that UTF-8 and PostgreSQL accept: no NUL, no lone surrogate."""
    return _UNREADABLE.sub("", text)


def one_line(text: str) -> str:
    """Text for a subject, name or address: control characters and line ends become a space."""
    return _CONTROL.sub(" ", text).strip()


def body(text: str) -> str:
    """Text for a body: LF line ends, no control characters but tab."""
    return _BODY_CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
