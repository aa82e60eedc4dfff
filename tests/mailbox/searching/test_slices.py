from __future__ import annotations

import numpy as np
import pytest

from mailbox.searching import slices
from mailbox.searching.signatures import Column
from mailbox.searching.terms import WIDTH

DICE = np.random.default_rng(7)


def some(count: int, load: float = 0.01) -> list[Column]:
    return [np.flatnonzero(DICE.random(WIDTH) < load).astype(np.uint16) for _ in range(count)]


def columns_of(blocks: list[bytes], count: int) -> list[list[int]]:
    places = [slices.decode(block) for block in blocks]
    table = [slices.marked(places[slices.block_of(bit, count)], bit, count) for bit in range(WIDTH)]
    return [np.flatnonzero(row).tolist() for row in np.array(table).T]


@pytest.mark.parametrize("load", [0.0, 0.01, 0.5, 1.0])
def test_the_slices_of_columns_say_which_has_what(load: float) -> None:
    columns = some(5, load)
    blocks = list(slices.build(columns))
    assert len(blocks) == slices.count(5) == 32
    assert columns_of(blocks, 5) == [column.tolist() for column in columns]


def test_a_segment_may_have_more_columns_than_the_least() -> None:
    columns = some(300, 0.001)
    blocks = list(slices.build(columns))
    assert len(blocks) == 64
    assert columns_of(blocks, 300) == [column.tolist() for column in columns]


@pytest.mark.parametrize(
    ("counts", "kept"),
    [([256, 256, 200], 700), ([600, 5], 605), ([5], 3), ([600], 9), ([1, 300], 301)],
)
def test_merged_segments_have_the_columns_that_were_kept_in_the_new_order(
    counts: list[int], kept: int
) -> None:
    parts = [some(count, 0.002) for count in counts]
    built = [list(slices.build(part)) for part in parts]
    sources = [
        slices.Source(len(part), blocks.__getitem__)
        for part, blocks in zip(parts, built, strict=True)
    ]
    every = [column for part in parts for column in part]
    order = DICE.permutation(len(every))[:kept]
    merged = list(slices.merge(sources, order))
    assert merged == list(slices.build([every[at] for at in order]))


def test_a_merge_asks_for_each_block_once_and_in_order() -> None:
    blocks, asked = list(slices.build(some(300, 0.001))), []

    def block(number: int) -> bytes:
        asked.append(number)
        return blocks[number]

    assert list(slices.merge([slices.Source(300, block)], range(300))) == blocks
    assert asked == list(range(64))


def test_the_block_of_runs_has_the_columns_that_go_on_a_message() -> None:
    runs = slices.runs(["a", "b", "b", "b", "c", "d", "d"])
    assert slices.decode(runs).tolist() == [2, 3, 6]


@pytest.mark.parametrize("places", [[], [0], [65_535], [0, 255, 510, 511, 40_000], range(65_536)])
def test_a_block_comes_out_as_it_went_in(places: list[int]) -> None:
    block = slices.encode(np.array(places, np.int64))
    assert len(block) <= 1 + 65_536 // 4 + 257
    assert slices.decode(block).tolist() == list(places)


@pytest.mark.parametrize("block", [b"", b"x", b"b123", b"g" + b"\xff" * 300 + b"\x00"])
def test_what_is_no_block_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match="not a block"):
        slices.decode(block)


@pytest.mark.parametrize("columns", [0, 65_537])
def test_a_segment_has_its_bounds(columns: int) -> None:
    with pytest.raises(ValueError, match="so many columns"):
        slices.capacity(columns)
