"""When a letter may leave: the times the page offers, and what the plain form says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _

from govmail_portal import dates
from govmail_portal.dates import BANGKOK, Manner
from mailbox.outbound.body import local_minute

MORNING, AFTERNOON = time(8, 30), time(13, 30)
# So close before the afternoon, "this afternoon" would be as good as now.
_AFTERNOON_UNTIL = time(13, 0)
_SATURDAY = 5


@dataclass(frozen=True)
class Slot:
    """A time to choose. value: as `Body.send_at`."""

    value: str
    label: str
    shown: str
    is_chosen: bool


@dataclass(frozen=True)
class Leaving:
    """The choice: slots, or a time of one's own in two fields."""

    slots: tuple[Slot, ...]
    is_own: bool
    own_date: str
    own_time: str
    date_locale: str


def leaving(send_at: str, now: datetime, manner: Manner) -> Leaving:
    """What the page offers at `now` to a draft that is to leave at `send_at`."""
    offered = [("", _("Now"), ""), *_offers(now, manner)]
    slots = tuple(Slot(value, label, shown, value == send_at) for value, label, shown in offered)
    is_own = not any(slot.is_chosen for slot in slots)
    day, _t, clock = send_at.partition("T") if is_own else ("", "", "")
    return Leaving(slots, is_own, _own_day(day, manner), clock, _locale(manner))


def _offers(now: datetime, manner: Manner) -> list[tuple[str, str, str]]:
    local = now.astimezone(BANGKOK)
    tomorrow = local.date() + timedelta(days=1)
    found = []
    if local.time() < _AFTERNOON_UNTIL:
        at = datetime.combine(local.date(), AFTERNOON, BANGKOK)
        found.append((_value(at), _("This afternoon"), dates.moment(at, manner, weekday=True)))
    at = datetime.combine(tomorrow, MORNING, BANGKOK)
    found.append((_value(at), _("Tomorrow morning"), dates.moment(at, manner, weekday=True)))
    monday = tomorrow + timedelta(days=-tomorrow.weekday() % 7)
    if monday != tomorrow:
        label = _("Next working day") if tomorrow.weekday() >= _SATURDAY else _("Monday morning")
        at = datetime.combine(monday, MORNING, BANGKOK)
        found.append((_value(at), label, dates.moment(at, manner, weekday=True)))
    return found


def _value(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def _own_day(day: str, manner: Manner) -> str:
    """A date for the field, the year in the reader's era: 24/11/2569."""
    if not day:
        return ""
    year, month, date = day.split("-")
    era = 0 if manner.christian_era else dates.BUDDHIST_ERA
    return f"{int(date)}/{int(month)}/{int(year) + era}"


def _locale(manner: Manner) -> str:
    """What a browser calls this manner (BCP 47)."""
    era = "gregory" if manner.christian_era else "buddhist"
    digits = "thai" if manner.thai_digits else "latn"
    return f"th-TH-u-ca-{era}-nu-{digits}" if manner.language == "th" else "en-GB"


def send_at_of(fields: Mapping[str, str]) -> str:
    """What the plain form says: a slot, or its two own fields, in either era and digits."""
    chosen = fields.get("when", "")
    if chosen != "own":
        return chosen
    day, month, year = ([*fields.get("own_date", "").replace("-", "/").split("/"), "", ""])[:3]
    if len(day) == 4:
        day, year = year, day
    clock = fields.get("own_time", "").strip().replace(".", ":")
    numbers = [part.strip() for part in (year, month, day)]
    if not all(part.isdecimal() and len(part) < 5 for part in numbers):
        return ""
    text = f"{int(numbers[0]):04}-{int(numbers[1]):02}-{int(numbers[2]):02}T{clock:0>5}"
    return local_minute(text)
