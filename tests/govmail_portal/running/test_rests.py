from __future__ import annotations

from govmail_portal.running.rests import Rest


def test_rests_grow_to_half_a_minute() -> None:
    rest, now, lengths = Rest(), 1000.0, []
    for _ in range(8):
        lengths.append(rest.begin(now))
        now += lengths[-1]
        rest.end(now)

    assert lengths == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_after_a_minute_of_life_rests_begin_anew() -> None:
    rest = Rest()
    for now in (1000.0, 1001.0, 1002.0):
        rest.begin(now)
        rest.end(now)

    assert rest.begin(1002.0 + 61) == 0.5
