"""Other spellings of what a query names: document numbers and dates of the other era.

A number of a document is found however it is spaced (นร 0506/ว 5, นร0506/ว5). A year is found
in the other era where the query says that it is one: in a date, with a month, after ปี, พ.ศ. or
ค.ศ. A bare 2567 stays a number: 2024 in its place would be a wrong hit more often than a right
one. Spellings become an OR in the query's tree, so that the index, the verification and the
marks agree. Thai and Arabic digits are one already, by `normalise`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from govmail_portal.dates import BUDDHIST_ERA
from mailbox.searching.query import All, Any, Field, Node, Not, Words
from mailbox.searching.values import MONTHS

# A date or a number that was typed with spaces comes as so many words.
_LONGEST = 5
_BUDDHIST, _COMMON = range(2400, 2651), range(1857, 2108)

_NUMBER = re.compile(
    r"(?:ที่ ?)?([ก-ฮ]{1,5}\.?) ?(\([ก-ฮ]{1,8}\.?\))? ?"
    r"(\d{3,5}(?:\.\d{1,4}){0,4}) ?/ ?([ก-ฮ]{0,3}) ?(\d{1,7})"
)
_MONTH = r"([a-zก-๎][a-zก-๎.]{1,11})"
_DATED = re.compile(rf"((?:\d{{1,2}} ?)?){_MONTH} ?(?:(พ\.?ศ\.?|ค\.?ศ\.?) ?)?(\d{{4}})")
_MONTH_FIRST = re.compile(rf"{_MONTH} (\d{{1,2}},?) (\d{{4}})")
_FIGURES = re.compile(r"(\d{1,2}[-/.]\d{1,2}[-/.])(\d{4})")
_ERA = re.compile(r"(ปี ?)?(?:(พ\.?ศ\.?|ค\.?ศ\.?) ?)?(\d{4})")


def with_spellings(node: Node) -> Node:
    """The tree of a query, with every other spelling beside what was written."""
    match node:
        case Words(text):
            return _any(node, [Words(other) for other in others(text)])
        case Field("subject" | "filename" as name, str(value)):
            return _any(node, [Field(name, other) for other in others(value)])
        case Not(child):
            return Not(with_spellings(child))
        case Any(children):
            return replace(node, children=tuple(map(with_spellings, children)))
        case All(children):
            return All(tuple(_runs(children)))
    return node


def others(text: str) -> list[str]:
    """Other spellings of a normalised word or phrase; none for most."""
    if (number := _NUMBER.fullmatch(text)) is not None:
        return [one for one in _spaced(number) if one != text]
    return list(dict.fromkeys(_other_era(text)))


def _runs(children: tuple[Node, ...]) -> Iterator[Node]:
    """The children, what belongs together in them (1 มกราคม 2569) with its other spellings."""
    start = 0
    while start < len(children):
        for length in range(min(_LONGEST, len(children) - start), 1, -1):
            run = children[start : start + length]
            words = [one.text for one in run if isinstance(one, Words)]
            found = others(" ".join(words)) if len(words) == length else []
            if found:
                yield Any((All(run), *map(Words, found)))
                start += length
                break
        else:
            yield with_spellings(children[start])
            start += 1


def _any(node: Node, found: list[Words] | list[Field]) -> Node:
    return Any((node, *found)) if found else node


def _spaced(number: re.Match[str]) -> Iterator[str]:
    """A document number with and without the spaces that people leave in it."""
    office, group, code, letters, last = number.groups()
    heads = [f"{office}{gap}{code}" for gap in (" ", "")]
    if group:
        heads = [f"{office}{one}{group}{two}{code}" for one, two in product((" ", ""), repeat=2)]
    tails = [f"{letters}{gap}{last}" for gap in (" ", "")] if letters else [last]
    for head, slash, tail in product(heads, ("/", "/ ", " / ", " /"), tails):
        yield f"{head}{slash}{tail}"


def _other_era(text: str) -> Iterator[str]:
    if found := _FIGURES.fullmatch(text):
        yield from (f"{found[1]}{year}" for year in _other_year(found[2]))
    elif found := _MONTH_FIRST.fullmatch(text):
        if found[1].replace(".", "") in MONTHS:
            yield from (f"{found[1]} {found[2]} {year}" for year in _other_year(found[3]))
    elif (found := _DATED.fullmatch(text)) and found[2].replace(".", "") in MONTHS:
        before = f"{found[1].strip()} {found[2]}".strip()
        for year in _other_year(found[4]):
            yield f"{before} {year}"
            yield f"{before} {_era_of(year)} {year}"
    elif (found := _ERA.fullmatch(text)) and (found[1] or found[2]):
        yield from _after_a_word(found)


def _after_a_word(found: re.Match[str]) -> Iterator[str]:
    for year in _other_year(found[3]):
        era = _era_of(year)
        yield f"{era} {year}"
        yield f"{era}{year}"
        if found[1] and not found[2]:
            yield f"ปี {year}"
            yield f"ปี{year}"


def _other_year(text: str) -> Iterator[str]:
    year = int(text)
    if year in _BUDDHIST:
        yield str(year - BUDDHIST_ERA)
    elif year in _COMMON:
        yield str(year + BUDDHIST_ERA)


def _era_of(year: str) -> str:
    return "พ.ศ." if int(year) in _BUDDHIST else "ค.ศ."
