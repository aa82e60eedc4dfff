"""One duty as it ought to stand on a day: what obliges, by when, and how far it is met."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from accounts.mandate.counting import Calendar
from accounts.mandate.serving import Service
from accounts.models import MandateRule, Obligation

State = Obligation.State
# A person who has these owes something still.
OPEN = (State.PENDING, State.OVERDUE)
MET = (State.MET, State.LATE_MET)


def covers(rule: MandateRule, service: Service) -> bool:
    """Whether a rule obliges whoever serves so. Every official is "everyone", directors too."""
    if rule.agency_kinds and service.agency.kind not in rule.agency_kinds:
        return False
    return rule.covers == MandateRule.Covers.EVERYONE or service.is_director


def covered_since(rule: MandateRule, service: Service) -> date | None:
    """The first day of the unbroken time the rule covers; None: longer than anybody knows."""
    if rule.covers == MandateRule.Covers.EVERYONE:
        return service.since
    return service.director_since


def term(rule: MandateRule, serves_from: date | None, calendar: Calendar) -> tuple[date, date]:
    """The day the period runs from and its last day; the base must be the rule's mandate's."""
    base = rule.mandate.base_date
    began = max(base, serves_from) if serves_from else base
    return began, calendar.due(began, rule.months, moves_over_holidays=rule.moves_over_holidays)


def stand(
    term: tuple[date, date],
    today: date,
    *,
    shown: Mapping[str, date],
    missing: Collection[str],
    released: State | None,
) -> tuple[State, date | None]:
    """The state and, where met, the day: the one the last proof came, never before it began.

    term: first and last day. released: the state of whoever owes nothing for now. Done is done:
    no release takes it back. Due is the last day itself; overdue the day after.
    """
    began_on, due_on = term
    if not missing:
        met_on = max(began_on, *shown.values())
        return (State.MET if met_on <= due_on else State.LATE_MET), met_on
    if released:
        return released, None
    return (State.OVERDUE if today > due_on else State.PENDING), None


def earliest(proofs: Iterable[Mapping[str, date]]) -> dict[str, date]:
    """Each proof with the earliest day any of these knows of it: what was shown stays shown."""
    found: dict[str, date] = {}
    for each in proofs:
        for name, day in each.items():
            found[name] = min(day, found.get(name, day))
    return found
