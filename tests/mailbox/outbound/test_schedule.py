"""The retry ladder of RFC 5321 §4.5.4.1, without a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailbox.outbound.schedule import LADDER, LONGEST_FOR_GATEWAY, next_try, wait_after

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIVE_DAYS = NOON + timedelta(days=5)


def test_the_first_wait_is_five_minutes_and_each_is_twice_the_one_before_up_to_six_hours() -> None:
    minutes = [step.total_seconds() / 60 for step in LADDER]
    assert minutes == [5, 10, 20, 40, 80, 160, 320, 360]


def test_waits_never_fall_below_the_ladder() -> None:
    for tries, floor in enumerate(LADDER, 1):
        assert floor <= wait_after(tries) <= floor * 1.2
    assert LADDER[-1] <= wait_after(1000) <= LADDER[-1] * 1.2


def test_what_is_the_gateways_own_fault_is_tried_again_before_an_hour_has_passed() -> None:
    waits = [wait_after(tries, most=LONGEST_FOR_GATEWAY) for tries in range(1, 100)]
    assert min(waits) >= LADDER[0]
    assert max(waits) <= timedelta(minutes=48)


def test_not_everybody_comes_back_in_the_same_second() -> None:
    assert len({wait_after(3) for _ in range(50)}) > 40


def test_the_last_try_is_at_the_end_and_then_no_more() -> None:
    late = FIVE_DAYS - timedelta(hours=1)
    assert next_try(20, now=late, expires_at=FIVE_DAYS) == FIVE_DAYS
    assert next_try(21, now=FIVE_DAYS, expires_at=FIVE_DAYS) is None
