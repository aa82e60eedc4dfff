"""Until when the saraban mailbox may answer: the end of a working day in Thailand (TR-6)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from accounts.mandate.counting import Calendar
from govmail_portal.dates import BANGKOK

_DAY = timedelta(days=1)


def answer_by(sent_at: datetime, days: int, calendar: Calendar | None = None) -> datetime:
    """The end of the n-th working day after a letter was sent; the day itself is not counted.

    Civil and Commercial Code, section 193/3. calendar: of the official holidays; without one, as
    the lists say, with no word of an officer, so that a verdict can be reached again.
    """
    calendar = calendar or Calendar({})
    day = sent_at.astimezone(BANGKOK).date()
    for _ in range(days):
        day = calendar.working_day_from(day + _DAY)
    return datetime.combine(day + _DAY, time.min, BANGKOK) - timedelta(microseconds=1)
