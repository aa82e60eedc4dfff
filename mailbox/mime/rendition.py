"""What a reader needs of a message, and the packed form that is sealed.

Packed content is `GMR1`, a 32-bit big-endian length, that many bytes of JSON
(the rendition), the decoded sections, and the message as it came. Opening a
message reads the JSON only; an attachment is read by range.
"""

from __future__ import annotations

import binascii
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from mailbox.mime.parts.invitation import Invitation
from mailbox.mime.parts.report import Report
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.trust.authentication import Authentication

MAGIC = b"GMR1"
_HEAD = struct.Struct(">4sI")
SNIPPET_LENGTH = 140

Read = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Address:
    """A person in a header. Both are one line without control characters."""

    name: str
    address: str


@dataclass(frozen=True)
class Attachment:
    """A part that can be downloaded.

    size: decoded bytes. start, length: where its encoded bytes lie in the packed
    content. encoding: "identity" and "section" are plain bytes, "base64" has lines
    of `line` characters, each ended by CRLF. sha256: hex, of the decoded bytes.
    """

    index: int
    name: str
    type: str
    size: int
    inline: bool
    cid: str
    start: int
    length: int
    encoding: str
    line: int
    sha256: str


@dataclass(frozen=True)
class Rendition:
    """A message, read. Addresses are in the order of the header; date is ISO 8601 with offset.

    urgency: 0 ordinary, 1 ด่วน, 2 ด่วนมาก, 3 ด่วนที่สุด. notes: what could not be
    read as meant, from the closed list `NOTES`. raw_start, raw_length: the message
    as it came, in the packed content. is_list: it came through a mailing list or in
    bulk; is_automatic: no person wrote it, or it wants no answer from a machine
    (RFC 3834). receipt_to: who asks for a read receipt (RFC 8098), if it is one address.
    html_remote: the body with pictures from elsewhere, for a reader who asks for them; empty
    if there are none to show. trackers: how many invisible ones were taken out. links: the
    targets of links that must be confirmed, in `html` as `link/N/`. quoted_lines: how long
    the quoted original is that the body marks. sender_marks: what is wrong with the
    sender's name, from `trust.names.MARKS`. written_by: who says they wrote it for the sender
    (Sender, RFC 5322 3.6.2); of mail from elsewhere that is anybody's word.
    """

    subject: str = ""
    senders: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: str | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    urgency: int = 0
    text: str = ""
    html: SafeHtml = field(default_factory=SafeHtml.empty)
    remote_images: int = 0
    attachments: tuple[Attachment, ...] = ()
    notes: tuple[str, ...] = ()
    raw_start: int = 0
    raw_length: int = 0
    is_list: bool = False
    is_automatic: bool = False
    receipt_to: Address | None = None
    invitation: Invitation | None = None
    report: Report | None = None
    authentication: Authentication = field(default_factory=Authentication)
    html_remote: SafeHtml = field(default_factory=SafeHtml.empty)
    trackers: int = 0
    links: tuple[str, ...] = ()
    quoted_lines: int = 0
    sender_marks: tuple[str, ...] = ()
    written_by: Address | None = None

    @property
    def sender(self) -> Address | None:
        """The first of From."""
        return self.senders[0] if self.senders else None


NOTES = (
    "too-deep",
    "too-many-parts",
    "header-too-large",
    "too-many-parameters",
    "too-many-addresses",
    "charset-unknown",
    "html-too-large",
    "html-too-complex",
    "text-too-large",
    "tnef-unpacked",
    "tnef-partly",
)

_PEOPLE = ("senders", "to", "cc", "bcc", "reply_to")
_PERSON = ("receipt_to", "written_by")


def to_json(rendition: Rendition) -> dict[str, Any]:
    """A rendition as JSON values."""
    value = {name: getattr(rendition, name) for name in Rendition.__dataclass_fields__}
    for name in _PEOPLE:
        value[name] = [[who.name, who.address] for who in value[name]]
    value["html"] = rendition.html.to_json()
    value["html_remote"] = rendition.html_remote.to_json()
    value["authentication"] = rendition.authentication.to_json()
    value["attachments"] = [asdict(one) for one in rendition.attachments]
    for name in _PERSON:
        if (who := value[name]) is not None:
            value[name] = [who.name, who.address]
    if rendition.invitation is not None:
        value["invitation"] = rendition.invitation.to_json()
    if rendition.report is not None:
        value["report"] = rendition.report.to_json()
    return value


