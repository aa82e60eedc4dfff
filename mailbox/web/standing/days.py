"""A day to choose on a page: day, month, year, in the reader's words, digits and era."""

from __future__ import annotations

from datetime import MAXYEAR, date

from django.http import QueryDict

from govmail_portal import dates
from govmail_portal.dates import Manner

_YEARS_AHEAD = 3


def calendar(manner: Manner, today: date) -> dict[str, list[tuple[int, str]]]:
    """Days, months and years to choose from, for `mailbox/rules/_day.html`."""
    years = [date(year, 1, 1) for year in range(today.year - 1, today.year + _YEARS_AHEAD)]
    return {
        "days": [(day, manner.digits(str(day))) for day in range(1, 32)],
        "months": list(enumerate(dates.months(manner), 1)),
        "years": [(one.year, manner.digits(str(dates.year(one, manner)))) for one in years],
    }


def chosen_day(sent: QueryDict, name: str) -> date:
    """The day a page has sent under a name; ValueError where it is in no calendar."""
    typed = [sent.get(f"{name}_{part}", "") for part in ("year", "month", "day")]
    year, month, day = (int(text[:5]) for text in typed)
    # No day of the last year: after it comes one that is in no calendar.
    return date(year if year < MAXYEAR else 0, month, day)
