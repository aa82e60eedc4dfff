"""What a mailbox may still send while its agency is not open (cabinet letter, clause 2.2).

A suspended agency's mail cannot be trusted, or cannot be answered: letters to the outside wait
as drafts, and their author hears so at once. Inside the portal nothing of that matters, and
letters go on. What was sent before leaves, and reports on it come home.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.readiness.serving import closed_agency
from govmail_portal.errors import PortalError
from mailbox.models import DistributionList, MailboxAddress

# So many of those outside are named in the sentence.
_NAMED = 3


class OutsideIsClosed(PortalError):
    """A letter to the outside, from a mailbox whose agency is not open."""


def check(sender: Account, addresses: Collection[str]) -> None:
    """Raise OutsideIsClosed if one of these is outside and the sender's agency is not open."""
    agency = closed_agency(sender)
    if agency is None:
        return
    wanted = {each.lower() for each in addresses}
    inside = set(
        MailboxAddress.objects.filter(address__in=wanted, mailbox__is_open=True).values_list(
            "address", flat=True
        )
    )
    lists = DistributionList.objects.filter(address__in=wanted - inside, is_open=True)
    inside |= set(lists.values_list("address", flat=True))
    outside = [each for each in addresses if each.lower() not in inside]
    if outside:
        named = ", ".join(outside[:_NAMED]) + (" …" if len(outside) > _NAMED else "")
        raise OutsideIsClosed(_sentence(agency.is_suspended) % {"outside": named})


def _sentence(is_suspended: bool) -> str:
    if is_suspended:
        return _(
            "Your agency's mail is suspended: until it opens again you can write to people"
            " inside the portal only. Outside are: %(outside)s. The draft is safe."
        )
    return _(
        "Your agency's mail is not open yet: until then you can write to people inside the"
        " portal only. Outside are: %(outside)s. The draft is safe."
    )
