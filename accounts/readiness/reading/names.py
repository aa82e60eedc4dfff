"""Names under the public suffix list: whose domain a name belongs to.

An organisational domain is by the list (RFC 7489, section 3.2), not by a walk up the tree of
records (RFC 9989, section 4.10): a run has asked `_dmarc` of the name and of this domain. Under
.th both give the same, as long as no registry publishes a DMARC record of its own.
"""

from __future__ import annotations

import ipaddress
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

_MOST_NAME = 253


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def organisational(name: str) -> str:
    """The domain one below the public suffix; the name itself where it has none."""
    name = name.lower().removesuffix(".")
    if not name or len(name) > _MOST_NAME or ".." in name or name.startswith("."):
        return name
    return _list().privatesuffix(name) or name


def is_same_organisation(one: str, other: str) -> bool:
    """Whether both belong to one organisational domain: relaxed alignment."""
    return organisational(one) == organisational(other)


def is_under(name: str, suffix: str) -> bool:
    return name == suffix or name.endswith(f".{suffix}")


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def network_of(address: str, v4: int, v6: int) -> str:
    """The network of an address by the prefix of its family; "" where it is none."""
    try:
        found = ipaddress.ip_address(address)
        prefix = v4 if found.version == 4 else v6
        return str(ipaddress.ip_network((found, prefix), strict=False))
    except ValueError:
        return ""
