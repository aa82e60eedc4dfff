"""What an invitation says, as values (RFC 5545, RFC 5546): read by `calendar`, shown as text.

Everything is one line of text but `description`; nothing in it is followed, computed or run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Guest:
    """A person of an invitation. answer: PARTSTAT in lower case, empty where none is given."""

    name: str = ""
    address: str = ""
    answer: str = ""
    is_needed: bool = True


@dataclass(frozen=True)
class Invitation:
    """The first event of a text/calendar part.

    method: request, cancel, reply, counter, publish or another of RFC 5546 1.4, lower case.
    starts, ends: ISO 8601 with offset, or a date alone for whole days (the end is then the
    last day, not the day after); empty where there is none. zone: the name the sender
    gave, where it is not known and the time was taken for Bangkok's. rule: RRULE as it
    came, within its alphabet. recurrence_id: as it came, for an answer about one date.
    """

    method: str = ""
    uid: str = ""
    sequence: int = 0
    summary: str = ""
    location: str = ""
    description: str = ""
    starts: str = ""
    ends: str = ""
    zone: str = ""
    rule: str = ""
    recurrence_id: str = ""
    status: str = ""
    organiser: Guest | None = None
    guests: tuple[Guest, ...] = ()
    more_guests: int = 0
    more_events: int = 0

    @property
    def is_whole_day(self) -> bool:
        return len(self.starts) == len("2008-01-07")

    @property
    def is_cancelled(self) -> bool:
        return self.method == "cancel" or self.status == "cancelled"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Invitation | None:
        """What `to_json` gave; names it does not know are left out."""
        if not value:
            return None
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        organiser = known.get("organiser")
        known["organiser"] = _guest(organiser) if organiser else None
        known["guests"] = tuple(_guest(one) for one in known.get("guests", ()))
        return cls(**known)


def _guest(value: dict[str, Any]) -> Guest:
    return Guest(**{name: value[name] for name in Guest.__dataclass_fields__ if name in value})
