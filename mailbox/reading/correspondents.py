"""Who wrote: which office an address belongs to, whether that is proven, or that it is outside.

One query for all addresses of a page. A domain can be forged: an office is believed
only if the letter was sent within the portal, or our own MTA vouches for the address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import AgencyDomain
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Summary
from mailbox.mime.trust.names import claims_behalf
from mailbox.models import Message


@dataclass(frozen=True, slots=True)
class Office:
    """An agency as a tile shows it: its letter code and its name."""

    code: str
    name: str


def offices_of(
    addresses: Iterable[str], *, also: Collection[str] = frozenset()
) -> Mapping[str, Office]:
    """The agencies behind these addresses, by domain; a domain not in it is outside.

    also: domains to ask about in the same query.
    """
    domains = ({domain_of(address) for address in addresses} - {""}).union(also)
    if not domains:
        return {}
    known = AgencyDomain.objects.filter(domain__in=domains).select_related("agency")
    return {one.domain: Office(one.agency.tile, one.agency.name) for one in known}


def is_proven(message: Message, summary: Summary) -> bool:
    """Whether a letter is from whom it says: an account of the portal, or one our MTA proved."""
    return message.was_sent_here or summary.verified


def author_of(summary: Summary, *, was_sent_here: bool) -> str:
    """Who a letter is from, in words; who wrote it and for whom, where that is not the same.

    The second only of a letter sent within the portal, where we know who pressed the key: a
    Sender from elsewhere is anybody's word (RFC 5322 3.6.2). A name from elsewhere that says
    such a thing by itself is not shown, its address is.
    """
    name = summary.sender_name or summary.sender_address or _("Unknown sender")
    if was_sent_here and summary.written_by:
        words = {"person": summary.written_by, "name": name}
        return _("%(person)s on behalf of %(name)s") % words
    if not was_sent_here and claims_behalf(name):
        return summary.sender_address or _("Unknown sender")
    return name
