"""ST-3: the services have answered through two weeks."""

from __future__ import annotations

from datetime import date, timedelta

from accounts.readiness.checks.case import Case
from accounts.readiness.checks.findings import Part, beside, failed, passed, unknown, untested
from govmail_portal.dates import BANGKOK

# Day, up and down of one service.
_Day = tuple[date, int, int]


def is_kept(case: Case) -> list[Part]:
    """ST-3, each service by itself: mail must not hide behind the web."""
    if not case.subject.has_web:
        return [beside("no_web")]
    services = ("smtp", "https") if case.subject.has_mail else ("https",)
    return [_window_of(case, service) for service in services]


def _window_of(case: Case, service: str) -> Part:
    today = case.now.astimezone(BANGKOK).date()
    length, least = case.number("days"), case.number("probes_a_day")
    first = today - timedelta(days=length - 1)
    days = [each for each in _days(case, service) if first <= each[0] <= today]
    full = [day for day, up, down in days if up + down >= least]
    if not full or min(full) > first:
        begun = (today - min(full)).days + 1 if full else 0
        return untested("window_short", service, days=begun, wanted=length)
    # The day is not over, so it may still have too few.
    missing = length - len({*full, today})
    if missing:
        return unknown("window_gaps", service, days=missing, wanted=length)
    up = sum(each[1] for each in days)
    asked = up + sum(each[2] for each in days)
    # Cut, not rounded: 98.96 is not 99.0.
    percent = up * 1000 // asked / 10
    facts = {"percent": percent, "probes": asked, "down": asked - up, "days": length}
    if up * 100 < float(case.line.params["percent"]) * asked:
        return failed("up_too_little", service, wanted=case.line.params["percent"], **facts)
    return passed("up_enough", service, **facts)


def _days(case: Case, service: str) -> list[_Day]:
    return [
        (date.fromisoformat(day), up, down)
        for day, of, up, down, _unknown in case.subject.availability
        if of == service
    ]
