"""Header fields: splitting, encoded words (RFC 2047), parameters (RFC 2045, 2231), dates.

Everything here takes what a hostile or broken sender wrote, costs time linear in
its length, and never raises.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from mailbox.mime.charsets import decode, guess, one_line, without_unreadable

MAX_PARAMETERS = 100
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_LINE_END = re.compile(rb"\r?\n")
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
# The text may hold single question marks, which some mailers leave unencoded: at most twenty.
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
_TOKEN_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,127}")


class Headers:
    """The fields of one header block, by lower-case name, in their order, as raw bytes."""

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self.fields = fields

    def get_all(self, name: str) -> list[bytes]:
        return [value for field, value in self.fields if field == name]

    def get(self, name: str) -> bytes:
        """The first field of that name, or nothing."""
        return next((value for field, value in self.fields if field == name), b"")

    def text(self, name: str) -> str:
        """The first field of that name, decoded, on one line."""
        return decode_header(self.get(name))


def split_fields(block: bytes) -> Headers:
    """The fields of a header block. Lines that are no field are passed over (RFC 5322 2.2)."""
    fields: list[tuple[str, bytes]] = []
    for line in _LINE_END.split(_FOLD.sub(b"", block)):
        match = _NAME.match(line)
        if match:
            fields.append((match[1].decode("ascii").lower(), line[match.end() :].strip()))
    return Headers(fields)


def _word_bytes(encoding: str, text: str) -> bytes:
    """The bytes of one encoded word (RFC 2047 4)."""
    data = text.encode("utf-8", "replace")
    if encoding in "bB":
        data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        data = data[: len(data) - 1] if len(data) % 4 == 1 else data
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def decode_words(text: str) -> str:
    """Text with its encoded words decoded; neighbours are joined before decoding.

    Mailers cut multi-byte characters between two words, against RFC 2047 5 (3).
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(text):
        between = text[end : match.start()]
        label = match[1].split("*")[0].lower()
        if pending and (between.strip() or label != charset):
            out.append(decode(pending, charset)[0])
            pending = b""
        if between.strip() or (end == 0 and between):
            out.append(between)
        pending += _word_bytes(match[2], match[3])
        charset, end = label, match.end()
    if end:
        out.append(decode(pending, charset)[0])
    out.append(text[end:])
    return "".join(out)


def raw_text(value: bytes) -> str:
    """A field's bytes as text, no words decoded: utf-8 (RFC 6532), else Thai, else latin-1."""
    return value.decode("ascii") if value.isascii() else guess(value)


def decode_header(value: bytes) -> str:
    """An unstructured field as one line of text."""
    return one_line(without_unreadable(decode_words(raw_text(value))))


@dataclass(frozen=True)
class Value:
    """A field with parameters: `main` in lower case, parameters by lower-case name."""

    main: str
    parameters: dict[str, str]
    too_many: bool = False


def _split_parameters(text: str) -> list[str]:
    """The pieces between semicolons, but for those in quoted strings."""
    pieces: list[str] = []
    start, quoted, escaped = 0, False, False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            pieces.append(text[start:position])
            start = position + 1
            if len(pieces) > MAX_PARAMETERS + 1:
                return pieces
    pieces.append(text[start:])
    return pieces


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value.split(" (")[0].strip()
    end = re.match(r'"((?:[^"\\]|\\.)*)"?', value)
    inner = end[1] if end else value.strip('"')
    # A Windows path is not a string of escapes.
    return re.sub(r'\\(["\\])', r"\1", inner)


def parse_parameters(value: bytes) -> Value:
    """Content-Type or Content-Disposition (RFC 2045 5.1, RFC 2231)."""
    pieces = _split_parameters(raw_text(value)[:65_536])
    plain: dict[str, str] = {}
    for piece in pieces[1 : MAX_PARAMETERS + 1]:
        name, equals, text = piece.partition("=")
        name = name.strip().lower()
        if equals and name and name not in plain:
            plain[name] = _unquoted(text)
    main = re.sub(r"\s+", "", pieces[0].split("(")[0]).lower()
    return Value(main, _joined_parameters(plain), len(pieces) > MAX_PARAMETERS + 1)


def _joined_parameters(plain: dict[str, str]) -> dict[str, str]:
    """Parameters with their continuations joined and charsets decoded (RFC 2231 3, 4)."""
    result: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, text in plain.items():
        base, star, rest = name.partition("*")
        if not star:
            result[name] = one_line(decode_words(text))
        elif rest == "":
            extended.setdefault(base, {})[0] = (True, text)
        elif rest.rstrip("*").isdecimal() and len(rest) < 6:
            extended.setdefault(base, {})[int(rest.rstrip("*"))] = (rest.endswith("*"), text)
    for base, sections in extended.items():
        result[base] = one_line(_extended_value(sections))
    return result


def _extended_value(sections: dict[int, tuple[bool, str]]) -> str:
    charset, data, plain = "", b"", True
    for number in sorted(sections):
        is_encoded, text = sections[number]
        if is_encoded:
            plain = False
            if number == min(sections) and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            data += unquote_to_bytes(text)
        else:
            data += text.encode("utf-8", "replace")
    text = decode(data, charset or "utf-8")[0]
    return decode_words(text) if plain else text


def content_type(value: Value, default: str = "text/plain") -> str:
    """A type as type/subtype in lower case; what is none becomes `default` or octet-stream."""
    if not value.main:
        return default
    if _TOKEN_TYPE.fullmatch(value.main):
        return value.main
    if value.main == "text":
        return "text/plain"
    return "application/octet-stream" if "/" in value.main else default


def parse_date(value: bytes) -> str | None:
    """A Date field as ISO 8601 with offset, or None if it is not one (RFC 5322 3.3)."""
    text = one_line(raw_text(value[:200]))
    text = re.sub(r"\([^()]*\)", " ", text).strip()
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": the time is UTC, the place unknown.
        moment = moment.replace(tzinfo=UTC)
    if not 1900 <= moment.year < 9999:  # so that no offset leads out of the calendar
        return None
    return moment.isoformat(timespec="seconds")
