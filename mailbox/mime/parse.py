"""Read a message: from the bytes that came to what a reader needs.

Nothing a sender writes makes this raise or run long: limits hold before the work
they limit, and a message beyond them is shown as an attachment of itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from mailbox.mime.addresses import domain_of, read_addresses
from mailbox.mime.headers import Headers, decode_words, parse_date, raw_text, split_fields
from mailbox.mime.parts import marks
from mailbox.mime.parts.attachments import Table, decoded
from mailbox.mime.parts.bodies import Body, lay_out
from mailbox.mime.parts.calendar import read_invitation
from mailbox.mime.parts.invitation import Invitation
from mailbox.mime.parts.report import Report, read_report
from mailbox.mime.parts.structure import MAX_HEADER_BYTES, OverLimit, Part, read_structure
from mailbox.mime.parts.winmail import is_winmail, unwrap
from mailbox.mime.rendition import Address, Attachment, Rendition
from mailbox.mime.threading import message_ids
from mailbox.mime.trust.authentication import read_authentication
from mailbox.mime.trust.names import marks_of

MAX_SUBJECT = 2_000
_CALENDARS = ("text/calendar", "application/ics")
_WORDS_OF_URGENCY = (
    (3, ("ด่วนที่สุด", "most urgent")),
    (2, ("ด่วนมาก", "very urgent")),
    (1, ("ด่วน", "urgent", "high")),
)


def parse(raw: bytes, authserv_id: str = "") -> tuple[Rendition, list[bytes]]:
    """A message as a rendition, and the decoded sections its attachments need.

    Ranges count from the first section, the message lying behind the last, as
    `pack` puts them. authserv_id: whose findings about the sender are believed. Never
    raises; line ends may be CRLF or LF.
    """
    try:
        root = read_structure(raw)
    except OverLimit as over:
        return _as_attachment(raw, over.note), []
    rendition, sections = _render(raw, root)
    return replace(rendition, **_trust(root.headers, rendition, authserv_id)), sections


def _trust(headers: Headers, rendition: Rendition, authserv_id: str) -> dict[str, Any]:
    """What is known of the sender: proven by our MTA, or with a name that pretends."""
    domains = [domain_of(who.address) for who in rendition.senders]
    fields = headers.get_all("from")
    # A second From, or a Sender in its place, is proven by nothing (RFC 7489 6.6.1).
    proven = domains if len(fields) == 1 else []
    return {
        "authentication": read_authentication(headers, authserv_id, proven),
        "sender_marks": marks_of(decode_words(raw_text(b" ".join(fields))), rendition.senders),
    }


def _render(raw: bytes, root: Part) -> tuple[Rendition, list[bytes]]:
    layout = lay_out(root)
    table = Table(raw)
    extra = _Extra(has_body=bool(layout.text or layout.html))
    for part, is_inline in layout.attached:
        extra.take(raw, part, table, is_inline=is_inline)
    content = Body(raw, table)
    html = content.html(layout.html)
    text = content.text(layout.text) or extra.text
    if extra.invitation and layout.text and layout.text[0].type in _CALENDARS:
        text = extra.invitation.description  # the card says the rest
    envelope = _envelope(root.headers)
    rendition = replace(
        envelope,
        text=text,
        html=html,
        html_remote=content.html_remote(layout.html),
        remote_images=content.remote_images,
        trackers=content.asides.trackers,
        links=tuple(content.asides.links.targets),
        quoted_lines=content.quoted_lines(html, text),
        attachments=table.finished(),
        notes=tuple(dict.fromkeys([*content.notes, *envelope.notes, *extra.notes])),
        raw_start=table.section_bytes,
        raw_length=len(raw),
        is_automatic=marks.is_automatic(root),
        invitation=extra.invitation,
        report=extra.report if root.type == "multipart/report" else None,
    )
    return rendition, table.sections


class _Extra:
    """What attached parts hold besides a file: text, an invitation, a receipt."""

    def __init__(self, *, has_body: bool) -> None:
        self._has_body = has_body
        self.text = ""
        self.notes: list[str] = []
        self.invitation: Invitation | None = None
        self.report: Report | None = None

    def take(self, raw: bytes, part: Part, table: Table, *, is_inline: bool) -> None:
        """Put a part into the table, or what is wrapped in it."""
        if is_winmail(part):
            inside = unwrap(raw, part, table, wants_text=not self._has_body and not self.text)
            self.text = self.text or inside.text
            self.notes += [inside.note] if inside.note else []
            return
        table.add(part, inline=is_inline)
        if part.type in _CALENDARS and self.invitation is None:
            charset, method = (part.parameters.get(name, "") for name in ("charset", "method"))
            self.invitation = read_invitation(decoded(raw, part), charset, method)
        elif part.type == "message/disposition-notification" and self.report is None:
            self.report = read_report(decoded(raw, part))


def _envelope(headers: Headers) -> Rendition:
    """What the header alone says."""
    senders, many_senders = read_addresses(headers.get_all("from") or headers.get_all("sender"))
    to, many_to = read_addresses(headers.get_all("to"))
    cc, many_cc = read_addresses(headers.get_all("cc"))
    reply_to, many_reply_to = read_addresses(headers.get_all("reply-to"))
    has_more = many_senders or many_to or many_cc or many_reply_to
    own = message_ids(raw_text(headers.get("message-id")))
    answered = message_ids(raw_text(headers.get("in-reply-to")))
    return Rendition(
        subject=headers.text("subject")[:MAX_SUBJECT],
        senders=senders,
        to=to,
        cc=cc,
        reply_to=reply_to,
        date=parse_date(headers.get("date")),
        message_id=own[0] if own else "",
        in_reply_to=answered[0] if answered else "",
        references=message_ids(raw_text(headers.get("references"))),
        urgency=read_urgency(headers),
        notes=("too-many-addresses",) if has_more else (),
        is_list=marks.is_list(headers),
        receipt_to=marks.receipt_to(headers),
        written_by=_writer(headers, senders),
    )


def _writer(headers: Headers, senders: tuple[Address, ...]) -> Address | None:
    """The one person in the one Sender, where From names somebody else."""
    fields = headers.get_all("sender")
    people, _more = read_addresses(fields)
    if len(fields) != 1 or len(people) != 1 or len(senders) != 1:
        return None
    is_same = people[0].address.lower() == senders[0].address.lower()
    return None if is_same else people[0]


def read_urgency(headers: Headers) -> int:
    """0 to 3: our own mark first, then what other mailers have (RFC 2156 5.3.6, X-Priority)."""
    own = headers.text("x-govmail-urgency")
    if own in ("0", "1", "2", "3"):
        return int(own)
    if headers.text("x-priority")[:1] in ("1", "2"):
        return 1
    named = (headers.text("importance").lower(), headers.text("priority").lower())
    for level, words in _WORDS_OF_URGENCY:
        if any(name in words for name in named):
            return level
    return 0


def _as_attachment(raw: bytes, note: str) -> Rendition:
    """A message beyond the limits: its headers if they come cheaply, and itself to download."""
    block = raw[: min(len(raw), MAX_HEADER_BYTES)]
    end = block.find(b"\r\n\r\n")
    headers = Headers([])
    if note != "header-too-large":
        headers = split_fields(block[: end if end >= 0 else len(block)])
    envelope = _envelope(headers)
    whole = Attachment(
        index=0,
        name="message.eml",
        type="message/rfc822",
        size=len(raw),
        inline=False,
        cid="",
        start=0,
        length=len(raw),
        encoding="identity",
        line=0,
        sha256=hashlib.sha256(raw).hexdigest(),
    )
    return replace(
        envelope, attachments=(whole,), notes=(note, *envelope.notes), raw_length=len(raw)
    )
