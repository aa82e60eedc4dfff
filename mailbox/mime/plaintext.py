"""Plain text to HTML and back.

Text is escaped first and links are built from pieces, never spliced into markup
(CVE-2026-54433, CVE-2023-43770): what is shown is what was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape

from mailbox.mime.charsets import body
from mailbox.mime.cleaning.asides import QUOTED
from mailbox.mime.cleaning.quotes import quoted_span
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.styles import clean_link, words_of
from mailbox.mime.trust.links import Links

MAX_TEXT = 2 * 1024 * 1024
MAX_QUOTE = 10
MAX_LINKS = 2_000
# Bounded and without overlapping repeats, so that time is linear in the text.
_URL = re.compile(
    r"(?<![\w@/.+-])(?:(?:https?://|www\.)[^\s<>\"'`\x00-\x1f]{1,2000}"
    r"|(?:mailto:)?[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{1,252})"
)
_TRAILING = ".,;:!?*_~'\""
_QUOTE = re.compile(r"(?:>[ ]?)+")
_PAIRS = {")": "(", "]": "[", "}": "{"}


def _trimmed(url: str) -> str:
    """A link in running text, without the punctuation that ends the sentence."""
    surplus = {close: url.count(close) - url.count(_PAIRS[close]) for close in _PAIRS}
    end = len(url)
    while end:
        last = url[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]


def _target(text: str) -> str | None:
    lowered = text[:8].lower()
    if lowered.startswith(("http://", "https://")):
        return clean_link(text)
    if lowered.startswith("www."):
        return clean_link(f"http://{text}") if "." in text[4:] else None
    address = text[7:] if lowered.startswith("mailto:") else text
    return clean_link(f"mailto:{address}") if "." in address.partition("@")[2] else None


class _Linker:
    """Escapes lines and makes links of their addresses, the first MAX_LINKS of a text."""

    def __init__(self, doubtful: Links | None) -> None:
        self._left = MAX_LINKS
        self._doubtful = doubtful

    def line(self, line: str) -> str:
        line = line.replace("\t", "    ").replace("  ", "\u00a0 ")
        out: list[str] = []
        end = 0
        for match in _URL.finditer(line) if self._left > 0 else ():
            shown = _trimmed(match[0])
            target = _target(shown)
            if target is not None and self._doubtful is not None:
                target = self._doubtful.address(target, shown)
            if target is None:
                continue
            out.append(escape(line[end : match.start()], quote=False))
            out.append(_link(target, shown))
            end = match.start() + len(shown)
            self._left -= 1
            if self._left <= 0:
                break
        out.append(escape(line[end:], quote=False))
        return "".join(out)


def _link(target: str, shown: str) -> str:
    href = escape(target, quote=False).replace('"', "&quot;")
    words = escape(shown, quote=False)
    return f'<a href="{href}" rel="noopener noreferrer" target="_blank">{words}</a>'


def _quoting(line: str) -> tuple[int, str]:
    """How often a line is quoted, and the line without its marks."""
    match = _QUOTE.match(line)
    if not match:
        return 0, line
    return min(match[0].count(">"), MAX_QUOTE), line[match.end() :]


def text_to_html(
    text: str, doubtful: Links | None = None, *, marks_quote: bool = False
) -> SafeHtml:
    """Text as markup: lines kept, quoted lines in blockquotes, addresses and URLs linked.

    doubtful: takes the links that are to be confirmed. marks_quote: the quoted original is
    put into a block of class QUOTED. Both are for the frame of a letter only.
    """
    linker = _Linker(doubtful)
    lines = body(text[:MAX_TEXT]).split("\n")
    start, stop = quoted_span(lines) if marks_quote else (0, 0)
    if start == stop:
        return SafeHtml._vouched(_lines_as_html(lines, linker))
    before, quoted, after = lines[:start], lines[start:stop], lines[stop:]
    while before and not before[-1].strip():
        before.pop()
    parts = [_lines_as_html(before, linker), f'<div class="{QUOTED}">']
    parts += [_lines_as_html(quoted, linker), "</div>", _lines_as_html(after, linker)]
    return SafeHtml._vouched("".join(parts))


def _lines_as_html(lines: Sequence[str], linker: _Linker) -> str:
    out: list[str] = []
    depth = 0
    is_fresh = True  # no line end is due before the next line
    for line in lines:
        level, rest = _quoting(line)
        if level != depth:
            opening = '<blockquote type="cite">' * (level - depth)
            out.append(opening or "</blockquote>" * (depth - level))
            depth, is_fresh = level, True
        out.append(("" if is_fresh else "<br>") + linker.line(rest))
        is_fresh = False
    out.append("</blockquote>" * depth)
    return "".join(out)


_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})((?:[^<>\"]|\"[^\"]*\")*)>")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
_BLOCKS = words_of(
    """
    address article aside blockquote center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5
    h6 header hr li ol p pre section table tr ul
    """
)
_SILENT = words_of("head noembed noframes noscript script select style svg template textarea title")
_GAPS = {("br", False): "\n", ("td", True): " ", ("th", True): " "}


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
            if piece[:1] == " " and self.ends_in_space():
                piece = piece[1:]
        self.out.append(piece)

    def tag(self, name: str, closing: bool) -> None:
        if self.silent:
            self.silent = "" if closing and name == self.silent else self.silent
        elif name in _SILENT:
            self.silent = "" if closing else name
        elif name in _BLOCKS:
            self.preformatted = name == "pre" and not closing
            self.new_line()
            if name == "p" and closing:
                self.out.append("\n")
        else:
            self.out.append(_GAPS.get((name, closing), ""))

    def ends_in_space(self) -> bool:
        return self._last()[-1:] in ("\n", " ", "")

    def new_line(self) -> None:
        if self._last()[-1:] not in ("\n", ""):
            self.out.append("\n")

    def _last(self) -> str:
        while self.out and not self.out[-1]:
            self.out.pop()
        return self.out[-1] if self.out else ""


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
