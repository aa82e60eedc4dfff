"""Plain text to HTML and back.

Text is escaped first and links are built from pieces, never spliced into markup
(CVE-2026-54433, CVE-2023-43770): what is shown is what was written.
"""

from __future__ import annotations

import re
from html import escape, unescape

from mailbox.mime.charsets import body
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.styles import clean_link

MAX_TEXT = 2 * 1024 * 1024
MAX_QUOTE = 10
# Bounded and without overlapping repeats, so that time is linear in the text.
_URL = re.compile(
    r"(?<![\w@/.])(?:(?:https?://|www\.)[^\s<>\"'`\x00-\x1f]{1,2000}"
    r"|(?:mailto:)?[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{1,252})"
)
_TRAILING = ".,;:!?*_~'\""
_QUOTE = re.compile(r"(?:>[ ]?)+")
_PAIRS = {")": "(", "]": "[", "}": "{"}


def _trimmed(url: str) -> str:
    """A link in running text, without the punctuation that ends the sentence."""
    while url:
        last = url[-1]
        if last in _TRAILING:
            url = url[:-1]
        elif last in _PAIRS and url.count(last) > url.count(_PAIRS[last]):
            url = url[:-1]
        else:
            break
    return url


def _target(text: str) -> str | None:
    lowered = text[:8].lower()
    if lowered.startswith(("http://", "https://")):
        return clean_link(text)
    if lowered.startswith("www."):
        return clean_link(f"http://{text}") if "." in text[4:] else None
    address = text[7:] if lowered.startswith("mailto:") else text
    return clean_link(f"mailto:{address}") if "." in address.partition("@")[2] else None


def _linked(line: str) -> str:
    """One line, escaped, its links as elements."""
    out: list[str] = []
    end = 0
    for match in _URL.finditer(line):
        shown = _trimmed(match[0])
        target = _target(shown)
        if target is None:
            continue
        out.append(escape(line[end : match.start()], quote=False))
        out.append(
            f'<a href="{escape(target, quote=False)}" rel="noopener noreferrer" target="_blank">'
            f"{escape(shown, quote=False)}</a>"
        )
        end = match.start() + len(shown)
    out.append(escape(line[end:], quote=False))
    return "".join(out)


def _quoting(line: str) -> tuple[int, str]:
    """How often a line is quoted, and the line without its marks."""
    match = _QUOTE.match(line)
    if not match:
        return 0, line
    return min(match[0].count(">"), MAX_QUOTE), line[match.end() :]


def text_to_html(text: str) -> SafeHtml:
    """Text as markup: lines kept, quoted lines in blockquotes, addresses and URLs linked."""
    out: list[str] = []
    depth = 0
    lines = body(text[:MAX_TEXT]).split("\n")
    for number, line in enumerate(lines):
        level, rest = _quoting(line)
        if level != depth:
            opening = '<blockquote type="cite">' * (level - depth)
            out.append(opening or "</blockquote>" * (depth - level))
            depth = level
        is_last = number == len(lines) - 1
        out.append(_spaced_line(rest) + ("" if is_last else "<br>"))
    out.append("</blockquote>" * depth)
    return SafeHtml._vouched("".join(out))


def _spaced_line(line: str) -> str:
    return _linked(line.replace("\t", "    ").replace("  ", "\u00a0 "))


_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})((?:[^<>\"]|\"[^\"]*\")*)>")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
_BLOCKS = frozenset(
    """address article aside blockquote center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr li ol p pre section table tr ul""".split()
)
_SILENT = frozenset(
    "head noembed noframes noscript script select style svg template textarea title".split()
)
_HREF = re.compile(r'href="([^"]*)"')


class _TextOf:
    """Gathers the text of markup, line by line."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.silent = ""
        self.preformatted = False

    def text(self, piece: str) -> None:
        if self.silent or not piece:
            return
        piece = unescape(piece)
        if not self.preformatted:
            piece = re.sub(r"[ \t\n\r\f]+", " ", piece)
            if piece[:1] == " " and (not self.out or self.out[-1][-1:] in ("\n", " ", "")):
                piece = piece[1:]
        if piece:
            self.out.append(piece)

    def tag(self, name: str, closing: bool) -> None:
        if self.silent:
            if closing and name == self.silent:
                self.silent = ""
            return
        if name in _SILENT:
            self.silent = "" if closing else name
        elif name == "br":
            self.out.append("\n")
        elif name == "pre":
            self.preformatted = not closing
            self.new_line()
        elif name in _BLOCKS:
            self.new_line()
            if name == "p" and closing:
                self.out.append("\n")
        elif name in ("td", "th") and closing:
            self.out.append(" ")

    def new_line(self) -> None:
        if self.out and self.out[-1][-1:] != "\n":
            self.out.append("\n")


def html_to_text(html: str) -> str:
    """The words of markup, for snippets, quoting and search. Meant for sanitised markup.

    For other markup it is a rough reading, in time linear in its length.
    """
    gathered = _TextOf()
    html = _COMMENT.sub("", html[: 4 * MAX_TEXT]) if "<!" in html or "<?" in html else html
    end = 0
    for match in _TAG.finditer(html):
        gathered.text(html[end : match.start()])
        gathered.tag(match[2].lower(), bool(match[1]))
        end = match.end()
    gathered.text(html[end:])
    lines = [line.strip(" ") for line in "".join(gathered.out).replace("\u00a0", " ").split("\n")]
    return body(re.sub(r"\n{3,}", "\n\n", "\n".join(lines))).strip("\n")


def snippet(text: str, length: int = 140) -> str:
    """The beginning of a text on one line, at most `length` characters, without quoted lines."""
    words: list[str] = []
    used = 0
    for line in text[:20_000].split("\n"):
        if line.startswith(">") or not line.strip(" \t-_=*#"):
            continue
        words.append(" ".join(line.split()))
        used += len(words[-1]) + 1
        if used > length:
            break
    shown = " ".join(words)
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + "…"
