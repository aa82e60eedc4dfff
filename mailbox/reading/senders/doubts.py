"""Senders that could be taken for others: a domain that looks like an agency's, or a friend's.

The friends of a mailbox are known as digests only, so it is asked whether one of the
addresses that look like this one is among them; one query for a page, and none where
nobody writes for the first time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from mailbox.filing.correspondents import digest_of
from mailbox.mime.addresses import domain_of
from mailbox.mime.trust.names import lookalikes
from mailbox.models import Correspondent


def imitated(
    mailbox: UUID,
    outsiders: Iterable[str],
    agencies: Collection[str],
    *,
    strangers: Iterable[str] = (),
) -> Mapping[str, str]:
    """For each address that looks like another's: the domain it could be taken for.

    outsiders: addresses outside government. agencies: domains of agencies, at least those
    that look like an outsider's. strangers: outsiders who write here for the first time;
    they are compared with whom this mailbox knows.
    """
    found = {}
    for address in outsiders:
        if hits := lookalikes(domain_of(address)).intersection(agencies):
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
