"""What a check may look at: the subject, and the observations, each noted as it is read.

Here is decided whose fault a missing answer is. Ours: it was not asked, could not be asked, or our
own way out was shown to be lost. All else is the answer of whom we asked: silence, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness.checks.findings import Part, unknown
from accounts.readiness.profiles.lines import RuleLine
from accounts.readiness.subject import Subject

# How an answer stays away when our own line is cut.
_LOST = ("timeout", "refused", "reset", "closed", "no_route", "unreachable")


class CannotTell(Exception):
    """It is our own fault that this is not known. reason: a word of the wording."""

    def __init__(self, reason: str, name: str, error: str = "") -> None:
        super().__init__(f"{reason}: {name}")
        self.reason, self.name, self.error = reason, name, error

    def part(self, of: str = "") -> Part:
        return unknown(self.reason, of, asked=self.name, error=self.error)


@dataclass(frozen=True)
class Records:
    """An answer of DNS. is_lost: their servers gave none, so that nobody can use the name."""

    observation: Observation
    records: list[Any]
    rcode: str
    is_lost: bool

    @property
    def is_there(self) -> bool:
        """Whether the name exists."""
        return not self.is_lost and self.rcode != "NXDOMAIN"

    @property
    def is_bogus(self) -> bool:
        return self.observation.facts.get("bogus") is True

    @property
    def secure(self) -> bool | None:
        found = self.observation.facts.get("secure")
        return found if isinstance(found, bool) else None

    @property
    def chain(self) -> list[str]:
        return texts(self.observation.facts.get("chain"))

    @property
    def zone(self) -> str:
        """Of an answer that says no: the zone that says it."""
        return text(self.observation.facts.get("zone"))

    @property
    def total(self) -> int:
        """How many records there are, kept or not."""
        return max(number(self.observation.facts.get("total")), len(self.records))

    @property
    def texts(self) -> list[str]:
        return texts(self.records)


class Case:
    """One rule, one domain, one run."""

    def __init__(self, line: RuleLine, subject: Subject, seen: Observations, now: datetime) -> None:
        self.line, self.subject, self.now = line, subject, now
        self._seen = seen
        self._read: dict[str, None] = {}
        route = seen.get("route", "control")
        self._is_cut_off = route is not None and not route.is_answered

    @property
    def name(self) -> str:
        return self.subject.name

    @property
    def read(self) -> tuple[str, ...]:
        """The names of what was looked at, in that order."""
        return tuple(self._read)

    def number(self, param: str) -> int:
        """A number of the rule's pass line."""
        return int(self.line.params[param])

    def look(self, probe: str, target: str) -> Observation:
        """One observation. Raises CannotTell where its lack is our fault."""
        found = self.find(probe, target)
        if found is None:
            raise CannotTell("not_asked", f"{probe} {target}")
        self.must_be_theirs(found)
        return found

    def find(self, probe: str, target: str) -> Observation | None:
        """One observation, whatever came of it; None: it was not asked for."""
        found = self._seen.get(probe, target)
        if found is not None:
            self._read[found.name] = None
        return found

    def must_be_theirs(self, found: Observation) -> None:
        """Raises CannotTell where what did not come, did not come because of us."""
        if found.status == Status.UNABLE:
            raise CannotTell("unable", found.name, found.error)
        is_missing = found.status == Status.SILENT or (
            found.status == Status.BROKEN and found.error in _LOST
        )
        if self._is_cut_off and is_missing:
            self._read["route control"] = None
            raise CannotTell("no_route", found.name, found.error)

    def dns(self, name: str, kind: str) -> Records:
        """What DNS says of a name. Raises CannotTell."""
        found = self.look("dns", f"{plain(name)} {kind}")
        rcode = text(found.facts.get("rcode"))
        is_bogus = found.facts.get("bogus") is True
        is_lost = not found.is_answered or not (is_bogus or rcode in ("NOERROR", "NXDOMAIN"))
        if is_lost and self._is_cut_off:
            raise CannotTell("no_route", found.name, rcode)
        records = found.facts.get("records")
        return Records(found, records if isinstance(records, list) else [], rcode, is_lost)

    def find_dns(self, name: str, kind: str) -> Records | None:
        """What DNS says of a name; None where nobody asked, or could."""
        try:
            return self.dns(name, kind)
        except CannotTell:
            return None

    def servers(self, probe: str, host: str) -> list[Observation]:
        """The observations of a host's addresses; none: it has no address at all.

        An address that we alone could not reach is left out where another one was reached.
        Raises CannotTell where none could be asked.
        """
        found = [each for each in self._seen.of(probe) if _host_of(each) == host]
        for each in found:
            self._read[each.name] = None
        theirs, lost = self._theirs(found)
        if theirs:
            return [each for each in theirs if each.error != "no_address"]
        if lost is not None:
            raise lost
        if any(self.dns(host, kind).records for kind in ("A", "AAAA")):
            raise CannotTell("not_asked", f"{probe} {host}")
        return []

    def _theirs(self, found: Iterable[Observation]) -> tuple[list[Observation], CannotTell | None]:
        theirs, lost = [], None
        for each in found:
            try:
                self.must_be_theirs(each)
                theirs.append(each)
            except CannotTell as error:
                lost = error
        return theirs, lost

    def attempt(self, of: str, check: Callable[[str], Part]) -> Part:
        """What a check finds of one thing; unknown where it cannot be told."""
        try:
            return check(of)
        except CannotTell as lost:
            return lost.part(of)


def _host_of(observation: Observation) -> str:
    return observation.target.partition("@")[0]


def plain(name: str) -> str:
    """A name of DNS as observations have it."""
    return name.lower().removesuffix(".")


def text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def texts(found: Any) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def number(found: Any) -> int:
    return found if isinstance(found, int) else 0


def mapping(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
