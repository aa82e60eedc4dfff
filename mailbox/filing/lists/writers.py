"""Who may write to a list: by the address in From, once that is proven.

A list of officials is what a forger wants most: one letter, everybody's inbox. So but for
lists open to anybody the address counts only where the portal itself sent the letter, or
our own MTA says that its domain vouches for it.
"""

from __future__ import annotations

from datetime import date

from accounts.models import Agency, AgencyDomain
from mailbox.filing.lists.members import is_member
from mailbox.mime.addresses import domain_of
from mailbox.models import DistributionList, Mailbox

_Senders = DistributionList.Senders


def may_write(group: DistributionList, author: str, *, is_proven: bool, day: date) -> bool:
    """Whether the letter of this author is for the list. day: in Thailand.

    author: the one address in From. is_proven: the portal sent it, or our MTA proved it.
    """
    if group.senders == _Senders.ANYBODY:
        return True
    if not is_proven or not author:
        return False
    if group.senders == _Senders.INSIDE:
        return AgencyDomain.objects.filter(domain=domain_of(author)).exists()
    box = Mailbox.objects.of_address(author)
    if box is None:
        return False
    if group.senders == _Senders.MEMBERS:
        return is_member(group, box.pk, day)
    account = box.account
    return account is not None and is_at_or_below(account.agency_id, group.agency_id)


def is_at_or_below(agency: int, above: int) -> bool:
    """Whether an agency is `above`, or stands below it at any depth."""
    seen: set[int] = set()
    at: int | None = agency
    while at is not None and at not in seen:
        if at == above:
            return True
        seen.add(at)
        at = Agency.objects.filter(pk=at).values_list("parent", flat=True).first()
    return False
