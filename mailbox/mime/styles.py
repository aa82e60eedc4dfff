"""What of an inline style, and of a URL, may stay in mail.

A style keeps known properties with plain values: no url(), no function but
colours, no escapes, no at-rules, nothing that positions over the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import tinycss2  # type: ignore[import-untyped]  # it brings no types
from bleach.css_sanitizer import CSSSanitizer


def words_of(text: str) -> frozenset[str]:
    """A list of names, as a set."""
    return frozenset(text.split())


_SIDES = ("top", "right", "bottom", "left")
ALLOWED_PROPERTIES = words_of(
    """
    azimuth background background-color border border-collapse border-color border-radius
    border-spacing border-style border-width caption-side clear color direction display empty-
    cells float font font-family font-size font-style font-variant font-weight height letter-
    spacing line-height list-style list-style-position list-style-type margin max-height max-
    width min-height min-width overflow overflow-wrap padding table-layout text-align text-
    decoration text-decoration-color text-decoration-line text-decoration-style text-indent
    text-transform unicode-bidi vertical-align white-space width word-break word-spacing word-
    wrap
    """
) | {
    f"{name}-{side}{tail}"
    for side in _SIDES
    for name, tail in (
        ("margin", ""),
        ("padding", ""),
        ("border", ""),
        ("border", "-color"),
        ("border", "-style"),
        ("border", "-width"),
    )
}
_FUNCTIONS = frozenset(("rgb", "rgba", "hsl", "hsla"))
_PLAIN_TOKENS = frozenset(
    ("ident", "number", "percentage", "dimension", "hash", "whitespace", "string")
)
# No backslash, angle bracket, brace, colon, semicolon, at-sign; Thai font names are letters too.
_PLAIN_VALUE = re.compile(r"""[\w \t#%.,()'"!+*/-]{1,300}""")
_LITERALS = frozenset(",/!")
MAX_STYLE = 4_000


def _is_plain(tokens: Iterable[Any]) -> bool:
    for token in tokens:
        if token.type == "function":
            is_plain = token.lower_name in _FUNCTIONS and _is_plain(token.arguments)
        elif token.type == "literal":
            is_plain = token.value in _LITERALS
        else:
            is_plain = token.type in _PLAIN_TOKENS
        if not is_plain:
            return False
    return True


def _kept(declaration: Any) -> str | None:
    """A declaration in one spelling, or None if it may not stay."""
    if declaration.type != "declaration" or declaration.lower_name not in ALLOWED_PROPERTIES:
        return None
    if not _is_plain(declaration.value):
        return None
    value = " ".join(tinycss2.serialize(declaration.value).split())
    lowered = value.lower()
    if not _PLAIN_VALUE.fullmatch(value) or "/*" in value or "url" in lowered:
        return None
    important = " !important" if declaration.important else ""
    return f"{declaration.lower_name}: {value}{important}"


@lru_cache(maxsize=4_096)
def _clean_style(style: str) -> str:
    declarations = tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
    kept = [text for text in map(_kept, declarations) if text is not None]
    return "; ".join(kept)


def clean_style(style: str) -> str:
    """A style attribute's value with what may stay; empty if nothing may. Idempotent."""
    if len(style) > MAX_STYLE:
        return ""
    return _clean_style(style)


class MailStyle(CSSSanitizer):
    """`clean_style` where bleach asks for it."""

    def sanitize_css(self, style: str) -> str:
        return clean_style(style)


_EDGES = "".join(map(chr, range(0x21)))
_DROPPED_INSIDE = re.compile(r"[\t\n\r]")
_LINK = re.compile(
    r"(?:https?://[^\s/\\?#\x00-\x20\x7f-\x9f][^\x00-\x20\x7f-\x9f\\<>\"]*|"
    r"(?:mailto|tel):[^\x00-\x1f\x7f-\x9f\\<>\"]*)",
    re.IGNORECASE,
)
_REMOTE = re.compile(r"(?:https?:|ftp:|[/\\]{2})", re.IGNORECASE)
_RASTER = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=]*", re.IGNORECASE)
_OWN_IMAGE = re.compile(r"attachment/\d{1,4}/")
MAX_LINK = 8_192


def _as_browser_reads(url: str) -> str:
    """WHATWG URL 4.4: controls and spaces at the ends, tabs and line ends inside do not count."""
    return _DROPPED_INSIDE.sub("", url.strip(_EDGES))


def clean_link(url: str) -> str | None:
    """A link's address if it leads out by http, https, mailto or tel, else None."""
    url = _as_browser_reads(url[: MAX_LINK + 1])
    if len(url) > MAX_LINK:
        return None
    url = url.replace(" ", "%20").replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
    return url if _LINK.fullmatch(url) else None


def is_remote(url: str) -> bool:
    """Whether showing an image from there would ask another machine."""
    return bool(_REMOTE.match(_as_browser_reads(url[:100])))


def own_image(url: str) -> str | None:
    """The address of an image that the message carries itself, else None."""
    if _OWN_IMAGE.fullmatch(url):
        return url
    if url[:11].lower() != "data:image/":
        return None
    url = re.sub(r"[\t\n\r ]", "", url) if ";base64," in url[:40].lower() else url
    return url if _RASTER.fullmatch(url) else None
