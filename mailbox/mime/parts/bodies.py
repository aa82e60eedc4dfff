"""Which parts of a message are its body, and what they say.

The choice is that of JMAP (RFC 8621 4.1.4): of alternatives the plain one for the
text and the HTML one for the page, the rest of a multipart in its order, all
else an attachment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailbox.mime.charsets import body, decode
from mailbox.mime.cleaning.asides import Asides
from mailbox.mime.cleaning.quotes import quoted_span
from mailbox.mime.parts.attachments import Table, decoded
from mailbox.mime.parts.structure import Part
from mailbox.mime.plaintext import MAX_TEXT, html_to_text, text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import sanitise_or_text


@dataclass
class Layout:
    """The leaves of a message by their use. Each list is in the order of the message."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attached: list[tuple[Part, bool]] = field(default_factory=list)


def _is_body(part: Part, parent: str, position: int) -> bool:
    """Whether a leaf is read rather than downloaded."""
    if part.type not in ("text/plain", "text/html"):
        return False
    if part.disposition.main == "attachment":
        return False
    if parent == "related" and position > 0:
        return False
    has_name = part.disposition.parameters.get("filename") or part.parameters.get("name")
    return position == 0 or not has_name


def lay_out(root: Part) -> Layout:
    """Sort the leaves of a message. Bounded by the limits of `read_structure`."""
    layout = Layout()
    # (part, kind of the multipart around it, position in it, whether text, html is wanted)
    waiting: list[tuple[Part, str, int, bool, bool]] = [(root, "", 0, True, True)]
    while waiting:
        part, parent, position, text, html = waiting.pop()
        if part.is_multipart:
            waiting.extend(reversed(_children(part, text=text, html=html)))
        elif _is_body(part, parent, position):
            _take_body(layout, part, text=text, html=html)
        else:
            layout.attached.append((part, _is_inline(part, parent)))
    if not layout.text and not layout.html:
        layout.text = _only_text(layout)
    return layout


def _only_text(layout: Layout) -> list[Part]:
    """What to show of a message without a body: its first other text, such as a calendar's."""
    texts = [
        part
        for part, _ in layout.attached
        if part.type.startswith("text/")
        and part.type != "text/html"
        and part.disposition.main != "attachment"
    ]
    return texts[:1]


def _is_inline(part: Part, parent: str) -> bool:
    """Whether a part belongs to the page rather than being enclosed with it."""
    if part.disposition.main == "attachment":
        return False
    if parent == "alternative":  # another form of what is read, as AMP is
        return part.type.startswith("text/x-")
    is_media = part.type.startswith(("image/", "audio/", "video/"))
    return is_media and (parent == "related" or bool(part.content_id))


def _take_body(layout: Layout, part: Part, *, text: bool, html: bool) -> None:
    if text:
        layout.text.append(part)
    if html:
        layout.html.append(part)
    if not text and not html:
        layout.attached.append((part, False))


def _children(part: Part, *, text: bool, html: bool) -> list[tuple[Part, str, int, bool, bool]]:
    kind = part.type.partition("/")[2]
    if kind != "alternative":
        return [(child, kind, at, text, html) for at, child in enumerate(part.children)]
    kinds = [_leaf_types(child) for child in part.children]
    has_plain = any("text/plain" in kind and "text/html" not in kind for kind in kinds)
    has_html = any("text/html" in kind for kind in kinds)
    return [
        (
            child,
            kind,
            0,
            text and ("text/html" not in types or not has_plain),
            html and ("text/html" in types or not has_html),
        )
        for child, types in zip(part.children, kinds, strict=True)
    ]


def _leaf_types(part: Part) -> set[str]:
    found, waiting = set(), [part]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.children)
        found.add(one.type)
    return found


class Body:
    """The body of a message, being read. `notes` are from the rendition's closed list."""

    def __init__(self, raw: bytes, table: Table) -> None:
        self._raw = raw
        self._table = table
        self._texts: dict[int, str] = {}
        self._cleaned: dict[int, tuple[SafeHtml, SafeHtml]] = {}
        self.asides = Asides()
        self.notes: list[str] = []
        self.remote_images = 0

    def _text(self, part: Part) -> str:
        """A text part's characters, as its sender wrote them."""
        if id(part) not in self._texts:
            data = decoded(self._raw, part)
            charset = part.parameters.get("charset", "")
            if part.type == "text/html" and not charset:
                charset = charset_of_html(data)
            text, is_known = decode(data, charset)
            if not is_known:
                self.notes.append("charset-unknown")
            text = body(text)
            if part.parameters.get("format", "").lower() == "flowed":
                text = unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
            self._texts[id(part)] = text
        return self._texts[id(part)]

    def _html(self, part: Part) -> SafeHtml:
        """A part as safe markup, whichever it is."""
        return self._both(part)[0]

    def _both(self, part: Part) -> tuple[SafeHtml, SafeHtml]:
        """A part without and with its pictures from elsewhere."""
        if id(part) not in self._cleaned:
            if part.type == "text/html":
                self._cleaned[id(part)] = self._cleaned_html(part)
            else:
                safe = text_to_html(self._text(part), self.asides.links)
                self._cleaned[id(part)] = safe, safe
        return self._cleaned[id(part)]

    def _cleaned_html(self, part: Part) -> tuple[SafeHtml, SafeHtml]:
        self.asides.with_pictures = SafeHtml.empty()
        safe, remote, note = sanitise_or_text(self._text(part), self._table.cids, self.asides)
        self.remote_images += remote
        if note:
            self.notes.append(note)
        return safe, self.asides.with_pictures or safe

    def html(self, parts: list[Part]) -> SafeHtml:
        """All of it as one page; empty if no part is HTML, for then the text is enough."""
        if not any(part.type == "text/html" for part in parts):
            return SafeHtml.empty()
        return SafeHtml.joined(self._html(part) for part in parts)

    def html_remote(self, parts: list[Part]) -> SafeHtml:
        """The same page with its pictures from elsewhere; empty if there are none to show."""
        if not self.asides.pictures:
            return SafeHtml.empty()
        return SafeHtml.joined(self._both(part)[1] for part in parts)

    def quoted_lines(self, html: SafeHtml, text: str) -> int:
        """How many lines the body's marked quote has."""
        if html:
            return self.asides.quoted_lines
        start, stop = quoted_span(text.split("\n"))
        return stop - start

    def text(self, parts: list[Part]) -> str:
        """All of it as text, HTML read for its words."""
        texts = []
        for part in parts:
            if part.type == "text/html":
                texts.append(html_to_text(self._html(part).for_frame()))
            else:
                texts.append(self._text(part))
        text = "\n".join(texts)
        if len(text) > MAX_TEXT:
            self.notes.append("text-too-large")
            text = text[:MAX_TEXT]
        return text


_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.-]{1,40})", re.I
)


def charset_of_html(data: bytes) -> str:
    """The charset that markup names in a meta element near its beginning; empty if none."""
    found = _META_CHARSET.search(data[:2_048])
    return found[1].decode("ascii") if found else ""


def unflowed(text: str, delete_space: bool) -> str:
    """Text of format=flowed with its soft line ends undone (RFC 3676 4)."""
    out: list[str] = []
    level_before, is_open = -1, False
    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        is_signature = content == "-- "
        if not is_open or level != level_before or is_signature:
            out.append(("\n" if out else "") + (">" * level + " " if level else ""))
        is_open = content.endswith(" ") and not is_signature
        out.append(content[:-1] if is_open and delete_space else content)
        level_before = level
    return "".join(out)
