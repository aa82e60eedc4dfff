from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import translation

from govmail_portal.dates import BANGKOK, Manner
from mailbox.web.writing.leaving import leaving, send_at_of

THAI = Manner.of("th")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BANGKOK)


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        # A Monday.
        ("2026-11-23T09:00", ["", "2026-11-23T13:30", "2026-11-24T08:30", "2026-11-30T08:30"]),
        ("2026-11-23T14:00", ["", "2026-11-24T08:30", "2026-11-30T08:30"]),
        ("2026-11-27T14:00", ["", "2026-11-28T08:30", "2026-11-30T08:30"]),
        ("2026-11-29T14:00", ["", "2026-11-30T08:30"]),
    ],
)
def test_the_times_on_offer_lie_ahead_and_on_days_of_work(now: str, offered: list[str]) -> None:
    assert [slot.value for slot in leaving("", at(now), THAI).slots] == offered


def test_a_time_of_ones_own_comes_back_in_the_readers_era() -> None:
    with translation.override("th"):
        shown = leaving("2026-12-24T07:15", at("2026-11-23T09:00"), THAI)
    assert shown.is_own
    assert (shown.own_date, shown.own_time) == ("24/12/2569", "07:15")


@pytest.mark.parametrize(
    ("date", "clock", "value"),
    [
        ("24/12/2569", "8:30", "2026-12-24T08:30"),
        ("24/12/2026", "08.30", "2026-12-24T08:30"),
        ("๒๔/๑๒/๒๕๖๙", "08:30", "2026-12-24T08:30"),
        ("2026-12-24", "08:30", "2026-12-24T08:30"),
        ("31/2/2569", "08:30", ""),
        ("soon", "08:30", ""),
        ("", "", ""),
        (f"1/1/{'9' * 5_000}", "08:30", ""),
    ],
)
def test_the_plain_form_reads_a_date_in_either_era(date: str, clock: str, value: str) -> None:
    assert send_at_of({"when": "own", "own_date": date, "own_time": clock}) == value
