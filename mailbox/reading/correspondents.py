"""Who wrote: which office an address belongs to, whether that is proven, or that it is outside.

One query for all addresses of a page. A domain can be forged: an office is believed
only if the letter was sent within the portal, or our own MTA vouches for the address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from accounts.models import AgencyDomain
from mailbox.mime.addresses import domain_of
from mailbox.mime.rendition import Summary
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
    return message.is_own or message.origin == Message.Origin.PORTAL or summary.verified
