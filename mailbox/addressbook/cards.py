"""Address cards: vCard 3.0 and 4.0 (RFC 2426, RFC 6350) read and written; 2.1 of old phones read.

Every card is read for itself: one that cannot be read is counted, and the next one is
read. Old phones wrote quoted-printable in whatever charset they had; that is undone here,
before the library sees the card.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import vobject
from vobject.base import ParseError, parseLine

from mailbox.addressbook.card import LONGEST_NOTE, MOST_ADDRESSES, MOST_PHONES, Card, plain_line
from mailbox.errors import CardsUnreadable
from mailbox.mime.addresses import is_valid_address
from mailbox.mime.charsets import body, decode, guess

LARGEST_FILE = 5 * 1024**2
MOST_CARDS = 5_000
# A card with a photograph is large; without it, longer than this it is no card.
_LONGEST_CARD = 64 * 1024
_EDGE = re.compile(rb"^(BEGIN|END):VCARD[ \t]*\r?$", re.I | re.M)
_PICTURES = re.compile(r"(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:]", re.I)


@dataclass
class Read:
    """What a file held. unreadable: numbers of cards, from 1; without_address: how many."""

    cards: list[Card] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    without_address: int = 0
    has_more: bool = False


def read_cards(data: bytes) -> Read:
    """Read a file of cards; CardsUnreadable if it is too large or holds none."""
    if len(data) > LARGEST_FILE:
        raise CardsUnreadable
    found = Read()
    for number, raw in enumerate(_cut(_in_bytes(data)), 1):
        if number > MOST_CARDS:
            found.has_more = True
            break
        try:
            card = _card(raw)
        except (ParseError, ValueError, LookupError, AttributeError, IndexError, TypeError):
            # Whatever the library makes of a stranger's card: one never holds up the next.
            found.unreadable.append(number)
            continue
        if card.addresses:
            found.cards.append(card)
        else:
            found.without_address += 1
    if not (found.cards or found.unreadable or found.without_address):
        raise CardsUnreadable
    return found


def write_cards(cards: Iterable[Card]) -> Iterator[bytes]:
    """The cards as vCard 3.0, which every program reads, a card at a time."""
    for card in cards:
        lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escaped(card.shown_name)}"]
        family, given = _name_parts(card.name)
        lines.append(f"N:{_escaped(family)};{_escaped(given)};;;")
        lines += [f"EMAIL;TYPE=INTERNET:{_escaped(address)}" for address in card.addresses]
        lines += [f"TEL:{_escaped(phone)}" for phone in card.phones]
        for name, value in (("ORG", card.office), ("TITLE", card.post), ("NOTE", card.note)):
            if value:
                lines.append(f"{name}:{_escaped(value)}")
        lines.append("END:VCARD")
        yield b"".join(_folded(line) for line in lines)


def _cut(data: bytes) -> Iterator[bytes]:
    """Each card with its two edges; in one pass, whatever the file repeats."""
    begin: int | None = None
    for edge in _EDGE.finditer(data):
        if edge[1].upper() == b"BEGIN":
            begin = edge.start()
        elif begin is not None:
            yield data[begin : edge.end()].rstrip(b"\r")
            begin = None


def _in_bytes(data: bytes) -> bytes:
    """The file in bytes that hold ASCII as ASCII: UTF-16, as some address books write, is not."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def _card(raw: bytes) -> Card:
    lines = [line for line in _unfolded(raw) if not _PICTURES.match(guess(line[:80]))]
    if sum(map(len, lines)) > _LONGEST_CARD:
        raise ValueError("too long")
    plain = [line for line in map(_plain, lines) if _is_line(line)]
    return _from_library(vobject.readOne("\r\n".join(plain) + "\r\n"))


def _is_line(line: str) -> bool:
    """Whether the library can read this line; asked beforehand, for it logs what it skips."""
    try:
        parseLine(line)
    except ParseError:
        return False
    return True


def _unfolded(raw: bytes) -> list[bytes]:
    """Whole lines: folds joined (RFC 6350 §3.2), soft breaks of quoted-printable too."""
    joined = re.sub(rb"\r?\n[ \t]", b"", raw)
    lines: list[bytes] = []
    is_open = False
    for line in re.split(rb"\r?\n", joined):
        if is_open:
            lines[-1] = lines[-1][:-1] + line
        elif line.strip():
            lines.append(line)
        head = lines[-1].partition(b":")[0].upper() if lines else b""
        is_open = b"QUOTED-PRINTABLE" in head and lines[-1].endswith(b"=")
    return lines


def _plain(line: bytes) -> str:
    """A line in today's way: no charset, no quoted-printable, no end of line inside it."""
    head, colon, value = line.partition(b":")
    names = [part.strip() for part in guess(head).split(";")]
    charset = next((n[8:] for n in names if n.upper().startswith("CHARSET=")), "")
    is_quoted = any("QUOTED-PRINTABLE" in n.upper() for n in names[1:])
    kept = [
        n
        for n in names
        if not n.upper().startswith("CHARSET=") and "QUOTED-PRINTABLE" not in n.upper()
    ]
    raw = quopri.decodestring(value) if is_quoted else value
    text = decode(raw, charset)[0] if charset else guess(raw)
    text = body(text).replace("\n", "\\n")
    return ";".join(kept) + (":" if colon else "") + text


def _from_library(found: Any) -> Card:
    contents = found.contents
    name = _first(contents, "fn") or _from_n(contents)
    addresses = [_text(one.value).removeprefix("mailto:") for one in contents.get("email", [])]
    phones = [_text(one.value).removeprefix("tel:") for one in contents.get("tel", [])]
    return Card(
        name=plain_line(name),
        addresses=tuple(dict.fromkeys(filter(is_valid_address, map(str.strip, addresses))))[
            :MOST_ADDRESSES
        ],
        phones=tuple(filter(None, map(plain_line, phones)))[:MOST_PHONES],
        office=plain_line(_first(contents, "org")),
        post=plain_line(_first(contents, "title")),
        note=body(_first(contents, "note")).strip()[:LONGEST_NOTE],
    )


def _first(contents: dict[str, list[Any]], name: str) -> str:
    return _text(contents[name][0].value) if contents.get(name) else ""


def _from_n(contents: dict[str, list[Any]]) -> str:
    if not contents.get("n"):
        return ""
    name = contents["n"][0].value
    return " ".join(
        _text(part) for part in (name.prefix, name.given, name.additional, name.family) if part
    )


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_text(part) for part in value if part)
    return str(value)


def _name_parts(name: str) -> tuple[str, str]:
    given, _, family = name.partition(" ")
    return family, given


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ("\n", "\\n"), (";", "\\;"), (",", "\\,")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> bytes:
    """At most 75 octets a line, cut between characters (RFC 6350 §3.2)."""
    out: list[bytes] = []
    current = b""
    for character in line:
        octets = character.encode("utf-8", "replace")
        if len(current) + len(octets) > (75 if not out else 74):
            out.append(current)
            current = b""
        current += octets
    return b"\r\n ".join([*out, current]) + b"\r\n"
