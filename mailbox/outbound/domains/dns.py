"""A key's record in DNS: what to paste there, and whether it is there (RFC 6376 §3.6).

Asked of the resolvers in DNS_RESOLVERS, or of the system's own.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress

from django.conf import settings
from dns import exception, nameserver, resolver

from accounts.naming import zone_file
from mailbox.models import SigningKey

# Seconds that one look may take: a page waits for it.
PATIENCE = 4.0
_KINDS = {SigningKey.Algorithm.RSA.value: "rsa", SigningKey.Algorithm.ED25519.value: "ed25519"}


def name_of(key: SigningKey) -> str:
    """Where its record stands, in A-labels (RFC 5890), without a dot at the end."""
    return key.record_name.encode("idna").decode().lower()


def record_of(key: SigningKey) -> str:
    """What its record says, in one piece, as most pages of DNS providers take it."""
    return f"v=DKIM1; k={_KINDS[key.algorithm]}; p={key.public_key}"


def zone_line_of(key: SigningKey) -> str:
    """The record as a zone file has it."""
    return zone_file.line_of("TXT", name_of(key), record_of(key))


def look_up(key: SigningKey) -> SigningKey.Seen:
    """Ask DNS for a key's record, within a few seconds; never raises."""
    try:
        answer = _resolver().resolve(name_of(key), "TXT", lifetime=PATIENCE)
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return SigningKey.Seen.MISSING
    except (exception.DNSException, OSError, UnicodeError, ValueError):
        return SigningKey.Seen.AWAY
    texts = [b"".join(each.strings) for each in answer]
    return judged(texts, key)


def judged(texts: list[bytes], key: SigningKey) -> SigningKey.Seen:
    """What the TXT records at a key's name are worth; two keys there are none (§3.6.2.2)."""
    tags = [_tags(text) for text in texts]
    found = [each for each in tags if "p" in each and each.get("v", "DKIM1") == "DKIM1"]
    if not found:
        return SigningKey.Seen.MISSING
    is_good = len(found) == 1 and _fits(found[0], key)
    return SigningKey.Seen.GOOD if is_good else SigningKey.Seen.DIFFERENT


def _fits(tags: dict[str, str], key: SigningKey) -> bool:
    """Whether a verifier would take this record for our key and for mail (§3.6.1)."""
    return (
        _octets(tags["p"]) == _octets(key.public_key) != b""
        and tags.get("k", "rsa") == _KINDS[key.algorithm]
        and "sha256" in tags.get("h", "sha256").split(":")
        and not {"*", "email"}.isdisjoint(tags.get("s", "*").split(":"))
    )


def _tags(text: bytes) -> dict[str, str]:
    """The tags of a record; blanks within mean nothing for those that are looked at."""
    pairs = (each.partition("=") for each in text.decode("ascii", "replace").split(";"))
    return {name.strip(): "".join(value.split()) for name, is_pair, value in pairs if is_pair}


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _resolver() -> resolver.Resolver:
    own = settings.DNS_RESOLVERS
    asked = resolver.Resolver(configure=not own)
    if own:
        asked.nameservers = [_server(each) for each in own]
    return asked


def _server(text: str) -> nameserver.Nameserver:
    """`address`, `address:port` or `[address]:port`; ValueError if it is none."""
    host, _, port = text.rpartition(":") if _has_port(text) else (text, "", "53")
    host = host.strip("[]")
    ipaddress.ip_address(host)
    return nameserver.Do53Nameserver(host, int(port))


def _has_port(text: str) -> bool:
    return "]:" in text or text.count(":") == 1
