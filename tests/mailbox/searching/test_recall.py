"""The queries over real articles, by columns alone (`bench searching.recall` goes all the way)."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.searching.articles import Article, Asked, articles, given, unseen
from mailbox.searching import signatures
from mailbox.searching.searchable import Searchable
from mailbox.searching.terms import WIDTH, asked
from mailbox.searching.words import normalise
from tests.services import needs_shared

# Every third article: enough to see a term that is asked and not there.
STEP = 3


@pytest.fixture(scope="module")
def news() -> list[Article]:
    needs_shared("corpus/thaigov")
    return articles()[::STEP]


@pytest.fixture(scope="module")
def marks(news: list[Article]) -> dict[str, NDArray[np.bool_]]:
    """Of each article, its columns, a row each."""
    table = {}
    for one in news:
        columns = signatures.columns(Searchable(subject=normalise(one.title), text=one.text))
        table[one.id] = np.zeros((len(columns), WIDTH), np.bool_)
        for row, column in zip(table[one.id], columns, strict=True):
            row[column] = True
    return table


def candidates(query: Asked, marks: dict[str, NDArray[np.bool_]]) -> set[str]:
    needed = [asked(normalise(part)) for part in query.parts]
    return {
        name
        for name, rows in marks.items()
        if all(bool(rows[:, bits].all(axis=1).any()) for bits in needed)
    }


@pytest.mark.parametrize("which", ["given", "unseen"])
def test_no_article_with_the_words_is_missed_and_half_of_the_candidates_have_them(
    which: str, news: list[Article], marks: dict[str, NDArray[np.bool_]]
) -> None:
    queries = given() if which == "given" else unseen(news, seed=6, each=4)
    right = defaultdict[str, list[float]](list)
    for query in queries:
        found = candidates(query, marks)
        assert query.must & marks.keys() <= found, query.text
        right[query.kind].append(len(query.may & found) / len(found) if found else 1.0)
    assert mean(mean(shares) for shares in right.values()) >= 0.5
