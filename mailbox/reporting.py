"""Reporting suspicious mail: it goes to spam, and as it came to the incident team.

Above reading and writing, because it does both: the letter leaves by the ordinary way
out, with the reported message attached whole, so that its headers arrive too.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Agency
from govmail_portal.errors import PortalError
from mailbox.errors import TooLateToUndo
from mailbox.models import Mailbox, MailReport
from mailbox.outbound import answering, drafting, submission
from mailbox.reading.deeds import reports
from mailbox.reading.deeds.changes import Change
from mailbox.reading.sorting import Here

logger = logging.getLogger(__name__)

# A report with more conversations than these sends the newest ones on.
MOST_SENT = 20


@dataclass(frozen=True)
class Reported:
    """What a report did. sent: letters on their way to the incident team.

    failed: letters that could not be sent on, too large for one; they are in spam too.
    """

    change: Change
    sent: int
    failed: int = 0


def suspicious(here: Here, threads: Collection[UUID], *, by: Account, now: datetime) -> Reported:
    """Move to spam and send each newest letter to the incident team, if there is one."""
    change = reports.report(here, threads, kind=MailReport.Kind.PHISHING, now=now)
    address = incident_address(by.agency)
    made = reports.reported(change)[:MOST_SENT] if address else []
    # Written after the commit of the move: whoever files mail waits for that lock.
    sent = sum(_is_sent(report, address, by=by, now=now) for report in made)
    return Reported(change, sent, len(made) - sent)


def take_back(mailbox: Mailbox, change: Change, *, by: Account, now: datetime) -> None:
    """Call back what a report sent, as far as it has not left. The change is undone beside."""
    if mailbox.pk != change.mailbox:
        return
    for report in reports.reported(change):
        if report.submission is not None:
            try:
                draft = submission.undo(report.submission, by=by, now=now)
            except TooLateToUndo:
                continue
            drafting.discard(draft)


def incident_address(agency: Agency | None) -> str:
    """Where reports of this agency's officials go: its own, its nearest parent's, the portal's."""
    while agency is not None:
        if agency.incident_address:
            return agency.incident_address
        agency = agency.parent
    return str(settings.INCIDENT_ADDRESS)


def _is_sent(report: MailReport, address: str, *, by: Account, now: datetime) -> bool:
    """Send a report; False where the letter cannot be one, which must not keep it in the inbox."""
    try:
        with transaction.atomic():
            _send(report, address, by=by, now=now)
    except PortalError as failure:
        logger.warning("report %s: not sent (%s)", report.pk, type(failure).__name__)
        return False
    return True


def _send(report: MailReport, address: str, *, by: Account, now: datetime) -> None:
    draft = answering.forward(report.message, by=by, now=now, as_attachment=True)
    values = {
        "to": [{"address": address}],
        "subject": _("Suspicious message"),
        "text": _("An official reports the attached message as suspicious."),
    }
    drafting.save(draft, values, version=draft.version, now=now)
    report.submission = submission.send(draft, by=by, now=now)
    report.save(update_fields=["submission"])
