"""HTML that the sanitiser has made, behind a type that nothing else can alter.

A string that was clean once does not stay clean when it is cut, joined or
replaced in (CVE-2024-42009). `SafeHtml` therefore offers no string operations:
the sanitiser and the plain-text renderer make it, the frame shows it, the
rendition stores it.
"""

from __future__ import annotations

from collections.abc import Iterable


class SafeHtml:
    """Sanitised markup. Opaque: no `str()`, no length, no slices, no joining by others."""

    __slots__ = ("_markup",)
    _markup: str

    def __init__(self) -> None:
        raise TypeError("SafeHtml comes from the sanitiser")

    @classmethod
    def _vouched(cls, markup: str) -> SafeHtml:
        """For the modules of `mailbox.mime` that make markup safe, and nobody else."""
        safe = object.__new__(cls)
        safe._markup = markup
        return safe

    @classmethod
    def empty(cls) -> SafeHtml:
        return cls._vouched("")

    @classmethod
    def joined(cls, parts: Iterable[SafeHtml]) -> SafeHtml:
        """Several bodies one below the other, each in a block of its own."""
        kept = [part._markup for part in parts if part]
        if len(kept) < 2:
            return cls._vouched("".join(kept))
        return cls._vouched("".join(f"<div>{markup}</div>" for markup in kept))

    def for_frame(self) -> str:
        """The markup of the body, for the document in the sandboxed frame and the editor only."""
        return self._markup

    def to_json(self) -> str:
        """The form that is sealed with a rendition."""
        return self._markup

    @classmethod
    def from_json(cls, stored: str) -> SafeHtml:
        """What `to_json` gave, after its seal has been checked."""
        return cls._vouched(stored)

    def __bool__(self) -> bool:
        return bool(self._markup)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SafeHtml) and other._markup == self._markup

    def __hash__(self) -> int:
        return hash(self._markup)

    def __repr__(self) -> str:
        return f"<SafeHtml of {len(self._markup)} characters>"

    def __str__(self) -> str:
        raise TypeError("SafeHtml is shown by for_frame(), in the frame")

    def __format__(self, spec: str) -> str:
        raise TypeError("SafeHtml is shown by for_frame(), in the frame")
