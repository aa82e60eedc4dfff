"""Keys in use, without asking DNS."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Agency, AgencyDomain
from mailbox.models import SigningKey
from mailbox.outbound.domains import dns, keys, signing
from tests.mailbox.outbound.domains.resolvers import Resolver

RSA, ED25519 = SigningKey.Algorithm.RSA, SigningKey.Algorithm.ED25519


def domain_of(agency: Agency) -> AgencyDomain:
    return agency.domains.get(is_primary=True)


def in_dns(key: SigningKey, resolver: Resolver) -> None:
    """Paste a key's record, as an agency's people do."""
    resolver.records[dns.name_of(key)] = [dns.record_of(key)]


def in_use(agency: Agency, algorithm: str, resolver: Resolver, now: datetime) -> SigningKey:
    """A key that signs from now on."""
    key = keys.make(domain_of(agency), algorithm, by=None, now=now)
    in_dns(key, resolver)
    keys.look(key, by=None, now=now)
    # What is told after a commit, which a test's transaction never comes to.
    signing.forget()
    return key
