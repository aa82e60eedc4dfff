"""A row of the tables of rules: what is spoilt, and what a rule must come to."""

from __future__ import annotations

from typing import NamedTuple

from accounts.probing.observations import Observation, Observations, Status
from accounts.readiness.subject import Subject
from tests.accounts.readiness import evidences
from tests.accounts.readiness.evidences import but, good_subject, judged, observed, parked_subject

MX1, MX2 = evidences.MAIL_HOSTS
AT_MX1 = f"{MX1}@203.0.113.10"
CUT_OFF = observed("route", "control", Status.SILENT)
WEB_ONLY, PARKED = good_subject(role="web"), parked_subject()


class Row(NamedTuple):
    """A rule, what is spoilt, and what it must come to."""

    code: str
    outcome: str
    reason: str
    changes: tuple[Observation, ...] = ()
    subject: Subject | None = None
    without: tuple[str, ...] = ()

    @property
    def seen(self) -> Observations:
        return but(*self.changes, without=self.without)


def named(row: Row) -> str:
    return f"{row.code}-{row.outcome}-{row.reason}"


def must_hold(row: Row) -> None:
    found = judged(row.code, row.seen, row.subject)
    assert (found.outcome, found.reason) == (row.outcome, row.reason)
