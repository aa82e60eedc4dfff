"""A card: one person of somebody's own, as values and as the JSON that is sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from mailbox.errors import AddressUnreadable
from mailbox.mime.addresses import CONTROLS, is_valid_address
from mailbox.mime.charsets import BIDI_CONTROLS, body, one_line

MOST_ADDRESSES, MOST_PHONES = 10, 10
LONGEST_LINE, LONGEST_NOTE = 200, 4_000
# Written before the consonant they are read after: no letter to sort or to look under.
_LEADING_VOWELS = "เแโใไ"


@dataclass(frozen=True)
class Card:
    """addresses: valid mail addresses, the first is written to. office: where they work."""

    name: str
    addresses: tuple[str, ...]
    phones: tuple[str, ...] = ()
    office: str = ""
    post: str = ""
    note: str = ""

    @property
    def address(self) -> str:
        return self.addresses[0] if self.addresses else ""

    @property
    def shown_name(self) -> str:
        return self.name or self.address

    @property
    def letter(self) -> str:
        """The letter of the index it stands under: a Thai consonant, a Latin capital, or #."""
        first = self.shown_name.lstrip(_LEADING_VOWELS)[:1].upper()
        return first if first.isalpha() else "#"

    @property
    def order(self) -> tuple[bool, str, str]:
        """Thai after Latin; among Thai names the leading vowel comes after its consonant."""
        name = self.shown_name.casefold()
        if name[:1] in _LEADING_VOWELS and name:
            name = name[1:2] + name[:1] + name[2:]
        return self.letter == "#", name, self.address

    @classmethod
    def typed(cls, values: Mapping[str, str]) -> Card:
        """Read a form: name, office, post, note; addresses, phones: one a line.

        AddressUnreadable where an address is none, or none is given.
        """
        addresses = _lines(values.get("addresses", ""))
        if not addresses or not all(map(is_valid_address, addresses)):
            raise AddressUnreadable
        return cls(
            name=plain_line(values.get("name", "")),
            addresses=tuple(dict.fromkeys(addresses))[:MOST_ADDRESSES],
            phones=tuple(map(plain_line, _lines(values.get("phones", ""))))[:MOST_PHONES],
            office=plain_line(values.get("office", "")),
            post=plain_line(values.get("post", "")),
            note=body(values.get("note", "")).strip()[:LONGEST_NOTE],
        )

    def joined(self, other: Card) -> Card:
        """This card with what only the other one knows."""
        addresses = dict.fromkeys([*self.addresses, *other.addresses])
        phones = dict.fromkeys([*self.phones, *other.phones])
        return replace(
            self,
            name=self.name or other.name,
            addresses=tuple(addresses)[:MOST_ADDRESSES],
            phones=tuple(phones)[:MOST_PHONES],
            office=self.office or other.office,
            post=self.post or other.post,
            note=self.note or other.note,
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Card:
        """What `to_json` gave, after its seal has been checked."""
        return cls(
            **{**value, "addresses": tuple(value["addresses"]), "phones": tuple(value["phones"])}
        )


def plain_line(text: str) -> str:
    """One line, without what could turn it round or break a header."""
    return " ".join(BIDI_CONTROLS.sub("", one_line(CONTROLS.sub(" ", text))).split())[:LONGEST_LINE]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]


def fold_all(texts: Iterable[str]) -> str:
    """Texts as they are compared: small letters, a blank between them."""
    return " ".join(texts).casefold()
