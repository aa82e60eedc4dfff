"""Who is on a list on a day: the mailboxes named, and whoever holds a post in its agency."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from accounts.models import Assignment
from mailbox.models import DistributionList, Mailbox


def list_at(address: str) -> DistributionList | None:
    """The open list of an address in any case, or None."""
    found = DistributionList.objects.filter(address=address.lower(), is_open=True)
    return found.select_related("agency").first()


def members_of(group: DistributionList, day: date) -> set[UUID]:
    """The open mailboxes on a list on a day in Thailand, each once; two queries at most."""
    boxes = set(group.members.filter(is_open=True).values_list("pk", flat=True))
    if group.whole_agency:
        holders = Assignment.objects.on(day).filter(position__agency=group.agency_id)
        boxes |= set(
            Mailbox.objects.filter(
                is_open=True, account__official__in=holders.values("official")
            ).values_list("pk", flat=True)
        )
    return boxes


def is_member(group: DistributionList, mailbox: UUID, day: date) -> bool:
    """Whether a mailbox is on a list on a day, without asking for all the others."""
    if group.members.filter(pk=mailbox).exists():
        return True
    if not group.whole_agency:
        return False
    holders = Assignment.objects.on(day).filter(position__agency=group.agency_id)
    return holders.filter(official__account__mailbox=mailbox).exists()
