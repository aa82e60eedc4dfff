"""DKIM keys as DNS has them (RFC 6376, section 3.6.1; RFC 8301; RFC 8463)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MOST_TAGS = 30


@dataclass(frozen=True)
class DkimKey:
    """kind: "rsa", "ed25519", or "" where nobody can use it; `why` says then."""

    kind: str = ""
    bits: int = 0
    is_testing: bool = False
    is_revoked: bool = False
    why: str = ""


def read(record: str) -> DkimKey:
    """A key record; never raises."""
    tags = _tags_of(record)
    if tags is None:
        return DkimKey(why="syntax")
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        return DkimKey(why="no_key")
    packed = re.sub(r"\s", "", tags["p"])
    flags = _words(tags.get("t", ""))
    if not packed:
        return DkimKey(is_revoked=True)
    if "s" in tags and not {"*", "email"} & _words(tags["s"]):
        return DkimKey(why="not_for_mail")
    if "h" in tags and "sha256" not in _words(tags["h"]):
        return DkimKey(why="old_hash")
    kind, bits = _strength(tags.get("k", "rsa").lower(), packed)
    return DkimKey(kind, bits, is_testing="y" in flags, why="" if kind else "unreadable")


def _tags_of(record: str) -> dict[str, str] | None:
    """The tags; None where it is no list of them. v, if it is there, comes first."""
    tags: dict[str, str] = {}
    for number, field in enumerate(record.strip().rstrip(";").split(";")):
        name, equals, value = field.partition("=")
        name = name.strip()
        if not equals or not _TAG.fullmatch(name) or name in tags or number > _MOST_TAGS:
            return None
        if name == "v" and number:
            return None
        tags[name] = value.strip()
    return tags


def _words(value: str) -> set[str]:
    return {each.strip().lower() for each in value.split(":")}


def _strength(kind: str, packed: str) -> tuple[str, int]:
    try:
        octets = base64.b64decode(packed, validate=True)
        if kind == "ed25519":
            return (kind, 256) if len(octets) == 32 else ("", 0)
        public = load_der_public_key(octets) if kind == "rsa" else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "", 0
    return ("rsa", public.key_size) if isinstance(public, RSAPublicKey) else ("", 0)
