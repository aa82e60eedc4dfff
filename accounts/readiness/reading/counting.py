"""What an SPF record costs whoever checks it (RFC 7208, section 4.6.4), over answers at hand.

`include`, `a`, `mx`, `ptr`, `exists` and `redirect` cost a lookup each, and what is behind them
counts on; at most 10 are allowed. A lookup that finds nothing is void; 2
are allowed. An `mx` of more than 10 names is an error. What can be asked is bounded here, too: a
record that leads on and on is known to be too much long before its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from accounts.readiness.reading import spf
from accounts.readiness.reading.spf import Malformed, Spf, Term

_MOST_LOOKUPS, _MOST_DEPTH, _MOST_NAMES = 60, 20, 10


class Answer(StrEnum):
    """How a question of DNS ended. UNTOLD: it was not asked, or could not be."""

    FOUND = "found"
    EMPTY = "empty"
    LOST = "lost"
    UNTOLD = "untold"


# A name and a kind of record; how it ended, and the records as texts.
Ask = Callable[[str, str], tuple[Answer, list[str]]]


@dataclass
class Cost:
    """What counting found. errors: (word, where), the first is the gravest in reading order."""

    lookups: int = 0
    void: int = 0
    # How the whole ends: the qualifier of `all`, through redirects; "" where it has none.
    all: str = ""
    passes_everybody: bool = False
    included_passes_everybody: str = ""
    errors: list[tuple[str, str]] = field(default_factory=list)
    is_untold: bool = False
    lost: list[str] = field(default_factory=list)
    # Names of the void lookups.
    empty: list[str] = field(default_factory=list)


def count(record: Spf, domain: str, ask: Ask) -> Cost:
    """The cost of a domain's record, in the worst case; never raises."""
    cost = Cost()
    _Walk(ask, cost).follow(record, _Place((domain,)))
    return cost


@dataclass(frozen=True)
class _Place:
    """Where the walk is. path: the domains that led here. is_own: this `all` is the domain's own;
    lets_in: whoever passes here passes there, too.
    """

    path: tuple[str, ...]
    is_own: bool = True
    lets_in: bool = True

    @property
    def domain(self) -> str:
        return self.path[-1]


class _Walk:
    def __init__(self, ask: Ask, cost: Cost) -> None:
        self._ask, self._cost = ask, cost

    def follow(self, record: Spf, place: _Place) -> None:
        """A record and all behind it."""
        if place.is_own:
            self._cost.passes_everybody = self._cost.passes_everybody or record.passes_everybody
            self._cost.all = record.all
        elif record.passes_everybody and place.lets_in:
            self._cost.included_passes_everybody = place.domain
        for term in record.terms:
            if term.name in spf.LOOKING_UP and self._may_go_on():
                self._look_up(term, place)
        if record.redirect is not None and self._may_go_on():
            self._cost.lookups += 1
            self._lead_on(record.redirect, place)

    def _may_go_on(self) -> bool:
        return self._cost.lookups < _MOST_LOOKUPS

    def _look_up(self, term: Term, place: _Place) -> None:
        self._cost.lookups += 1
        domain = place.domain
        if term.name == "include":
            # A negative or neutral include that passes everybody lets nobody in.
            lets_in = place.lets_in and term.qualifier == "+"
            self._lead_on(term, _Place(place.path, is_own=False, lets_in=lets_in))
        elif term.has_macro or term.name == "ptr":
            # What is asked depends on each letter: it cannot be looked up beforehand.
            return
        elif term.name == "mx":
            self._exchangers(term.domain or domain)
        else:
            kinds = ("A",) if term.name == "exists" else ("A", "AAAA")
            self._addresses(term.domain or domain, kinds)

    def _addresses(self, name: str, kinds: tuple[str, ...]) -> None:
        found = [self._asked(name, kind)[0] for kind in kinds]
        if all(each == Answer.EMPTY for each in found):
            self._find_void(name)

    def _exchangers(self, name: str) -> None:
        answer, hosts = self._asked(name, "MX")
        if answer == Answer.EMPTY:
            self._find_void(name)
        if len(hosts) > _MOST_NAMES:
            self._cost.errors.append(("many_mx", name))

    def _find_void(self, name: str) -> None:
        self._cost.void += 1
        self._cost.empty.append(name)

    def _lead_on(self, term: Term, place: _Place) -> None:
        """Follow an include or a redirect to the record it names."""
        if term.has_macro:
            return
        name = term.domain
        if name in place.path or len(place.path) > _MOST_DEPTH:
            self._cost.errors.append(("loop", name))
            return
        answer, found = self._asked(name, "TXT")
        if answer == Answer.EMPTY:
            self._find_void(name)
        if answer in (Answer.LOST, Answer.UNTOLD):
            return
        records = [each for each in found if spf.is_spf(each)]
        if len(records) != 1:
            self._cost.errors.append(("include_many" if records else "include_none", name))
            return
        try:
            record = spf.read(records[0])
        except Malformed as error:
            self._cost.errors.append(("include_malformed", f"{name} {error.term}".strip()))
            return
        self.follow(record, _Place((*place.path, name), place.is_own, place.lets_in))

    def _asked(self, name: str, kind: str) -> tuple[Answer, list[str]]:
        answer, found = self._ask(name, kind)
        if answer == Answer.LOST:
            self._cost.lost.append(name)
        self._cost.is_untold = self._cost.is_untold or answer == Answer.UNTOLD
        return answer, found
