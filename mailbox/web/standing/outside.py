"""Whether a mailbox's mail goes outside by itself, as its owner is told: where to, how long."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from govmail_portal import dates
from mailbox.errors import SealBroken
from mailbox.inbound import permissions
from mailbox.models import Mailbox
from mailbox.web.requests import PortalRequest, manner_of


@dataclass(frozen=True)
class Outside:
    """address: "" where it does not open. until: in the reader's words."""

    address: str
    until: str
    reason: str


def told(request: PortalRequest, box: Mailbox) -> Outside | None:
    """An officer's leave that is in force; None where nothing is passed on."""
    leave = permissions.in_force_for(box, timezone.now())
    if leave is None:
        return None
    try:
        address = permissions.open_for_owner(leave)
    except (SealBroken, ValueError):
        address = ""
    return Outside(address, dates.moment(leave.until, manner_of(request)), leave.reason)
