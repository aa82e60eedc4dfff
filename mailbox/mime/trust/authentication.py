"""What our own MTA found out about a sender: Authentication-Results (RFC 8601).

Only the topmost field is believed, only in the block of fields that the last
hop wrote, and only if it bears our MTA's own name: everything below came with the
message, and anybody may write such a field. With no name set nothing is believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mailbox.mime.headers import Headers, raw_text

MAX_FIELD = 16_384
MAX_RESULTS = 50
PASSED = "pass"
# RFC 8601 2.7: the results that are more than "nothing was found".
_FAILED = frozenset(("fail", "permerror", "policy"))
_METHOD = re.compile(r"([a-z0-9-]{1,40})(?:/\d{1,4})?=([a-z]{1,20})", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z0-9-]{1,40})\.([a-z0-9-]{1,40})=([^\n]{1,500})", re.IGNORECASE)
# A word may hold quoted strings, with blanks in them: what stands in one says nothing by itself.
_WORD = re.compile(r"(?:[^\s\"]|\"[^\"]*\"?)+")
_SPACED = re.compile(r"\s{0,20}([=])\s{0,20}")
_PLAIN = re.compile(r'"(?:[^"\\]|\\.)*"?|\\.|[^"\\()]+|.', re.DOTALL)
_COMMENTED = re.compile(r"\\.|[()]|[^\\()]+|.", re.DOTALL)
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_TRACE = "received"


@dataclass(frozen=True)
class Authentication:
    """The verdicts of our MTA, in its words ("pass", "fail", "none" …); "" where it said nothing.

    is_checked: our MTA spoke. dkim_domain, spf_domain: of the verdict beside it.
    aligned: the domain that proves the address in From, "" if none does; is_signed:
    it does so by a DKIM signature.
    """

    is_checked: bool = False
    dkim: str = ""
    dkim_domain: str = ""
    spf: str = ""
    spf_domain: str = ""
    dmarc: str = ""
    arc: str = ""
    aligned: str = ""
    is_signed: bool = False

    @property
    def is_proven(self) -> bool:
        """Whether the address in From is what its domain vouches for."""
        return bool(self.aligned)

    @property
    def has_failed(self) -> bool:
        """Whether somebody's check says that the sender is not who From names."""
        if self.dmarc == "fail":
            return True
        return not self.is_proven and (self.dkim in _FAILED or self.spf in _FAILED)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Authentication:
        """What `to_json` gave; names it does not know are left out."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__ if name in value})


@dataclass(frozen=True)
class _Result:
    method: str
    verdict: str
    properties: dict[str, str]


def read_authentication(
    headers: Headers, authserv_id: str, from_domains: Sequence[str]
) -> Authentication:
    """The verdicts on a message; from_domains: the domain of every address in From.

    authserv_id: the name our MTA signs its findings with (RFC 8601 2.5); empty: no
    field is believed. A From with several addresses is proven by nothing.
    """
    field = _own_field(headers, authserv_id)
    if field is None:
        return Authentication()
    results = _results(field)
    found = Authentication(is_checked=True)
    dkim = _best(results, "dkim", "header.d", from_domains, ("header.i",))
    if dkim is not None:
        found = replace(found, dkim=dkim[0], dkim_domain=dkim[1])
    spf = _best(results, "spf", "smtp.mailfrom", from_domains, ("smtp.helo",))
    if spf is not None:
        found = replace(found, spf=spf[0], spf_domain=spf[1])
    dmarc = _first(results, "dmarc")
    arc = _first(results, "arc")
    found = replace(found, dmarc=dmarc.verdict if dmarc else "", arc=arc.verdict if arc else "")
    if len(from_domains) != 1:
        return found
    return _aligned(found, dmarc, from_domains[0].lower())


def _aligned(found: Authentication, dmarc: _Result | None, sender: str) -> Authentication:
    """Say which domain proves the sender's, if one does (RFC 7489 3.1)."""
    if dmarc is not None and dmarc.verdict == "fail":
        return found
    if found.dkim == PASSED and is_under(found.dkim_domain, sender):
        return replace(found, aligned=sender, is_signed=True)
    named = _domain(dmarc.properties.get("header.from", "")) if dmarc else ""
    if dmarc is not None and dmarc.verdict == PASSED and named == sender:
        return replace(found, aligned=sender)
    if found.spf == PASSED and is_under(found.spf_domain, sender):
        return replace(found, aligned=sender)
    return found


