"""Routing: through which gateways a letter leaves, in order. Needs the relay key."""

from __future__ import annotations

from datetime import datetime

from mailbox.mime.addresses import domain_of
from mailbox.models import Submission
from mailbox.outbound.gateways import choosing
from mailbox.outbound.gateways.opening import seal_password
from mailbox.smtp.gateway import Gateway

__all__ = ["routes_for", "seal_password"]


def routes_for(submission: Submission, sender: str, *, now: datetime) -> list[Gateway]:
    """The gateways for a letter of this sender (an address, "" for automatic mail), in order."""
    if submission.agency_id is None:
        return []
    domain = domain_of(sender) if sender else ""
    return choosing.gateways_for(submission.agency_id, domain, now=now, lane=submission.lane)
