"""Addresses: tolerant where we read what others wrote, strict where our people write.

The reader is a loop over characters, for the standard library's recurses into
comments and falls over 500 nested parentheses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mailbox.mime.charsets import BIDI_CONTROLS, one_line
from mailbox.mime.headers import decode_words, raw_text
from mailbox.mime.rendition import Address

MAX_ADDRESSES = 2_000
# Whatever any part of the mail world takes for a line end, and all other controls.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = (
    r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?"
)
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_SARA_AM = "\u0e4d\u0e32"
_SPECIAL = frozenset('"(<>,;:\\')


def is_valid_address(text: str) -> bool:
    """Whether mail can be sent to `text` (RFC 5321 4.1.2, RFC 6531; dots needed in the domain)."""
    if CONTROLS.search(text) or BIDI_CONTROLS.search(text) or any(c.isspace() for c in text):
        return False
    if not _ADDRESS.fullmatch(text):
        return False
    local, _, domain = text.rpartition("@")
    return len(local.encode()) <= 64 and len(domain.encode()) <= 253


def domain_of(address: str) -> str:
    """The domain of an address, in lower case; empty if it has none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def other_spellings(address: str) -> list[str]:
    """The same address with its domain in the other script, if it has one (RFC 5890, RFC 6531).

    Most servers say ASCII ("xn--…") where people write Thai. In lower case and NFC; sara am
    in one piece as it is typed, and in two as domains have it (RFC 3491).
    """
    local, at, domain = unicodedata.normalize("NFC", address).lower().rpartition("@")
    if not at or (domain.isascii() and "xn--" not in domain):
        return []
    try:
        shown = domain.encode("idna").decode("idna")
        spelt = [domain.encode("idna").decode("ascii"), shown, shown.replace(_SARA_AM, "\u0e33")]
    except UnicodeError:
        spelt = []
    found = [f"{local}@{each}".lower() for each in dict.fromkeys([domain, *spelt])]
    return [each for each in found if each != address]


def parse_address_list(text: str) -> list[Address]:
    """Addresses a person has typed, separated by comma, semicolon or line end.

    AddressUnreadable if one of them is none, or holds a control character.
    """
    # Not above: the reading process shares this module and must start without Django.
    from mailbox.errors import AddressUnreadable

    # Looked for before the text is taken apart: str.split() takes some of them for blanks.
    if CONTROLS.search(text.translate({ord(blank): None for blank in "\r\n\t"})):
        raise AddressUnreadable
    found = []
    for entry in _entries(text.replace("\r", ",").replace("\n", ",")):
        if not is_valid_address(entry.address):
            raise AddressUnreadable
        found.append(entry)
    return found


def read_addresses(values: list[bytes]) -> tuple[tuple[Address, ...], bool]:
    """People of a header's fields, as shown, and whether there were more than MAX_ADDRESSES.

    Encoded words are decoded after the field is taken apart (RFC 2047 6.2), so that
    a name cannot smuggle in an address.
    """
    people: list[Address] = []
    for value in values:
        for entry in _entries(raw_text(value)):
            if len(people) == MAX_ADDRESSES:
                return tuple(people), True
            name = _shown(entry.name)
            address = _shown(entry.address)
            people.append(Address("" if name == address else name, address))
    return tuple(people), False


def _shown(text: str) -> str:
    text = BIDI_CONTROLS.sub("", one_line(decode_words(text)))
    return re.sub(r" {2,}", " ", text).strip()


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """(kind, text): kinds are "quoted", "comment", "angle", "text" and "," ";" ":"."""
    position, length = 0, len(text)
    while position < length:
        character = text[position]
        if character == '"':
            value, position = _quoted(text, position + 1)
            yield "quoted", value
        elif character == "(":
            value, position = _comment(text, position + 1)
            yield "comment", value
        elif character == "<":
            close = text.find(">", position)
            close = length if close < 0 else close
            yield "angle", text[position + 1 : close].strip()
            position = close + 1
        elif character in ",;:":
            yield character, character
            position += 1
        elif character in ">\\":
            position += 1
        else:
            start = position
            while position < length and text[position] not in _SPECIAL:
                position += 1
            yield "text", text[start:position]


def _quoted(text: str, position: int) -> tuple[str, int]:
    out: list[str] = []
    while position < len(text) and text[position] != '"':
        if text[position] == "\\" and position + 1 < len(text):
            position += 1
        out.append(text[position])
        position += 1
    return "".join(out), position + 1


def _comment(text: str, position: int) -> tuple[str, int]:
    """A comment's text and the position behind it; nesting is counted, not followed."""
    start, depth = position, 1
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == "(":
            depth += 1
        elif text[position] == ")":
            depth -= 1
            if depth == 0:
                break
        position += 1
    return text[start:position], position + 1


class _Entry:
    """What has been read of one mailbox so far."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None
        self.has_quoted = False

    def take(self, kind: str, value: str) -> None:
        if kind == "angle":
            self.angle = self.angle or value
        elif kind == "comment":
            self.comments.append(value)
        else:
            self.has_quoted = self.has_quoted or kind == "quoted"
            self.words.append(value)

    def is_group_name(self) -> bool:
        """Whether what has been read, followed by a colon, names a group (RFC 5322 3.4)."""
        return self.angle is None and not any("@" in word for word in self.words)

    def finished(self) -> list[Address]:
        words = (" " if self.has_quoted else "").join(self.words)
        words = " ".join(words.split())
        comment = " ".join(" ".join(self.comments).split())
        if self.angle is not None:
            address = self.angle.rpartition(":")[2] if self.angle.startswith("@") else self.angle
            return [Address(words or comment, address)] if words or address else []
        if "@" in words:
            return _without_angle(words, comment)
        if words:
            return [Address(comment, words)]
        return [Address("", comment)] if comment else []


def _without_angle(words: str, comment: str) -> list[Address]:
    """`a@b (Name)`, `"Name" a@b`, `a @ b`, or several with only spaces between."""
    pieces = words.split()
    with_at = [piece for piece in pieces if "@" in piece.strip("@")]
    if len(with_at) > 1:
        return [Address("", piece) for piece in with_at]
    if len(pieces) > 1 and with_at:
        name = " ".join(piece for piece in pieces if piece is not with_at[0])
        return [Address(name or comment, with_at[0].strip("<>"))]
    return [Address(comment, words.replace(" ", ""))]


def _entries(text: str) -> Iterator[Address]:
    """The mailboxes of an address list; names of groups are passed over."""
    entry = _Entry()
    for kind, value in _tokens(text):
        if kind in (",", ";"):
            yield from entry.finished()
            entry = _Entry()
        elif kind == ":" and entry.is_group_name():
            entry = _Entry()
        else:
            entry.take(kind, value)
    yield from entry.finished()


def header_form(who: Address) -> str:
    """An address as our own header shows it, name quoted where it must be (RFC 5322 3.2.4).

    Not yet encoded: names may hold Thai. The builder refuses control characters.
    """
    if not who.name:
        return who.address
    escaped = who.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{who.address}>'
