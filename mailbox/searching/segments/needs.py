"""What a message's columns must have for a query to be able to match it.

Only what the index knows narrows: a word, a field's value, a kind of file. What is refused, and
what rows in clear answer, narrows nothing. Every word is looked for by itself, for a long
message has it in one of its columns and the next word in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailbox.searching.query import All, Any, Field, Node, Words
from mailbox.searching.terms import FIELDS, MOST_ASKED, asked

# With so many bits of a field its value need not be asked for as a word as well.
_ENOUGH = 4
# Bits read for a query, whatever it asks: of a large mailbox each is a block of every segment.
MOST_BITS, _FEWEST = 128, 3


@dataclass(frozen=True)
class Bits:
    """All of these in one column."""

    bits: tuple[int, ...]


@dataclass(frozen=True)
class Every:
    """Each of the needs, in whichever columns."""

    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Either:
    """One of the needs, or more."""

    needs: tuple[Need, ...]


Need = Bits | Every | Either


def needs_of(node: Node) -> Need | None:
    """What a message needs for this, in MOST_BITS or little more; None if all may be meant."""
    need, most = _needs_of(node), MOST_ASKED
    # Fewer of each word then, the most telling ones: with many words that is still enough.
    while need is not None and most > _FEWEST and len(set(bits_in(need))) > MOST_BITS:
        most = max(_FEWEST, most * 2 // 3)
        need = _thinned(need, most)
    return need


def _needs_of(node: Node) -> Need | None:
    match node:
        case Words(text):
            return _bits(text)
        case Field("has", str(kind)):
            return _bits(kind, "has")
        case Field(name, str(value)) if name in FIELDS:
            return _field(name, value)
        case All(children):
            known = [need for one in children if (need := _needs_of(one)) is not None]
            return _every(known)
        case Any(children):
            either = [_needs_of(one) for one in children]
            some = tuple(need for need in either if need is not None)
            return Either(some) if some and len(some) == len(either) else None
    return None


def bits_in(need: Need | None) -> Iterator[int]:
    """Every bit of a need."""
    match need:
        case Bits(bits):
            yield from bits
        case Every(needs) | Either(needs):
            for one in needs:
                yield from bits_in(one)


def _thinned(need: Need, most: int) -> Need:
    match need:
        case Bits(bits):
            return Bits(bits[:most])
        case Every(needs):
            return Every(tuple(_thinned(one, most) for one in needs))
        case Either(needs):
            return Either(tuple(_thinned(one, most) for one in needs))


def _field(name: str, value: str) -> Need | None:
    own = _bits(value, name)
    if own is not None and len(own.bits) >= _ENOUGH:
        return own
    # A value is one of the message's words too: people, file names, the subject.
    return _every([need for need in (own, _bits(value)) if need is not None])


def _bits(word: str, field: str = "") -> Bits | None:
    bits = asked(word, field)
    return Bits(tuple(bits)) if bits else None


def _every(needs: list[Need]) -> Need | None:
    if len(needs) < 2:
        return needs[0] if needs else None
    return Every(tuple(needs))
