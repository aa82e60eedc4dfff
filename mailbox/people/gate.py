"""The bar over a mailbox whose agency is not open: since when, what that means, whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account, Agency, AgencyReadiness
from accounts.readiness.serving import closed_agency
from govmail_portal import dates
from govmail_portal.dates import Manner
from mailbox.people.records import mail_officers

# So many officers are named; one answers.
_NAMED = 2


@dataclass(frozen=True)
class Bar:
    """agency: whose mail is not served. since: a day in the reader's manner, or empty."""

    agency: Agency
    since: str
    officers: Sequence[Account]


def bar_of(account: Account, manner: Manner, *, now: datetime) -> Bar | None:
    """The bar for a mailbox, or None where its mail is served: then without a query."""
    agency = closed_agency(account)
    if agency is None:
        return None
    since = AgencyReadiness.objects.filter(agency=agency).values_list("since", flat=True).first()
    return Bar(
        agency=agency,
        since=dates.day(since, manner) if since else "",
        officers=mail_officers(agency, now=now)[:_NAMED],
    )