def is_under(domain: str, above: str) -> bool:
    """Whether a domain is `above` or below it; who holds `above` answers for it."""
    return bool(above) and (domain == above or domain.endswith("." + above))


def _own_field(headers: Headers, authserv_id: str) -> str | None:
    """The topmost field, if our MTA wrote it: above the second hop's trace."""
    if not authserv_id:
        return None
    hops = 0
    for name, value in headers.fields:
        hops += name == _TRACE
        if hops > 1:
            return None
        if name != "authentication-results":
            continue
        text = without_comments(raw_text(value[:MAX_FIELD]))
        identity, _, rest = text.partition(";")
        # A version may stand behind the name (RFC 8601 2.2).
        named = identity.split()
        if named and named[0].strip('"').lower() == authserv_id.lower():
            return rest
    return None


def without_comments(text: str) -> str:
    """A structured field without its comments, however deep; strings in quotes stay (RFC 5322)."""
    out: list[str] = []
    depth = position = 0
    while match := (_COMMENTED if depth else _PLAIN).match(text, position):
        position, lexeme = match.end(), match[0]
        if lexeme == "(":
            depth += 1
        elif lexeme == ")":
            depth = max(0, depth - 1)
            out.append(" ")
        elif not depth:
            # A quote that ends no string must not seem to end one: which letter it is matters not.
            out.append(_ESCAPED.sub("_", lexeme))
    return "".join(out)


def _results(text: str) -> list[_Result]:
    """The findings in a field: method, verdict and properties, at most MAX_RESULTS of them."""
    found = []
    for piece in _pieces(text)[:MAX_RESULTS]:
        words = _WORD.findall(_SPACED.sub(r"\1", piece.strip()))
        method = _METHOD.fullmatch(words[0]) if words else None
        if method is None:
            continue
        properties: dict[str, str] = {}
        for word in words[1:]:
            match = _PROPERTY.fullmatch(word)
            if match:
                name = f"{match[1]}.{match[2]}".lower()
                properties.setdefault(name, match[3].strip('"'))
        found.append(_Result(method[1].lower(), method[2].lower(), properties))
    return found


def _pieces(text: str) -> list[str]:
    """The text between semicolons; those in a quoted string do not count."""
    pieces, start, is_quoted = [], 0, False
    for position, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif character == ";" and not is_quoted:
            pieces.append(text[start:position])
            start = position + 1
    pieces.append(text[start:])
    return pieces


def _first(results: Sequence[_Result], method: str) -> _Result | None:
    return next((one for one in results if one.method == method), None)


def _best(
    results: Sequence[_Result],
    method: str,
    key: str,
    from_domains: Sequence[str],
    others: Sequence[str],
) -> tuple[str, str] | None:
    """The verdict that says most, and its domain: an aligned pass, a pass, an aligned failure."""
    sender = from_domains[0].lower() if len(from_domains) == 1 else ""
    ranked = []
    for one in results:
        if one.method != method:
            continue
        named = (one.properties[name] for name in (key, *others) if name in one.properties)
        domain = _domain(next(named, ""))
        is_aligned = is_under(domain, sender)
        rank = (one.verdict == PASSED) * 2 + is_aligned
        ranked.append((rank, one.verdict, domain))
    if not ranked:
        return None
    # The first of equals: a field is written in the order of the checks.
    _rank, verdict, domain = max(ranked, key=lambda entry: entry[0])
    return verdict, domain


def _domain(value: str) -> str:
    """The domain in a property: of an address, of "@domain", or the value itself."""
    return value.rpartition("@")[2].strip().rstrip(".").lower()
