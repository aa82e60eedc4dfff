"""What a draft says: recipients, subject, text; as values, and as the JSON that is sealed.

The quoted original stands apart from what the author writes. It is made once, by
the server, and never passes through the author's editor (promise P7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mailbox.errors import AddressUnreadable
from mailbox.mime.addresses import parse_address_list
from mailbox.mime.plaintext import html_to_text
from mailbox.mime.rendition import Address
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import sanitise

# A recipient is an Address where it can be read, else the text as it was typed.
Recipient = Address | str

MODES = ("new", "reply", "reply_all", "forward", "forward_attached")
MOST_URGENT = 3
_TYPED = ("to", "cc", "bcc")
# Drafts of before have none of these.
_LATER = ("send_at", "asks_receipt", "signature", "groups", "on_behalf")
_LONGEST_SUBJECT = 1_000
_LONGEST_ID = 40
_LONGEST_NAME, _LONGEST_ADDRESS = 200, 320
_MOST_GROUPS, _MOST_MEMBERS = 50, 5_000
# A year of the Buddhist era is told by its size; the oldest mail clock is far below it.
_BUDDHIST_FROM, _BUDDHIST_AHEAD = 2400, 543
_PICTURE_IN_PLACE = re.compile(r'<img\b[^>]*\ssrc="data:[^>]*>')


@dataclass(frozen=True)
class Quote:
    """The original under an answer: a line that says who wrote it, its text and markup."""

    attribution: str = ""
    text: str = ""
    html: SafeHtml = field(default_factory=SafeHtml.empty)


@dataclass(frozen=True)
class Body:
    """A draft's content. html is empty where the author writes plain text; text else is.

    quote: None where nothing is quoted or the author took it out. message_id names
    what is answered (in_reply_to) and the chain before it (references). send_at: local
    time of Bangkok as `YYYY-MM-DDTHH:MM`, or "" for at once. signature: the id of the
    chosen signature, or "". groups: which addresses came in together, under a name, for the
    page alone. on_behalf: from another's mailbox, naming the writer too. A picture in html is
    `attachment/<number>/`, see `enclosures`.
    """

    to: tuple[Recipient, ...] = ()
    cc: tuple[Recipient, ...] = ()
    bcc: tuple[Recipient, ...] = ()
    subject: str = ""
    text: str = ""
    html: SafeHtml = field(default_factory=SafeHtml.empty)
    urgency: int = 0
    mode: str = "new"
    quote: Quote | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    send_at: str = ""
    asks_receipt: bool = False
    signature: str = ""
    groups: Mapping[str, list[str]] = field(default_factory=dict)
    on_behalf: bool = False

    @property
    def is_rich(self) -> bool:
        return bool(self.html)

    def typed(self, values: Mapping[str, Any]) -> Body:
        """Return the body with what the author's page sent; unknown names are left out.

        to, cc, bcc: lists of texts as typed or of {"name", "address"}; subject, text:
        texts; html: the editor's markup, sanitised here; urgency: 0 to 3; send_at,
        asks_receipt, signature, groups, on_behalf: see `Body`; keep_quote: False takes the
        quoted original out for good.
        """
        changes: dict[str, Any] = {
            name: recipients(values[name]) for name in _TYPED if name in values
        }
        if "subject" in values:
            # A line break stays, for sending to refuse: mending it here would hide an attack.
            changes["subject"] = (
                str(values["subject"]).strip().replace("\t", " ")[:_LONGEST_SUBJECT]
            )
        changes |= {name: read(values[name]) for name, read in _READ.items() if name in values}
        if values.get("keep_quote") is False:
            changes["quote"] = None
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """JSON values, to be sealed."""
        value: dict[str, Any] = {
            name: [_to_json(w) for w in getattr(self, name)] for name in _TYPED
        }
        for name in ("subject", "text", "urgency", "mode", "in_reply_to", *_LATER):
            value[name] = getattr(self, name)
        value["html"] = self.html.to_json()
        value["references"] = list(self.references)
        if self.quote is not None:
            quote = self.quote
            value["quote"] = [quote.attribution, quote.text, quote.html.to_json()]
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Body:
        """What `to_json` gave, after its seal has been checked."""
        to, cc, bcc = (tuple(map(_from_json, value[name])) for name in _TYPED)
        quote = None
        if "quote" in value:
            attribution, text, html = value["quote"]
            quote = Quote(attribution, text, SafeHtml.from_json(html))
        return cls(
            to=to,
            cc=cc,
            bcc=bcc,
            subject=value["subject"],
            text=value["text"],
            html=SafeHtml.from_json(value["html"]),
            urgency=value["urgency"],
            mode=value["mode"],
            quote=quote,
            in_reply_to=value["in_reply_to"],
            references=tuple(value["references"]),
            **{name: value[name] for name in _LATER if name in value},
        )


def recipients(values: Iterable[Any]) -> tuple[Recipient, ...]:
    """Read what was typed or chosen; what is no address stays as typed, for the author to mend."""
    found: list[Recipient] = []
    for value in values:
        if isinstance(value, Mapping):
            name, address = str(value.get("name", "")), str(value.get("address", ""))
            found.append(Address(name.strip(), address.strip()))
            continue
        typed = str(value).strip()
        try:
            found += parse_address_list(typed)
        except AddressUnreadable:
            found += [typed] if typed else []
    return tuple(found)


def _urgency(value: Any) -> int:
    text = str(value)
    return min(int(text), MOST_URGENT) if text.isascii() and text.isdigit() else 0


def local_minute(text: str) -> str:
    """A local time as `YYYY-MM-DDTHH:MM`, a Buddhist year put right; "" where it is none."""
    year, dash, rest = text.strip()[:16].partition("-")
    if year.isascii() and year.isdigit() and int(year) >= _BUDDHIST_FROM:
        year = str(int(year) - _BUDDHIST_AHEAD)
    try:
        at = datetime.fromisoformat(f"{year}{dash}{rest}")
    except ValueError:
        return ""
    return at.strftime("%Y-%m-%dT%H:%M") if "T" in rest else ""


def _cleaned(html: str) -> SafeHtml:
    """The editor's markup, made safe; nothing at all where it shows nothing.

    Pictures of the author's own are parts of the letter; one written into the markup
    itself would be sealed again at every save, so it goes.
    """
    safe, _ = sanitise(html)
    markup = safe.for_frame()
    if _PICTURE_IN_PLACE.search(markup):
        safe, _ = sanitise(_PICTURE_IN_PLACE.sub("", markup))
        markup = safe.for_frame()
    return safe if html_to_text(markup).strip() or "<img" in markup else SafeHtml.empty()


def _to_json(recipient: Recipient) -> Any:
    if isinstance(recipient, str):
        return recipient
    return {"name": recipient.name, "address": recipient.address}


def _from_json(value: Any) -> Recipient:
    return value if isinstance(value, str) else Address(value["name"], value["address"])


def _groups(value: Any) -> dict[str, list[str]]:
    """Names of groups with their addresses; what is not of this shape is left out."""
    given = value.items() if isinstance(value, Mapping) else ()
    return {
        str(name)[:_LONGEST_NAME]: [str(one)[:_LONGEST_ADDRESS] for one in members[:_MOST_MEMBERS]]
        for name, members in list(given)[:_MOST_GROUPS]
        if isinstance(members, list)
    }


_READ: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: str(value).replace("\r\n", "\n"),
    "html": lambda value: _cleaned(str(value)),
    "urgency": _urgency,
    "send_at": lambda value: local_minute(str(value)),
    "asks_receipt": lambda value: value is True,
    "signature": lambda value: str(value)[:_LONGEST_ID],
    "groups": _groups,
    "on_behalf": lambda value: value is True,
}
