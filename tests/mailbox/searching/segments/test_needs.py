"""What is asked of the index for a query: never more than it is worth."""

from __future__ import annotations

import random
from datetime import date

from mailbox.searching.plan import Places, plan
from mailbox.searching.query import LONGEST, Words, parse
from mailbox.searching.searchable import Searchable
from mailbox.searching.segments.needs import MOST_BITS, Bits, bits_in, needs_of
from mailbox.searching.segments.streams import _has
from mailbox.searching.signatures import columns
from mailbox.searching.terms import asked
from mailbox.searching.words import normalise

TODAY = date(2026, 11, 23)


def root_of(text: str):  # type: ignore[no-untyped-def]
    return plan(parse(text, today=TODAY), Places()).root


def test_many_long_words_are_asked_for_by_few_bits_each_and_what_has_them_is_found() -> None:
    drawn = random.Random(1)  # noqa: S311 - the same words every time
    words = ["".join(chr(drawn.randrange(0x0E01, 0x0E2D)) for _ in range(11)) for _ in range(36)]
    text = normalise(" ".join(words))
    assert len(text) <= LONGEST
    assert len({bit for word in words for bit in asked(word)}) > 2 * MOST_BITS
    read = columns(Searchable(text=text))
    for joint in (" ", " OR "):
        need = needs_of(root_of(joint.join(words[: 36 if joint == " " else 30])))
        assert need is not None and 60 < len(set(bits_in(need))) <= MOST_BITS
        assert _has(read, need)


def test_a_few_words_and_the_spellings_of_a_number_are_asked_for_in_full() -> None:
    assert needs_of(Words("งบประมาณ")) == Bits(tuple(asked("งบประมาณ")))
    need = needs_of(root_of("นร(กวจ)0506.2/ว5"))
    assert need is not None
    assert set(asked("นร(กวจ)0506.2/ว5")) <= set(bits_in(need))
