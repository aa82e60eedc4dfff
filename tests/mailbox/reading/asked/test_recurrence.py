"""Rules of repetition in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from govmail_portal.dates import Manner
from mailbox.reading.asked.recurrence import in_words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", ""),
        ("FREQ=DAILY", "every day"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,MO;COUNT=10",
            "every 2 weeks on Monday, Wednesday 10 times",
        ),
        ("FREQ=MONTHLY;UNTIL=20081231T000000Z", "every month until 31 Dec 2008"),
        ("FREQ=MONTHLY;BYDAY=2MO", "every month"),
        ("FREQ=SECONDLY;COUNT=1000000000", "repeats by a rule of the sender's"),
        ("FREQ=YEARLY;COUNT=99999999999999999999", "every year"),
        ("FREQ=DAILY;UNTIL=99999999", "every day"),
        ("FREQ=DAILY;INTERVAL=-1", "every day"),
        ("nonsense", "repeats by a rule of the sender's"),
    ],
)
def test_a_rule_is_said_and_never_counted_out(rule: str, words: str) -> None:
    with translation.override("en"):
        assert in_words(rule, Manner("en", christian_era=True)) == words
