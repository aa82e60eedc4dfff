"""The terms a text is found by, each hashed to a bit of a signature (ADR 0020).

Thai letters by clusters (a letter with its vowels and tones: single, in pairs, and triples of
bare consonants), everything else by grams of letters and digits. No dictionary, for a longer
word of it would hide a shorter one; no list of words left out, for what is sealed gives away
none. One rule is above all: every term asked for a word is a term of every text in which
`words.find` finds it. So terms at a word's edges, which may go on in the text, are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

# Written with every index; another one means building it anew.
SCHEME = 1
# Bits of a column. What each width costs and finds is in ADR 0020.
WIDTH = 8_192
# Characters of a word that are asked for: a longer one is known well enough by its beginning.
REACH = 128
# Bits read for a word; and with so many of its longer terms, no shorter ones are.
MOST_ASKED, _ENOUGH = 12, 8
# A field's grams are alike in many letters, such as those of a domain: more of them tell.
_ENOUGH_OF_FIELD = 12
# Of these fields a value can be asked for; the others are known by their words alone.
FIELDS = ("from", "to", "cc", "subject", "filename")

# As `words.find` has them: what belongs to the letter before, and to the one after.
_AFTER, _BEFORE = "\u0e30-\u0e3a\u0e45\u0e47-\u0e4e", "\u0e40-\u0e44"
# ก.พ.ร. and กพร are one name; not where the full stop keeps a letter from its vowel.
_FULL_STOP = re.compile(rf"(?<=[\u0e01-\u0e3a\u0e45-\u0e4e])\.(?![{_AFTER}])")
_NOT_THAI = re.compile("[^\u0e00-\u0e7f]+")
_CLUSTER = re.compile(rf"[{_BEFORE}]?[\u0e01-\u0e2e][{_AFTER}]*|[\u0e00-\u0e7f]| ")
_RUN = re.compile(r"[^\W_\u0e00-\u0e7f]+")
_SHORT_NUMBER = re.compile("(?<![0-9])[0-9]{1,2}(?![0-9])")
_TORN_START, _TORN_END = re.compile(f"^[{_AFTER}]+"), re.compile(f"[{_BEFORE}]+$")
# Its multiples, less their whole part, lie evenly between 0 and 1 from the first one on.
_GOLDEN = 0.618033988749895
_LONGEST_KEPT, _MOST_KEPT = 32, 100_000
# A cluster's number: 62 bits of its hash, and whether it is a gap, or a consonant alone.
_GAP, _BARE = 1, 2
# Odd numbers that tell a cluster by itself, and the places within a pair and a triple, apart.
_ONE, _TWO, _THREE = (
    np.array(odds, np.uint64)
    for odds in (
        [0x9E3779B97F4A7C15],
        [0xBF58476D1CE4E5B9, 0x94D049BB133111EB],
        [0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB],
    )
)
_STIR, _HALF = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)
_Numbers = NDArray[np.uint64]


def bits_of(text: str, field: str = "") -> set[int]:
    """The bits of a normalised text: those of its words or, with a field, of that field's value.

    field: one of FIELDS, or "has" with a kind of file as the text.
    """
    marks = np.zeros(WIDTH, np.bool_)
    mark(marks, text, field)
    return set(np.flatnonzero(marks).tolist())


def mark(marks: NDArray[np.bool_], text: str, field: str = "") -> None:
    """Set those bits in an array of WIDTH; what was set stays."""
    if field == "has":
        marks[_kind_bits(text)] = True
        return
    clusters = _numbers(_FULL_STOP.sub("", text), field)
    for bits in _thai_bits(clusters, field):
        marks[bits] = True
    runs = _RUNS[field]
    for run in set(_RUN.findall(text)):
        marks[runs[run]] = True


def asked(word: str, field: str = "") -> list[int]:
    """The bits that any text has in which this normalised word is found: at most MOST_ASKED.

    Without any, the word is too short to narrow the search, and every message is a candidate.
    """
    if field == "has":
        return _kind_bits(word)
    part = _first_part(word)
    if not field and len(part) <= 2 and part.isdigit():
        return [_bit(f"#{part}")] if part.isascii() else []
    inner = _TORN_END.sub("", _TORN_START.sub("", _FULL_STOP.sub("", part)))
    pairs, *more = (bits.tolist() for bits in _thai_bits(_numbers(inner, field), field))
    single, triples = more or ([], [])
    # What is longer is told by threes and fours; twos would only cost reading.
    grams = [gram for run in _RUN.findall(part) for gram in _grams(run, field, len(run) > 2)]
    numbers = () if field else _numbers_within(part)
    fours, whole = _gram_bits(grams, field, 4), [_bit(f"#{number}") for number in numbers]
    telling = [*_spread([*triples, *fours, *whole]), *_spread(pairs)]
    short = [*_gram_bits(grams, field, 3), *_gram_bits(grams, field, 2), *single]
    bits = list(dict.fromkeys(telling))[:MOST_ASKED]
    # A pair implies its clusters: with enough of what tells, the rest would only cost reading.
    enough = _ENOUGH_OF_FIELD if field else _ENOUGH
    return list(dict.fromkeys([*bits, *short]))[: max(len(bits), enough)]


def _spread(bits: Sequence[int]) -> list[int]:
    """In such an order that however few are taken, they stand all over the word."""
    return [bits[at] for at in sorted(range(len(bits)), key=lambda at: at * _GOLDEN % 1)]


def _gram_bits(grams: Iterable[str], field: str, length: int) -> list[int]:
    return [_bit(f"{field}:{gram}") for gram in sorted(grams) if len(gram) == length]


def _first_part(word: str) -> str:
    """As much of a word as is asked for, not cut where `words.find` would not find it."""
    if len(word) <= REACH:
        return word
    end = REACH
    while end and (re.match(f"[{_AFTER}]", word[end]) or re.match(f"[{_BEFORE}]", word[end - 1])):
        end -= 1
    return word[:end] if end > 2 else ""


def _numbers_within(part: str) -> list[str]:
    """Short numbers that the word itself shows to be whole."""
    found = _SHORT_NUMBER.finditer(part)
    return [one[0] for one in found if one.start() > 0 and one.end() < len(part)]


def _grams(run: str, field: str, is_long: bool) -> set[str]:
    """Threes and fours; outside of fields, unless the run is long, twos; fours not of digits."""
    grams = {run[at : at + 3] for at in range(len(run) - 2)}
    sizes = (4,) if is_long or field else (2, 4)
    others = (run[at : at + size] for size in sizes for at in range(len(run) - size + 1))
    return grams | {gram for gram in others if not gram.isdigit()}


def _numbers(text: str, field: str) -> _Numbers:
    """The Thai clusters of a text, in order, each as its number; gaps between them."""
    clusters = _CLUSTER.findall(_NOT_THAI.sub(" ", text))
    known = _CLUSTERS[field]
    return np.fromiter(map(known.__getitem__, clusters), np.uint64, len(clusters))


def _thai_bits(clusters: _Numbers, field: str) -> list[NDArray[np.intp]]:
    """The bits of pairs; outside of fields of single clusters and bare triples too."""
    is_thai = (clusters & np.uint64(_GAP)) == 0
    is_pair = is_thai[:-1] & is_thai[1:]
    bits = [_mixed([clusters[:-1][is_pair], clusters[1:][is_pair]], _TWO)]
    if not field:
        bits.append(_mixed([clusters[is_thai]], _ONE))
        is_bare = (clusters & np.uint64(_BARE)) != 0
        is_triple = is_bare[:-2] & is_bare[1:-1] & is_bare[2:]
        triples = [clusters[:-2], clusters[1:-1], clusters[2:]]
        bits.append(_mixed([part[is_triple] for part in triples], _THREE))
    return bits


def _mixed(parts: list[_Numbers], odds: _Numbers) -> NDArray[np.intp]:
    """The bits of terms of one, two or three clusters: a hash of theirs."""
    mixed = np.zeros(len(parts[0]), np.uint64)
    for part, odd in zip(parts, odds, strict=True):
        mixed += part * odd
    mixed = (mixed ^ (mixed >> _HALF)) * _STIR
    return (((mixed >> _HALF) * np.uint64(WIDTH)) >> _HALF).astype(np.intp)


def _kind_bits(kind: str) -> list[int]:
    # A single one of other terms' bits would be set in every tenth message.
    return [_bit(f"has:{kind}/{number}") for number in range(3)]


def _bit(term: str) -> int:
    return _hash(term) % WIDTH


def _hash(term: str) -> int:
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "big")


class _Clusters(dict[str, int]):
    """The numbers of the clusters of a field, as they come."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __missing__(self, cluster: str) -> int:
        if len(self) >= _MOST_KEPT:
            self.clear()
        is_bare = len(cluster) == 1 and "\u0e01" <= cluster <= "\u0e2e"
        flags = _GAP * (cluster == " ") + _BARE * is_bare
        number = self[cluster] = _hash(f"{self.field}:{cluster}") & ~3 | flags
        return number


class _Runs(dict[str, NDArray[np.intp]]):
    """The bits of a run of letters and digits, kept if it is short."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __missing__(self, run: str) -> NDArray[np.intp]:
        terms = {f"{self.field}:{gram}" for gram in _grams(run, self.field, is_long=False)}
        if not self.field:
            terms.update(f"#{number}" for number in _SHORT_NUMBER.findall(run))
        bits = np.fromiter(map(_bit, terms), np.intp, len(terms))
        if len(run) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[run] = bits
        return bits


_CLUSTERS = {field: _Clusters(field) for field in ("", *FIELDS)}
_RUNS = {field: _Runs(field) for field in ("", *FIELDS)}
