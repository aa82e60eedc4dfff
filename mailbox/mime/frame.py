"""The document a message's body is shown in: nothing but markup that was made safe, and a style.

It is served by itself, under its own policy, into a sandboxed frame (DESIGN §6).
Its height cannot be measured from outside, so it is estimated here.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

from mailbox.mime.cleaning.asides import QUOTED
from mailbox.mime.cleaning.quotes import own_words
from mailbox.mime.safe_html import SafeHtml

# The sizes the stylesheet knows, in lines of text.
LINES = (
    *(3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 23, 26, 30, 34, 39, 45, 52, 60),
    *(70, 80, 92, 106, 122, 140, 161, 185, 213, 245, 282, 324, 373, 429, 500),
)
_WIDE, _NARROW = 70, 36  # characters that fit a line of the reader, and of the phone
_IMAGE_LINES = 6
_LINE_PIXELS = 30

_BLOCK = re.compile(r"<(?:p|div|tr|li|h[1-6]|br|hr|blockquote|pre)\b", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^>]*", re.IGNORECASE)
_HEIGHT = re.compile(r"\bheight\s*[=:]\s*[\"']?(\d{1,4})", re.IGNORECASE)
_COLOURS = re.compile(
    r"\b(?:bgcolor|color|background)\s*=|style\s*=\s*[\"'][^\"']*(?:color|background)|<img\b",
    re.IGNORECASE,
)

_LIGHT = "color:#161e2b;background:#fff"
_DARK = "color:#e4e9f2;background:#151d2d"
_STYLE = """
html{%(ground)s;-webkit-text-size-adjust:100%%}
body{margin:0;padding:2px 2px 12px;max-width:44rem;font:400 17px/1.75 "Sarabun","Noto Sans Thai",
"Leelawadee UI","Thonburi","Loma",system-ui,sans-serif;overflow-wrap:anywhere}
p{margin:0}p+p{margin-top:.6em}img{max-width:100%%;height:auto}table{max-width:100%%}
pre{white-space:pre-wrap;font-family:inherit;margin:0}a{color:#174b86;text-underline-offset:.2em}
blockquote{margin:.6em 0;padding-left:1em;border-left:3px solid #c0c9d6;color:#475367}
body mark{background:#ffe27a!important;color:#161e2b!important;border-radius:2px}
"""
_DARK_STYLE = "html{%s}a{color:#93c1ff}blockquote{border-color:#41526f;color:#c3cddd}" % _DARK  # noqa: UP031  # braces are CSS
# A letter that brings colours, adapted to the screen: its own are taken back.
_ADAPTED_STYLE = (
    "body *{background:transparent!important;color:inherit!important;"
    "border-color:#8a97ab!important}"
    "body a{color:#174b86!important}"
)
_ADAPTED_DARK_STYLE = "body a{color:#93c1ff!important}"
_HIDDEN_QUOTE = f".{QUOTED}{{display:none}}"
_PAPER_STYLE = "body{max-width:none;padding:12px;font-size:16px;line-height:1.6}"


def document(
    body: SafeHtml,
    *,
    language: str,
    theme: str = "",
    on_white: bool | None = None,
    hides_quote: bool = False,
) -> str:
    """The whole document of the frame.

    theme: "light", "dark", or "" for what the computer says. on_white: lay the body on
    white paper, or adapt it to the theme; None: on white if it has colours of its own.
    """
    has_colours = brings_colours(body)
    style = _STYLE % {"ground": _LIGHT} + (_HIDDEN_QUOTE if hides_quote else "")
    dark = _DARK_STYLE
    if has_colours and on_white is False:
        style, dark = style + _ADAPTED_STYLE, dark + _ADAPTED_DARK_STYLE
    scheme = "light"
    if has_colours if on_white is None else on_white:
        style += _PAPER_STYLE
    elif theme == "dark":
        style, scheme = style + dark, "dark"
    elif theme != "light":
        style += f"@media(prefers-color-scheme:dark){{{dark}}}"
        scheme = "light dark"
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="{scheme}"><meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<base target="_blank"><style>{style}</style></head><body>{body.for_frame()}</body></html>'
    )


def brings_colours(body: SafeHtml) -> bool:
    """Whether a body sets colours, backgrounds or pictures of its own."""
    return _COLOURS.search(body.for_frame()) is not None


def has_images(body: SafeHtml) -> bool:
    """Whether a body shows pictures that came with the message."""
    return _IMAGE.search(body.for_frame()) is not None


def lines_of(text: str, body: SafeHtml, *, hidden: int = 0) -> tuple[int, int]:
    """How many lines the body takes in the reader and on the phone, as sizes out of LINES.

    hidden: how many lines of it, its quote, are not shown.
    """
    markup = body.for_frame()
    shown = own_words(text) if hidden else text
    pictures = sum(_lines_of_picture(tag) for tag in _IMAGE.findall(markup))
    blocks = len(_BLOCK.findall(markup)) // 2 if pictures or "<t" in markup else 0
    blocks = max(0, blocks - hidden)
    # A quote that the text does not show as one is in the markup alone.
    spare = hidden if shown == text else 0
    return tuple(  # type: ignore[return-value]  # two widths, two sizes
        _size(max(_wrapped(shown, width) - spare, blocks) + pictures) for width in (_WIDE, _NARROW)
    )


def _lines_of_picture(tag: str) -> int:
    height = _HEIGHT.search(tag)
    return -(-int(height[1]) // _LINE_PIXELS) if height else _IMAGE_LINES


def _wrapped(text: str, width: int) -> int:
    return sum(max(1, -(-_visible(line) // width)) for line in text.splitlines()) + 1


def _visible(line: str) -> int:
    """Columns of a line: Thai vowels and tone marks above and below take none."""
    if line.isascii():
        return len(line)
    return sum(unicodedata.category(letter) != "Mn" for letter in line)


def _size(lines: int) -> int:
    return next((size for size in LINES if size >= lines), LINES[-1])
