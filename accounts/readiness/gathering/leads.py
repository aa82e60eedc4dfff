"""Where records lead: the names that SPF and DMARC send whoever reads them to.

Read generously, for asking: whether a record is any good is judged elsewhere, from its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TERM = re.compile(r"[+\-~?]?(include|exists|a|mx|ptr)(?:([:/])(\S*))?", re.IGNORECASE)
_REDIRECT = re.compile(r"redirect=(\S+)", re.IGNORECASE)
_ALL = re.compile(r"[+\-~?]?all", re.IGNORECASE)
_MOST_TERMS = 300


@dataclass(frozen=True)
class Lead:
    """One lookup of SPF. name: of whom; "" where it depends on each letter, or is never asked."""

    kind: str
    name: str


def spf_of(records: list[str]) -> str:
    """The SPF record among the TXT records of a name, or ""."""
    found = (each for each in records if each.lower() == "v=spf1" or each[:7].lower() == "v=spf1 ")
    return next(found, "")


def leads_of(record: str, domain: str) -> list[Lead]:
    """The lookups of an SPF record, in its order; nothing behind `all` (RFC 7208 §5.1)."""
    leads: list[Lead] = []
    onward = ""
    for word in record.split()[1:_MOST_TERMS]:
        if _ALL.fullmatch(word):
            return leads
        if found := _REDIRECT.fullmatch(word):
            onward = found[1]
        elif found := _TERM.fullmatch(word):
            kind = found[1].lower()
            name = found[3].rpartition("}")[2] if "%" in (found[3] or "") else found[3]
            name = (name or "").partition("/")[0] if found[2] == ":" else domain
            is_open = kind == "ptr" or "%" in (found[3] or "")
            leads.append(Lead(kind, "" if is_open else _plain(name)))
    if onward:
        leads.append(Lead("redirect", "" if "%" in onward else _plain(onward)))
    return leads


def report_hosts(record: str) -> list[str]:
    """The hosts that a DMARC record sends reports to by mail, each once."""
    found: dict[str, None] = {}
    for tag in record.split(";"):
        name, _, value = tag.partition("=")
        if name.strip().lower() not in ("rua", "ruf"):
            continue
        for each in value.split(","):
            scheme, _, address = each.strip().partition(":")
            host = address.partition("!")[0].rpartition("@")[2]
            if scheme.lower() == "mailto" and host:
                found[_plain(host)] = None
    return list(found)


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
