"""DMARC records (RFC 9989, section 4.8; before it RFC 7489).

The gate asks more than a receiver does: one that finds a value it does not know takes the default,
and protects less than the agency believes. So such a record is malformed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from accounts.readiness.reading.errors import Unreadable

POLICIES = ("none", "quarantine", "reject")
_MOST_TAGS, _MOST_URIS = 40, 20
_START = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_TAG = re.compile(r"([a-z]+)[ \t]*=[ \t]*([\x20-\x3a\x3c-\x7e]+)", re.IGNORECASE)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# "!10m" behind an address is a limit of size, which nobody heeds any more.
_MAILTO = re.compile(
    rf"mailto:({_ATOM.replace('!', '')}(?:\.{_ATOM.replace('!', '')})*@{_LABEL}(?:\.{_LABEL})+)"
    r"(?:!\d+[kmgt]?)?",
    re.IGNORECASE,
)
# The words that a value may be; what is not here is free.
_WORDS = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "t": ("y", "n"),
    "psd": ("y", "n", "u"),
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
}

# Tags that may stand there once; what else there is must be ignored.
_KNOWN = (*_WORDS, "rua", "ruf", "fo", "pct", "rf", "ri")


@dataclass(frozen=True)
class Dmarc:
    """policy, sp, np: as they come out where they are not said, too. rua: addresses of reports;
    odd: of these the ones that nobody could write to.
    """

    policy: str
    sp: str
    np: str
    is_testing: bool = False
    rua: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


def is_dmarc(record: str) -> bool:
    """Whether a TXT record claims to be DMARC; of the version, case counts."""
    return _START.match(record) is not None


def read(record: str) -> Dmarc:
    """Raises Unreadable."""
    tags = _tags_of(record)
    for name, words in _WORDS.items():
        if name in tags and tags[name].lower() not in words:
            raise Unreadable(f"{name}={tags[name]}")
    said = {name: tags[name].lower() for name in _WORDS if name in tags}
    policy = said.get("p", "none")
    sp = said.get("sp", policy)
    rua, odd = _addresses(tags.get("rua", ""))
    return Dmarc(policy, sp, said.get("np", sp), said.get("t") == "y", rua, odd)


def _tags_of(record: str) -> dict[str, str]:
    start = _START.match(record)
    if start is None:
        raise Unreadable("v=DMARC1")
    tags: dict[str, str] = {}
    # What stands behind the last semicolon may be nothing.
    fields = record[start.end() :].strip(" \t")
    for field in fields.removesuffix(";").split(";")[: _MOST_TAGS + 1] if fields else []:
        found = _TAG.fullmatch(field.strip(" \t"))
        if found is None or len(tags) == _MOST_TAGS:
            raise Unreadable(field.strip())
        name = found[1].lower()
        if name == "v" or (name in tags and name in _KNOWN):
            raise Unreadable(field.strip())
        tags[name] = found[2].strip(" \t")
    return tags


def _addresses(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where reports go, and what is there besides."""
    uris = [each.strip(" \t") for each in value.split(",")[:_MOST_URIS]] if value else []
    found = [(uri, _MAILTO.fullmatch(uri)) for uri in uris]
    return (
        tuple(match[1] for _, match in found if match),
        tuple(uri for uri, match in found if not match),
    )
