"""Where the client goes, and where it does not, and why.

Officers type the names, and strangers' DNS says where they lead: without this the portal would
ask servers of its own network on anybody's behalf (request forgery). A name is only ever a name:
an address in its place, however it is spelt, is refused. See the IANA special-purpose registries
(RFC 6890), and for the forms that carry another address within: RFC 4291 §2.5.5, RFC 3056,
RFC 4380, RFC 6052.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import idna

from accounts.probing.failing import ProbeFailed
from accounts.probing.observations import Status

Network = IPv4Network | IPv6Network

# Where mail is signed in to, and what is spoken there.
SIGN_IN = {
    25: "submission",
    110: "pop3",
    143: "imap",
    465: "submission",
    587: "submission",
    993: "imap",
    995: "pop3",
}
PAGES = {"http": 80, "https": 443}
# What mail and web servers listen on; a stranger's other ports are none of our business, and
# whoever could choose them freely would have a scanner of ports.
PORTS = frozenset({*SIGN_IN, *PAGES.values()})

# The first that holds an address says why.
_REFUSED: tuple[tuple[str, tuple[str, ...]], ...] = (
    # Clouds tell secrets of a machine here; the third looks public and is not (Azure).
    (
        "metadata",
        (
            "169.254.169.254/32",
            "169.254.170.0/24",
            "168.63.129.16/32",
            "100.100.100.200/32",
            "192.0.0.192/32",
            "fd00:ec2::/32",
            "fd20:ce::254/128",
        ),
    ),
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("link_local", ("169.254.0.0/16", "fe80::/10")),
    (
        "private",
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",  # shared by an operator's customers (RFC 6598)
            "fc00::/7",
            "fec0::/10",
        ),
    ),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    (
        "mapped",
        (
            "::ffff:0:0/96",
            "::ffff:0:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
        ),
    ),
    (
        "reserved",
        (
            "0.0.0.0/8",  # connects to this machine
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "::/8",
            "100::/8",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
        ),
    ),
)
_NETWORKS = [(ip_network(each), kind) for kind, networks in _REFUSED for each in networks]
# All that is given out as global unicast (RFC 4291 §2.4).
_GLOBAL = IPv6Network("2000::/3")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# The last label of a name is never a number; "127.1" and "0x7f.1" are addresses (WHATWG URL §3.5).
_LAST = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def why_not(address: str, also: Sequence[Network] = ()) -> str:
    """The kind of an address we do not go to, or "" where we may.

    also: networks that are allowed all the same. What is no address is "reserved".
    """
    try:
        found = ip_address(address)
    except ValueError:
        return "reserved"
    if any(found in network for network in also if network.version == found.version):
        return ""
    return _kind_of(found)


def _kind_of(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address) and address.scope_id:
        return "link_local"
    for network, kind in _NETWORKS:
        if network.version == address.version and address in network:
            return kind
    is_odd = isinstance(address, IPv6Address) and address not in _GLOBAL
    return "reserved" if is_odd or not address.is_global else ""


def host_of(text: str) -> str:
    """The name of a host as DNS knows it: A-labels, small letters, no dot at the end.

    Raises ProbeFailed: "literal" for an address in a name's place, however it is spelt, and
    "bad_name" for what is no host's name at all.
    """
    name = text.lower() if text.isascii() else _a_labels(text)
    name = name.removesuffix(".")
    if _is_address(name):
        raise ProbeFailed(Status.FORBIDDEN, "literal")
    labels = name.split(".")
    is_name = len(labels) > 1 and len(name) <= 253 and all(map(_LABEL.fullmatch, labels))
    if not is_name or not _LAST.fullmatch(labels[-1]):
        raise ProbeFailed(Status.BROKEN, "bad_name")
    return name


def _a_labels(text: str) -> str:
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        # Digits in other dress may spell an address; nothing else here is worth a look.
        raise ProbeFailed(Status.BROKEN, "bad_name") from None


def _is_address(name: str) -> bool:
    if ":" in name or name.startswith("["):
        return True
    last = name.rpartition(".")[2]
    return re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) is not None
