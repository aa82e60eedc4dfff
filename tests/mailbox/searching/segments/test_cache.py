from __future__ import annotations

from mailbox.searching.segments.cache import AROUND, Cache


def test_what_was_not_used_for_longest_makes_room() -> None:
    cache = Cache(most_bytes=2 * AROUND + 10)
    cache.put("a", 1, 4)
    cache.put("b", 2, 4)
    assert cache.get("a") == 1
    cache.put("c", 3, 4)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_what_is_larger_than_all_room_is_not_kept() -> None:
    cache = Cache(most_bytes=AROUND + 10)
    cache.put("a", 1, 11)
    assert cache.get("a") is None
    cache.put("a", 1, 10)
    cache.put("a", 2, 10)
    assert cache.get("a") == 2


def test_nothing_is_kept_longer_than_it_may() -> None:
    now = 0.0
    cache = Cache(seconds=300, clock=lambda: now)
    cache.put("a", 1, 4)
    cache.put("b", 2, 4)
    now = 200.0
    assert cache.get("a") == 1
    now = 301.0
    assert cache.get("b") is None
    assert cache.get("a") == 1
    now = 700.0
    assert cache.get("c") is None
    assert not cache._held
