"""Who wrote: which office an address belongs to, or that it is outside government.

One query for all addresses of a page. The office is known by the domain alone:
until signatures of incoming mail are checked, a domain can be forged, so a tile
says where a letter claims to come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.models import AgencyDomain
from mailbox.mime.addresses import domain_of


@dataclass(frozen=True, slots=True)
class Office:
    """An agency as a tile shows it: its letter code and its name."""

    code: str
    name: str


def offices_of(addresses: Iterable[str]) -> Mapping[str, Office]:
    """The agencies behind these addresses, by domain; a domain not in it is outside."""
    domains = {domain_of(address) for address in addresses} - {""}
    if not domains:
        return {}
    known = AgencyDomain.objects.filter(domain__in=domains).select_related("agency")
    return {one.domain: Office(one.agency.tile, one.agency.name) for one in known}
