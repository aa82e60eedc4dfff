"""Articles of Thai government news, and what of them a query must find.

The corpus lies beside the project, in ../shared; it is read, never copied.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mailbox.searching.words import find, normalise

SHARED = Path(__file__).resolve().parents[3] / "shared"
CORPUS, QUERIES = SHARED / "corpus" / "thaigov", SHARED / "search" / "queries.jsonl"


@dataclass(frozen=True)
class Article:
    """One article. text: as a reader sees it, title first."""

    id: str
    title: str
    body: str

    @cached_property
    def text(self) -> str:
        return normalise(f"{self.title}\n{self.body}")


@dataclass(frozen=True)
class Asked:
    """A query. may: the articles that hold all parts; must: those of them where none is cut."""

    kind: str
    text: str
    parts: tuple[str, ...]
    may: frozenset[str]
    must: frozenset[str]
    is_extra: bool = field(default=False)


def articles() -> list[Article]:
    found = []
    for path in sorted(CORPUS.glob("part-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            read = map(json.loads, lines)
            found += [Article(one["id"], one["title"], one["body"]) for one in read]
    return found


def given() -> list[Asked]:
    """The developers' queries, with their truth."""
    found = []
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        may, cut = frozenset(one["ids"]), frozenset(one["cut_ids"])
        parts = tuple(one["parts"])
        is_extra = bool(one.get("extra"))
        found.append(Asked(one["kind"], one["q"], parts, may, may - cut, is_extra))
    return found


def unseen(every: Sequence[Article], seed: int, each: int = 15) -> list[Asked]:
    """Queries of such kinds from articles drawn by a seed, with their truth."""
    dice = random.Random(seed)  # noqa: S311  # no secret
    made = []
    for kind, draw in _KINDS.items():
        for _ in range(each):
            parts = next(iter(_drawn(every, draw, dice)))
            made.append(_asked(every, kind, parts, dice))
    return made


def _drawn(
    every: Sequence[Article],
    draw: Callable[[str, random.Random], Sequence[str]],
    dice: random.Random,
) -> Iterator[tuple[str, ...]]:
    while True:
        parts = tuple(draw(dice.choice(every).text, dice))
        if parts and all(len(part) > 1 and '"' not in part for part in parts):
            yield parts


def _asked(
    every: Sequence[Article], kind: str, parts: tuple[str, ...], dice: random.Random
) -> Asked:
    may = frozenset(one.id for one in every if all(part in one.text for part in parts))
    must = frozenset(one.id for one in every if all(find(one.text, part) >= 0 for part in parts))
    written = [_odd(part) if kind in ("thai digits", "sara am") else part for part in parts]
    quoted = " ".join(f'"{part}"' for part in written)
    return Asked(kind, quoted, parts, may, must, is_extra=kind in ("fragment", "short"))


def _odd(part: str) -> str:
    """The same, as others type it."""
    return part.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")).replace("ำ", "ํา").upper()


_CLUSTER = "(?:[เ-ไ]?[ก-ฮ][ะ-ฺๅ็-๎]*)"


def _some(pattern: str) -> Callable[[str, random.Random], Sequence[str]]:
    def draw(text: str, dice: random.Random) -> Sequence[str]:
        found = re.findall(pattern, text)
        return [dice.choice(found).strip()] if found else []

    return draw


def _several(*patterns: str) -> Callable[[str, random.Random], Sequence[str]]:
    draws = [_some(pattern) for pattern in patterns]

    def draw(text: str, dice: random.Random) -> Sequence[str]:
        return [part for one in draws for part in one(text, dice)]

    return draw


def _stretch(least: int, most: int) -> str:
    return f"(?<![เ-ไ]){_CLUSTER}{{{least},{most}}}"


_KINDS: dict[str, Callable[[str, random.Random], Sequence[str]]] = {
    "two clusters": _some(_stretch(2, 2)),
    "word": _some(_stretch(3, 5)),
    "long word": _some(_stretch(6, 12)),
    "several": _several(_stretch(3, 5), _stretch(3, 5)),
    "word and number": _several(_stretch(3, 4), "[0-9]{2,}"),
    "phrase": _some(f"{_stretch(2, 6)} {_stretch(2, 6)}"),
    "long phrase": _some(r"[ก-๎ 0-9()]{60,200}"),
    "thai digits": _some(r"\b[0-9][0-9,.]{1,9}[0-9]\b"),
    "date": _some(r"[0-9]{1,2} [ก-๎.]{4,12} [0-9]{4}"),
    "abbreviation": _some(r"(?:[ก-ฮ]\.){2,4}"),
    "latin": _some(r"[a-z][a-z0-9-]{2,12}"),
    "latin inner": _some(r"(?<=[a-z])[a-z]{3,5}(?=[a-z])"),
    "address": _some(r"[a-z0-9.]{3,}\.(?:com|go\.th|or\.th|net|th)"),
    "document": _some(r"[ก-ฮ]{2,3} ?[0-9]{4}[0-9.]*/ว? ?[0-9]+"),
    "sara am": _some(f"{_stretch(1, 2)}ำ(?:{_CLUSTER}){{1,3}}"),
    "maiyamok": _some(f"{_stretch(2, 4)}ๆ"),
    "fragment": _some(_stretch(2, 3) + "[เ-ไ]?"),
    "short": _some(r"(?<![0-9])[0-9]{2}(?![0-9])|[a-z]{2}|(?<![เ-ไ])[ก-ฮ]{2}"),
}
