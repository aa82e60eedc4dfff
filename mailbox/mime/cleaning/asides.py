"""What is learnt of a body while it is made safe for filing, and kept beside it.

Cleaning for other roads (drafts, quotes, what is sent) learns nothing and marks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.styles import is_remote
from mailbox.mime.trust.links import Links

# The only class a body may bear, and only from us: the quoted original.
QUOTED = "quoted"
PIXELS = 5
_PLACE = re.compile(r"remote/(\d{1,4})/")
_LENGTH = re.compile(r"\s*(\d{1,5})(?:\.\d{0,4})?\s*(?:px)?\s*")
_STYLED = {
    side: re.compile(rf"(?:^|[;\s]){side}\s*:([^;]{{0,40}})", re.IGNORECASE)
    for side in ("width", "height")
}
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])", re.I)


@dataclass
class Asides:
    """links: to be confirmed. pictures: sources elsewhere, by https. trackers: taken out.

    with_pictures: the body cleaned last, with them; empty if it wants none.
    """

    links: Links = field(default_factory=Links)
    pictures: list[str] = field(default_factory=list)
    trackers: int = 0
    quoted_lines: int = 0
    with_pictures: SafeHtml = field(default_factory=SafeHtml.empty)


def source_at(place: str, pictures: list[str]) -> str | None:
    """The source that a place stands for, if it is one."""
    found = _PLACE.fullmatch(place)
    return pictures[int(found[1])] if found and int(found[1]) < len(pictures) else None


def is_place(url: str) -> bool:
    return _PLACE.fullmatch(url) is not None


def is_tracker(attributes: Mapping[str, str]) -> bool:
    """Whether a picture from elsewhere is there to be fetched and not to be seen."""
    if not is_remote(attributes.get("src", "")):
        return False
    style = attributes.get("style", "")[:4_000]
    if _UNSEEN.search(style):
        return True
    sides = [_side(attributes, style, name) for name in ("width", "height")]
    known = [side for side in sides if side is not None]
    return bool(known) and all(side <= PIXELS for side in known)


def _side(attributes: Mapping[str, str], style: str, name: str) -> int | None:
    styled = _STYLED[name].search(style)
    given = styled[1] if styled else attributes.get(name, "")
    if not given.strip():
        return None
    length = _LENGTH.fullmatch(given)
    return int(length[1]) if length else PIXELS + 1  # a share of the page, or nonsense