def from_json(value: dict[str, Any]) -> Rendition:
    """What `to_json` gave, as a rendition again; also what it gave before it knew every field."""
    value = {name: value[name] for name in Rendition.__dataclass_fields__ if name in value}
    for name in _PEOPLE:
        value[name] = tuple(Address(*pair) for pair in value[name])
    for name in _PERSON:
        value[name] = Address(*value[name]) if value.get(name) else None
    value["invitation"] = Invitation.from_json(value.get("invitation"))
    value["report"] = Report.from_json(value.get("report"))
    value["html"] = SafeHtml.from_json(value["html"])
    value["html_remote"] = SafeHtml.from_json(value.get("html_remote", ""))
    value["authentication"] = Authentication.from_json(value.get("authentication", {}))
    for name in ("links", "sender_marks"):
        value[name] = tuple(value.get(name, ()))
    value["attachments"] = tuple(Attachment(**one) for one in value["attachments"])
    value["references"] = tuple(value["references"])
    value["notes"] = tuple(value["notes"])
    return Rendition(**value)


def pack(rendition: Rendition, raw: bytes, sections: Sequence[bytes]) -> bytes:
    """The content to seal. Takes what `parse` gave: its ranges count from the end of the head."""
    head = json.dumps(to_json(rendition), ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([_HEAD.pack(MAGIC, len(head)), head, *sections, raw])


@dataclass(frozen=True)
class Head:
    """The head of packed content, read and not yet understood. base: where its ranges begin."""

    base: int
    value: dict[str, Any]

    @property
    def raw(self) -> tuple[int, int]:
        """Where the message as it came begins and ends, from the content's first byte."""
        start = self.base + int(self.value["raw_start"])
        return start, start + int(self.value["raw_length"])

    @property
    def author(self) -> str:
        """The address of the first in From; "" where there is none."""
        senders = self.value["senders"]
        return str(senders[0][1]) if senders else ""


def read_head(read: Read) -> Head:
    """The head of packed content: a fifth of the work of `unpack_head`, for who only passes it on.

    read(start, stop) gives bytes of the packed content. ValueError if it is not one.
    """
    magic, length = _HEAD.unpack(read(0, _HEAD.size))
    if magic != MAGIC:
        raise ValueError("not a packed rendition")
    base = _HEAD.size + length
    return Head(base, json.loads(read(_HEAD.size, base)))


def unpack_head(read: Read) -> Rendition:
    """The rendition in packed content, with ranges that count from the content's first byte.

    read(start, stop) gives bytes of the packed content. ValueError if it is not one.
    """
    return understood(read_head(read))


def understood(head: Head) -> Rendition:
    """The rendition that a head holds; see `unpack_head`."""
    base, rendition = head.base, from_json(head.value)
    return replace(
        rendition,
        raw_start=rendition.raw_start + base,
        attachments=tuple(replace(one, start=one.start + base) for one in rendition.attachments),
    )


def read_raw(read: Read, rendition: Rendition) -> bytes:
    """The message as it came."""
    return read(rendition.raw_start, rendition.raw_start + rendition.raw_length)


def read_attachment(
    read: Read, attachment: Attachment, start: int = 0, stop: int | None = None
) -> bytes:
    """Decoded bytes start..stop of an attachment, reading no more of the content than they need."""
    stop = attachment.size if stop is None else min(stop, attachment.size)
    start = max(start, 0)
    if start >= stop:
        return b""
    if attachment.encoding != "base64":
        return read(attachment.start + start, attachment.start + stop)
    decoded_line = attachment.line // 4 * 3
    first, last = start // decoded_line, -(-stop // decoded_line)
    encoded_line = attachment.line + 2
    encoded = read(
        attachment.start + first * encoded_line,
        attachment.start + min(attachment.length, last * encoded_line),
    )
    offset = first * decoded_line
    return binascii.a2b_base64(encoded)[start - offset : stop - offset]


@dataclass(frozen=True)
class Summary:
    """What a row of a list shows. to_names: the recipients by name, for Sent.

    verified: our MTA vouches for the sender's address. written_by: the name of who says they
    wrote it for the sender; believed of letters sent within the portal, and of no others.
    """

    subject: str = ""
    sender_name: str = ""
    sender_address: str = ""
    to_names: str = ""
    snippet: str = ""
    has_attachment: bool = False
    urgency: int = 0
    verified: bool = False
    written_by: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Summary:
        """What `to_json` gave; names it does not know are left out."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__ if name in value})


def _shown(who: Address) -> str:
    return who.name or who.address


def summary_of(rendition: Rendition) -> Summary:
    """The list row of a message: subject at most 300 characters, snippet at most 140."""
    from mailbox.mime.plaintext import snippet

    sender = rendition.sender or Address("", "")
    people = [*rendition.to, *rendition.cc]
    return Summary(
        subject=rendition.subject[:300],
        sender_name=sender.name[:120],
        sender_address=sender.address,
        to_names=", ".join(_shown(who) for who in people[:5])[:200],
        snippet=snippet(rendition.text, SNIPPET_LENGTH),
        has_attachment=any(not one.inline for one in rendition.attachments),
        urgency=rendition.urgency,
        verified=rendition.authentication.is_proven,
        written_by=_shown(rendition.written_by)[:120] if rendition.written_by else "",
    )
