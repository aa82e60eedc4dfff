"""The addresses in a body: pictures, and what else is noticed on the way through its tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mailbox.mime.cleaning import quotes
from mailbox.mime.cleaning.asides import QUOTED, Asides, is_place, is_tracker
from mailbox.mime.styles import is_remote, own_image

MAX_PICTURES = 2_000
_SECURE = re.compile(
    r"https://[^\s/\\?#@\x00-\x20\x7f-\x9f]+(?:[/?#][^\x00-\x20\x7f-\x9f\\<>\"]*)?", re.IGNORECASE
)


class Pictures:
    """Where the pictures of a body come from, and how many it wants from elsewhere.

    is_settled: the body has been through here before; its places are our own.
    restored: targets to give back to links that were put aside.
    """

    def __init__(
        self,
        cids: Mapping[str, int],
        asides: Asides | None = None,
        *,
        is_settled: bool = False,
        restored: Sequence[str] = (),
    ) -> None:
        self._cids = cids
        self.asides = asides
        self.is_settled = is_settled
        self.restored = restored
        self.remote = 0
        # Whether what a sender wrote is still there to be noticed.
        self.is_noticing = asides is not None and not is_settled
        self._quotes: dict[int, Any] = {}
        self._beginnings: dict[int, Any] = {}

    def address(self, url: str) -> str | None:
        """What `src` becomes; None takes it away."""
        url = url.strip()
        if url[:4].lower() == "cid:":
            index = self._cids.get(url[4:].strip("<> "))
            return None if index is None else f"attachment/{index}/"
        if is_remote(url):
            self.remote += 1
            return self._place(url)
        if self.is_settled and self.asides is not None and is_place(url):
            return url
        return own_image(url)

    def _place(self, url: str) -> str | None:
        """A place that keeps the source for readers who ask for it."""
        asides = self.asides
        if asides is None or len(asides.pictures) >= MAX_PICTURES or len(url) > 4_000:
            return None
        url = url.replace(" ", "%20")
        if not _SECURE.fullmatch(url):
            return None
        asides.pictures.append(url)
        return f"remote/{len(asides.pictures) - 1}/"

    def notice(self, element: Any) -> None:
        """Remember an element that is a quote, or begins one, before its attributes go."""
        kind = quotes.begins_quote(element)
        if kind:
            (self._quotes if kind == QUOTED else self._beginnings)[id(element)] = element

    def takes_out(self, element: Any) -> bool:
        """Whether an element is a picture that only tells that the letter was opened."""
        if self.asides is None or not is_tracker(element.attrib):
            return False
        self.asides.trackers += 1
        self.remote += 1
        return True

    def keeps_class(self, value: str) -> bool:
        return self.is_settled and self.asides is not None and value == QUOTED

    def mark_quotes(self, tree: Any, html: str) -> None:
        """Mark the quoted original, once per body."""
        if self.asides is None or not self.is_noticing:
            return
        if self._quotes or self._beginnings or quotes.may_divide(html):
            self.asides.quoted_lines += quotes.mark(tree, self._quotes, self._beginnings)
