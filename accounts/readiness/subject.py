"""The subject of a run: what is known of a domain besides what is measured.

Kept with the run as JSON, so that its evidence can be judged again when the rows have changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Subject:
    """A domain as a run sees it; every moment is aware.

    hosts: names of the web servers, the domain itself first. logins: see CheckedDomain.
    challenge: what its TXT record must say. verified_at: when that was last seen.
    availability: of the last 14 days, [day ISO, service, up, down, unknown] each.
    signed, saraban: facts of the newest test letters that are over or answered, or None.
    """

    name: str
    role: str
    hosts: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    challenge: str = ""
    verified_at: datetime | None = None
    exception_letter: str = ""
    incident_contact: str = ""
    no_forwarding_at: datetime | None = None
    availability: tuple[tuple[str, str, int, int, int], ...] = ()
    signed: dict[str, Any] | None = None
    saraban: dict[str, Any] | None = None

    @property
    def has_mail(self) -> bool:
        return self.role == "mail"

    @property
    def has_web(self) -> bool:
        return self.role != "parked"

    def to_json(self) -> dict[str, Any]:
        moments = {
            name: moment.isoformat() if moment else None
            for name, moment in (
                ("verified_at", self.verified_at),
                ("no_forwarding_at", self.no_forwarding_at),
            )
        }
        return asdict(self) | moments

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Subject:
        """Raises KeyError, ValueError or TypeError where it is none."""
        lists = {name: tuple(found[name]) for name in ("hosts", "logins", "selectors")}
        moments = {
            name: datetime.fromisoformat(found[name]) if found[name] else None
            for name in ("verified_at", "no_forwarding_at")
        }
        days = tuple(
            (str(a), str(b), int(c), int(d), int(e)) for a, b, c, d, e in found["availability"]
        )
        return cls(**{**found, **lists, **moments, "availability": days})
