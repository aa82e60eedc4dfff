"""Senders that could be taken for others: a domain that looks like an agency's, or a friend's.

The friends of a mailbox are known as digests only, so it is asked whether one of the
addresses that look like this one is among them. Two queries for a page, none where
no sender is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts.models import AgencyDomain
from mailbox.filing.correspondents import digest_of
from mailbox.mime.addresses import domain_of
from mailbox.mime.trust.names import lookalikes
from mailbox.models import Correspondent


def imitated(
    mailbox: UUID, outsiders: Iterable[str], *, strangers: Iterable[str] = ()
) -> Mapping[str, str]:
    """For each address that looks like another's: the domain it could be taken for.

    outsiders: addresses outside government, compared with all agencies. strangers: those
    who write to this mailbox for the first time, compared with whom it knows.
    """
    near = {address: lookalikes(domain_of(address)) for address in outsiders}
    domains = frozenset().union(*near.values())
    agencies: set[str] = set()
    if domains:
        agencies = set(
            AgencyDomain.objects.filter(domain__in=domains).values_list("domain", flat=True)
        )
    found = {}
    for address, candidates in near.items():
        if hits := candidates & agencies:
            found[address] = min(hits)
    return {**_of_friends(mailbox, [one for one in strangers if one not in found]), **found}


def _of_friends(mailbox: UUID, strangers: Iterable[str]) -> dict[str, str]:
    asked: dict[bytes, tuple[str, str]] = {}
    for address in strangers:
        local = address.rpartition("@")[0]
        for domain in lookalikes(domain_of(address)):
            asked[digest_of(mailbox, f"{local}@{domain}")] = (address, domain)
    if not asked:
        return {}
    known = Correspondent.objects.filter(mailbox=mailbox, digest__in=list(asked))
    return dict(asked[bytes(digest)] for digest in known.values_list("digest", flat=True))
