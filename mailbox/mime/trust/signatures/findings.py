"""What a signature on a message is worth, and whose keys it takes to find out."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from mailbox.mime.charsets import one_line
from mailbox.mime.headers import Headers, raw_text

FIELD = "dkim-signature"
_TAG = re.compile(r"\s*([a-z][a-z0-9_]*)\s*=([^;]*)", re.IGNORECASE)
# A name of DNS (RFC 1035 §2.3.4), and nothing else, is looked up.
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?", re.IGNORECASE)
_LONGEST_FIELD = 8_192


class Result(StrEnum):
    """PASS alone is proof. Words of ours, kept as facts of a test letter.

    PARTIAL: right, but l= leaves the end of the letter open to anybody. WEAK: SHA-1, or RSA
    below 1024 bits (RFC 8301). NO_KEY, REVOKED, SEVERAL, TESTING: of the record in DNS; SILENT:
    its servers did not answer. NOT_FROM: the author is not under it (§5.4). COSTLY: it took too
    long to verify. UNTESTED: there were more than we look at.
    """

    PASS = "pass"  # noqa: S105  # a verdict, not a password
    FAIL = "fail"
    PARTIAL = "partial"
    WEAK = "weak"
    EXPIRED = "expired"
    NOT_FROM = "not_from"
    BAD = "bad"
    NO_KEY = "no_key"
    REVOKED = "revoked"
    SEVERAL = "several"
    TESTING = "testing"
    SILENT = "silent"
    COSTLY = "costly"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Finding:
    """One signature: d= its domain, s= its selector, and the key's size in bits where known."""

    d: str
    s: str
    result: str
    algorithm: str = ""
    bits: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Signature:
    """A signature as its field claims it. place: which of the message's, the topmost 0."""

    place: int
    domain: str
    selector: str
    algorithm: str

    @property
    def record(self) -> str:
        """Where its key stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def is_name(self) -> bool:
        """Whether that is a name at all."""
        return len(self.record) <= 253 and _NAME.fullmatch(self.record) is not None

    def found(self, result: Result, bits: int = 0) -> Finding:
        return Finding(self.domain, self.selector, result.value, self.algorithm, bits)


def signatures_of(headers: Headers) -> list[Signature]:
    """Every signature of a message in order, what it claims cut to what can be shown."""
    found = []
    for place, value in enumerate(headers.get_all(FIELD)):
        tags = tags_of(raw_text(value[:_LONGEST_FIELD]))
        found.append(
            Signature(
                place,
                _shown(tags.get("d", ""), 253).lower(),
                _shown(tags.get("s", ""), 63),
                _shown(tags.get("a", ""), 30).lower(),
            )
        )
    return found


def tags_of(text: str) -> dict[str, str]:
    """The tags of a signature or a key (§3.2), blanks taken out; the first of a name counts."""
    tags: dict[str, str] = {}
    for match in _TAG.finditer(text):
        tags.setdefault(match[1].lower(), "".join(match[2].split()))
    return tags


def unfit_key(records: list[str]) -> Result | None:
    """Why these TXT records hold no key that counts, or None if they do."""
    keys = [tags for each in records if "p" in (tags := tags_of(each))]
    if len(keys) != 1:
        return Result.SEVERAL if keys else Result.NO_KEY
    if not keys[0]["p"]:
        return Result.REVOKED
    return Result.TESTING if "y" in keys[0].get("t", "").split(":") else None


def _shown(text: str, most: int) -> str:
    seen = "".join(each for each in one_line(text[:most]) if each.isascii() and each.isprintable())
    return seen[:most]
