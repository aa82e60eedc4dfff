"""Addresses of lists and mailboxes are nobody else's: accounts ask here before they give one."""

from __future__ import annotations

from accounts.people.addresses import also_taken
from mailbox.models import DistributionList, MailboxAddress


@also_taken
def taken_by_mail(given: list[str]) -> set[str]:
    """Of these addresses, in lower case, the ones that lead to a list or a mailbox."""
    lists = DistributionList.objects.filter(address__in=given).values_list("address", flat=True)
    boxes = MailboxAddress.objects.filter(address__in=given).values_list("address", flat=True)
    return {*lists, *boxes}
