"""TR-5: the domain is the government's, and the agency has shown that it controls it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.readiness.checks.case import Case
from accounts.readiness.checks.findings import Part, failed, passed
from accounts.readiness.reading.names import is_under


def is_shown(case: Case) -> list[Part]:
    """TR-5."""
    return [_name(case), case.attempt("", lambda _: _control(case))]


def _name(case: Case) -> Part:
    suffixes = case.line.params["suffixes"]
    if any(case.name != each and is_under(case.name, each) for each in suffixes):
        return passed("domain_of_state")
    if letter := case.subject.exception_letter.strip():
        return passed("domain_excepted", letter=letter)
    return failed("domain_outside", suffixes=suffixes)


def _control(case: Case) -> Part:
    """Seen by this run, or proven within the months that a proof holds."""
    name = f"_govmail-challenge.{case.name}"
    wanted = case.subject.challenge
    months = case.number("months")
    answer = case.find_dns(name, "TXT")
    if wanted and answer is not None and wanted in [each.strip() for each in answer.texts]:
        return passed("control_seen")
    proven = case.subject.verified_at
    facts: dict[str, Any] = {"name": name, "challenge": wanted, "months": months}
    if proven is not None and proven > months_before(case.now, months):
        return passed("control_proven", at=proven.isoformat())
    if answer is None:
        # Nobody could look: raises what kept us from it.
        case.dns(name, "TXT")
    if proven is not None:
        return failed("control_old", at=proven.isoformat(), **facts)
    return failed("control_not_shown", **facts)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day so many months earlier, or the last day of a month without it."""
    years, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    for day in range(moment.day, moment.day - 4, -1):
        try:
            return moment.replace(year=years, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError(f"There is no day {months} months before {moment}.")
