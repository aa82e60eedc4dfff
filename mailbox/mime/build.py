"""Write a message: the same letter gives the same bytes, every line CRLF and at most 998 octets.

Headers are written here, octet by octet, instead of by `email.generator`, which
took a line end in a value for the start of a new field more than once
(CVE-2024-6923, CVE-2026-1299, and \\x1c under SMTPUTF8).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import quote

from mailbox.errors import AddressUnreadable, LineBreakInHeader
from mailbox.mime.addresses import CONTROLS, is_valid_address
from mailbox.mime.parts.attachments import safe_name
from mailbox.mime.plaintext import html_to_text
from mailbox.mime.rendition import Address
from mailbox.mime.safe_html import SafeHtml

BANGKOK = timezone(timedelta(hours=7))
_LINE = 76
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
# As the sanitiser writes it: neither text nor a value has an angle bracket of its own.
_PICTURE = re.compile(r'(<img\b[^>]*?) src="attachment/(\d{1,4})/"')
_URGENT = {1: ("2", "high"), 2: ("1", "high"), 3: ("1", "high")}


@dataclass(frozen=True)
class Enclosure:
    """A file to send along. data of type message/rfc822 is a whole message.

    cid: for a picture in the text, its Content-ID without angle brackets; the letter's
    html shows it as `attachment/<picture>/`.
    """

    name: str
    type: str
    data: bytes
    cid: str = ""
    picture: int = 0


@dataclass(frozen=True)
class Letter:
    """What is to be sent. No Bcc here: it never enters the content.

    message_id, in_reply_to, references: without angle brackets. date: aware.
    urgency: 0 to 3 as in `Rendition`. receipt_to: who asks to be told that it was read
    (RFC 8098). on_behalf: who wrote it, where it is not `sender` (Sender, RFC 5322 3.6.2).
    auto_submitted: what made it, where no person did (RFC 3834 5). calendar: an answer to
    an invitation (RFC 5546, METHOD:REPLY); notification: the machine-readable part of a
    report, of the type `notifies` (RFC 8098 3, RFC 3464). With one of them nothing is attached.
    """

    sender: Address
    subject: str
    text: str
    message_id: str
    date: datetime
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    html: SafeHtml | None = None
    attachments: tuple[Enclosure, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    urgency: int = 0
    reply_to: tuple[Address, ...] = field(default=())
    receipt_to: Address | None = None
    on_behalf: Address | None = None
    auto_submitted: str = ""
    calendar: str = ""
    notification: bytes = b""
    notifies: str = "disposition-notification"


def build(letter: Letter) -> bytes:
    """The letter in Internet message format (RFC 5322, MIME, UTF-8 in encoded words).

    LineBreakInHeader if any header value holds a control character or line end.
    """
    headers = _headers(letter)
    content = _content(letter)
    return b"".join([*(_line(name, value) for name, value in headers), *content])


def _headers(letter: Letter) -> list[tuple[str, str]]:
    fields = [
        ("Date", format_datetime(letter.date.astimezone(BANGKOK).replace(microsecond=0))),
        ("From", _people([letter.sender])),
        ("Sender", _people([letter.on_behalf], "Sender") if letter.on_behalf else ""),
        ("To", _people(letter.to) or "undisclosed-recipients:;"),
        ("Cc", _people(letter.cc)),
        ("Reply-To", _people(letter.reply_to)),
        ("Subject", _unstructured(letter.subject, len("Subject: "))),
        ("Message-ID", _ids([letter.message_id])),
        ("In-Reply-To", _ids([letter.in_reply_to])),
        ("References", _ids(letter.references[-50:])),
        ("Disposition-Notification-To", _receipt_to(letter)),
        ("Auto-Submitted", checked(letter.auto_submitted)),
        *_urgency(letter.urgency),
        ("MIME-Version", "1.0"),
    ]
    return [(name, value) for name, value in fields if value or name == "Subject"]


def _receipt_to(letter: Letter) -> str:
    return _people([letter.receipt_to], "Disposition-Notification-To") if letter.receipt_to else ""


def _urgency(level: int) -> list[tuple[str, str]]:
    if level not in _URGENT:
        return []
    number, importance = _URGENT[level]
    return [
        ("X-GovMail-Urgency", str(level)),
        ("X-Priority", number),
        ("Importance", importance),
        ("Priority", "urgent"),
    ]


def checked(text: str) -> str:
    """`text` if it may stand in a header, else LineBreakInHeader."""
    if CONTROLS.search(text):
        raise LineBreakInHeader
    return text


def _line(name: str, value: str) -> bytes:
    """A field, folded at spaces: its folds are the only line ends in it."""
    line = f"{name}: {value}"
    for piece in line.split("\r\n"):
        checked(piece.lstrip(" "))
    return line.encode("utf-8") + b"\r\n"


def _word(text: str) -> str:
    return "=?utf-8?b?" + base64.b64encode(text.encode()).decode("ascii") + "?="


def _words(text: str) -> list[str]:
    """Encoded words of at most 75 characters, cut between characters (RFC 2047 2, 5)."""
    words, current = [], ""
    for character in text:
        if len((current + character).encode()) > 45:
            words.append(_word(current))
            current = ""
        current += character
    return [*words, _word(current)] if current else words


def _folded(pieces: Iterable[str], used: int) -> str:
    """Pieces joined by spaces, on lines of about 76."""
    out, length = "", used
    for piece in pieces:
        if out and length + 1 + len(piece) > _LINE:
            out += "\r\n " + piece
            length = 1 + len(piece)
        else:
            out += (" " if out else "") + piece
            length += len(piece) + 1
    return out


def _unstructured(text: str, used: int) -> str:
    checked(text)
    needs_words = not text.isascii() or "=?" in text or any(len(w) > 900 for w in text.split(" "))
    if needs_words:
        return _folded(_words(text), used)
    if text != text.strip() or "  " in text:
        return _folded(_words(text), used)  # folding would lose the spaces
    return _folded(text.split(" "), used)


def _phrase(name: str) -> list[str]:
    """A display name as encoded words, atoms or a quoted string (RFC 5322 3.2.5)."""
    if not name.isascii() or "=?" in name or len(name) > 200:
        return _words(name)
    if _ATOMS.fullmatch(name) and name == " ".join(name.split()):
        return [name]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def _people(people: Iterable[Address], field_name: str = "Reply-To") -> str:
    pieces: list[str] = []
    for who in people:
        name, address = checked(who.name), wire_address(who.address)
        if pieces:
            pieces[-1] += ","
        pieces.extend([*_phrase(name), f"<{address}>"] if name else [address])
    return _folded(pieces, len(field_name) + 2)


def _ids(ids: Sequence[str]) -> str:
    for one in filter(None, ids):
        checked(one)
        if not _ID.fullmatch(one):
            raise AddressUnreadable
    return _folded([f"<{one}>" for one in ids if one], len("In-Reply-To: "))


def wire_address(address: str) -> str:
    """An address as it goes over the wire: the domain in ASCII (RFC 5891).

    A local part beyond ASCII stays as it is (RFC 6532) and needs SMTPUTF8.
    LineBreakInHeader, AddressUnreadable.
    """
    if not is_valid_address(checked(address)):
        raise AddressUnreadable
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise AddressUnreadable from error


def _content(letter: Letter) -> list[bytes]:
    """The content headers, the blank line and the body."""
    if letter.calendar or letter.notification:
        return _answer(letter)
    body = _body(letter)
    # A picture that the author took out of the text again is not sent.
    files = [one for one in letter.attachments if not (one.cid and letter.html)]
    if not files:
        return body
    return _multipart("mixed", [body, *map(_enclosed, files)], letter.message_id)


def _answer(letter: Letter) -> list[bytes]:
    """What a person reads, and the same for a machine."""
    text = _text_part("plain", letter.text)
    if letter.calendar:
        calendar = _text_part("calendar; method=REPLY", letter.calendar)
        return _multipart("alternative", [text, calendar], letter.message_id)
    header = f"Content-Type: message/{checked(letter.notifies)}\r\n\r\n".encode("ascii")
    kind = f"report; report-type={letter.notifies}"
    return _multipart(kind, [text, [header, letter.notification]], letter.message_id)


def _body(letter: Letter) -> list[bytes]:
    if not letter.html:
        return _text_part("plain", letter.text)
    shown = _shown(letter)
    markup = _with_pictures(letter.html.for_frame(), shown)
    page = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>{markup}</body></html>'
    rich = _text_part("html", page)
    if shown:  # RFC 2387: the text first, then what it shows
        rich = _multipart("related", [rich, *map(_enclosed, shown)], letter.message_id)
    parts = [_text_part("plain", letter.text or html_to_text(markup)), rich]
    return _multipart("alternative", parts, letter.message_id)


def _shown(letter: Letter) -> list[Enclosure]:
    """The pictures that the text shows."""
    markup = letter.html.for_frame() if letter.html else ""
    numbers = {int(number) for _tag, number in _PICTURE.findall(markup)}
    return [one for one in letter.attachments if one.cid and one.picture in numbers]


def _with_pictures(markup: str, shown: Sequence[Enclosure]) -> str:
    """Name the pictures by their Content-IDs (RFC 2392)."""
    cids = {one.picture: one.cid for one in shown}

    def source(match: re.Match[str]) -> str:
        cid = cids.get(int(match[2]))
        return f'{match[1]} src="cid:{quote(cid, safe="@")}"' if cid else match[1]

    return _PICTURE.sub(source, markup)


def _multipart(kind: str, parts: list[list[bytes]], seed: str) -> list[bytes]:
    """Parts between delimiters that occur in none of them; the same each time."""
    octets = [b"".join(part) for part in parts]
    number = 0
    while True:
        mark = hashlib.sha256(f"{seed}/{kind}/{number}".encode()).hexdigest()[:32]
        boundary = f"=_{mark}".encode()
        if not any(boundary in part for part in octets):
            break
        number += 1
    header = f'Content-Type: multipart/{kind};\r\n boundary="{boundary.decode()}"\r\n\r\n'.encode()
    out = [header]
    for part in octets:
        # The line end before a delimiter is the delimiter's; a part keeps its own.
        out += [b"--", boundary, b"\r\n", part, b"\r\n"]
    return [*out, b"--", boundary, b"--\r\n"]


def _text_part(kind: str, text: str) -> list[bytes]:
    """Text in UTF-8: as it is, quoted-printable or base64, whichever is shortest and safe."""
    octets = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    encoding, encoded = _text_encoding(octets.replace(b"\n", b"\r\n"))
    lines = (
        f'Content-Type: text/{kind}; charset="utf-8"',
        f"Content-Transfer-Encoding: {encoding}",
    )
    return ["\r\n".join(lines).encode("ascii") + b"\r\n\r\n", encoded]


def _text_encoding(octets: bytes) -> tuple[str, bytes]:
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    lines = octets.split(b"\r\n")
    is_plain = octets.isascii() and b"\x00" not in octets and max(map(len, lines)) <= 78
    if is_plain and not any(line.startswith((b"From ", b".")) for line in lines):
        return "7bit", octets
    if sum(byte > 126 for byte in octets[:20_000]) * 6 < len(octets[:20_000]):
        return "quoted-printable", _quoted_printable(lines[:-1])
    return "base64", _base64(octets)


def _quoted_printable(lines: list[bytes]) -> bytes:
    out = []
    for line in lines:
        encoded = binascii.b2a_qp(line, istext=False, quotetabs=False).replace(b"=\n", b"=\r\n")
        out.append(_mark_line_starts(encoded))
    return b"\r\n".join(out) + b"\r\n"


def _mark_line_starts(encoded: bytes) -> bytes:
    """Hide a dot or `From ` at the start of a line from relays that mind them."""
    if encoded.startswith(b"."):
        return b"=2E" + encoded[1:]
    if encoded.startswith(b"From "):
        return b"=46" + encoded[1:]
    return encoded


def _base64(data: bytes) -> bytes:
    encoded = base64.b64encode(data)
    return b"".join(
        encoded[start : start + _LINE] + b"\r\n" for start in range(0, len(encoded), _LINE)
    )


def _enclosed(enclosure: Enclosure) -> list[bytes]:
    checked(enclosure.name)
    checked(enclosure.type)
    kind = enclosure.type.lower()
    if not _TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        kind = "application/octet-stream"
    name = safe_name(enclosure.name) or "attachment.bin"
    if kind == "message/rfc822" and _fits_as_message(enclosure.data):
        encoding = "7bit" if enclosure.data.isascii() else "8bit"
        return [_file_headers(kind, name, encoding), enclosure.data]
    if kind == "message/rfc822":
        kind = "application/octet-stream"  # RFC 2046 5.2.1: no encoding on a message
    headers = _file_headers(kind, name, "base64", enclosure.cid)
    return [headers, _base64(enclosure.data)]


def _fits_as_message(data: bytes) -> bool:
    """Whether a message may stand in another as it is (RFC 2045 2.7, 2.8)."""
    lines = data.split(b"\r\n")
    return (
        b"\x00" not in data
        and data.count(b"\n") == data.count(b"\r") == len(lines) - 1
        and max(map(len, lines)) <= 998
    )


def _file_headers(kind: str, name: str, encoding: str, cid: str = "") -> bytes:
    content_id = f"Content-ID: {_ids([cid])}\r\n" if cid else ""
    disposition = "inline" if cid else "attachment"
    return (
        f"Content-Type: {kind};\r\n {_named('name', name)}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n{content_id}"
        f"Content-Disposition: {disposition};\r\n {_named('filename', name)}\r\n\r\n"
    ).encode("ascii")


def _named(parameter: str, name: str) -> str:
    """A file name for new readers (RFC 2231) and, as encoded words, for old ones."""
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{parameter}="{escaped}"'
    if parameter == "name":
        return f'name="{_folded(_words(name), 6)}"'
    encoded = quote(name, safe="")
    # Cut between whole escapes, so that each section stands on its own.
    sections = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", encoded)
    if len(sections) == 1:
        return f"filename*=utf-8''{encoded}"
    first, *rest = sections
    lines = [f"filename*0*=utf-8''{first}"]
    lines += [f"filename*{number}*={section}" for number, section in enumerate(rest, 1)]
    return ";\r\n ".join(lines)
