"""SPF records read by their grammar (RFC 7208, sections 5, 6, 7 and 12)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

MECHANISMS = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
# Each of these is a lookup (section 4.6.4); redirect is one, too.
LOOKING_UP = ("include", "a", "mx", "ptr", "exists")
_MOST_TERMS = 300
_TERM = re.compile(r"([+\-~?]?)([A-Za-z][A-Za-z0-9_.\-]*)(?:([:/=])([\x21-\x7e]*))?")
_MACRO = re.compile(r"%(?:%|_|-|\{[slodiphv](?:\d{0,3})r?[.\-+,/_=]*\})", re.IGNORECASE)
_CIDR = re.compile(
    r"(?:/(?:[0-9]|[12][0-9]|3[0-2]))?(?://(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?"
)
_TOP = re.compile(r"(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?", re.IGNORECASE)


class Malformed(ValueError):
    """The record is a permanent error to everybody. word: of the wording; term: the culprit."""

    def __init__(self, word: str, term: str = "") -> None:
        super().__init__(f"{word}: {term}")
        self.word, self.term = word, term[:100]


@dataclass(frozen=True)
class Term:
    """A mechanism or a modifier. domain: its target, "" where it has none of its own."""

    name: str
    qualifier: str = "+"
    domain: str = ""
    text: str = ""

    @property
    def has_macro(self) -> bool:
        return "%" in self.domain


@dataclass(frozen=True)
class Spf:
    """A record. terms: its mechanisms in order, up to `all`; all: how that is qualified, or ""."""

    terms: tuple[Term, ...]
    all: str = ""
    redirect: Term | None = None

    @property
    def passes_everybody(self) -> bool:
        """`+all`, or a network of the whole world by another name."""
        return self.all == "+" or any(
            term.name in ("ip4", "ip6") and term.qualifier == "+" and _is_whole_world(term.domain)
            for term in self.terms
        )


def is_spf(record: str) -> bool:
    """Whether a TXT record is one of SPF (section 4.5)."""
    start = record[:7].lower()
    return start == "v=spf1 " or record.lower() == "v=spf1"


def read(record: str) -> Spf:
    """Raises Malformed."""
    mechanisms: list[Term] = []
    modifiers: dict[str, Term] = {}
    if not record.isascii():
        raise Malformed("not_ascii")
    words = record[6:].split(" ")
    if len(words) > _MOST_TERMS:
        raise Malformed("too_many_terms")
    for word in filter(None, words):
        term = _term(word)
        if term.name in MECHANISMS:
            mechanisms.append(term)
        elif term.name in modifiers and term.name in ("redirect", "exp"):
            raise Malformed("twice", word)
        else:
            modifiers[term.name] = term
    return _record(mechanisms, modifiers.get("redirect"))


def _record(mechanisms: list[Term], redirect: Term | None) -> Spf:
    """What comes behind `all` is never looked at; nor is a redirect beside it (section 5.1)."""
    for number, term in enumerate(mechanisms):
        if term.name == "all":
            return Spf(tuple(mechanisms[:number]), term.qualifier)
    return Spf(tuple(mechanisms), redirect=redirect)


def _term(word: str) -> Term:
    found = _TERM.fullmatch(word)
    if found is None:
        raise Malformed("term", word)
    qualifier, name, mark, value = found.groups()
    name, value = name.lower(), value or ""
    if mark == "=":
        return _modifier(word, qualifier, name, value)
    if name not in MECHANISMS:
        raise Malformed("mechanism", word)
    domain = _READERS[name](mark or "", value, word)
    return Term(name, qualifier or "+", domain, word)


def _modifier(word: str, qualifier: str, name: str, value: str) -> Term:
    if qualifier or name in MECHANISMS:
        raise Malformed("term", word)
    if name in ("redirect", "exp"):
        _check_domain(value, word)
    return Term(name, "", value, word)


def _bare(mark: str, value: str, word: str) -> str:
    if mark:
        raise Malformed("term", word)
    return ""


def _domain(mark: str, value: str, word: str) -> str:
    if mark != ":":
        raise Malformed("term", word)
    return _check_domain(value, word)


def _optional(mark: str, value: str, word: str) -> str:
    return _domain(mark, value, word) if mark else ""


def _with_network(mark: str, value: str, word: str) -> str:
    """Of `a` and `mx`: an optional domain, then optional lengths of prefixes."""
    if not mark:
        return ""
    whole = value if mark == ":" else f"/{value}"
    # A slash may also be a delimiter within a macro; the lengths stand behind the last brace.
    brace = whole.rfind("}") + 1
    slash = whole.find("/", brace)
    domain, cidr = (whole, "") if slash < 0 else (whole[:slash], whole[slash:])
    if not _CIDR.fullmatch(cidr):
        raise Malformed("network", word)
    return _check_domain(domain, word) if mark == ":" else ""


def _network(mark: str, value: str, word: str) -> str:
    if mark != ":":
        raise Malformed("term", word)
    address, slash, length = value.partition("/")
    try:
        found = ipaddress.ip_address(address)
        if slash and (not length.isdigit() or int(length) > found.max_prefixlen):
            raise ValueError
    except ValueError:
        raise Malformed("network", word) from None
    if (found.version == 4) != word.lstrip("+-~?").lower().startswith("ip4"):
        raise Malformed("network", word)
    return value


def _check_domain(domain: str, word: str) -> str:
    """A domain-spec: macros of the known letters, and a name at its end. Raises Malformed."""
    without = _MACRO.sub("", domain)
    if not domain or "%" in without:
        raise Malformed("macro" if domain else "term", word)
    if not domain.endswith("}"):
        last = domain.removesuffix(".").rpartition(".")
        if not last[1] or not _TOP.fullmatch(last[2]):
            raise Malformed("domain", word)
    return domain.lower().removesuffix(".")


_READERS = {
    "all": _bare,
    "include": _domain,
    "exists": _domain,
    "ptr": _optional,
    "a": _with_network,
    "mx": _with_network,
    "ip4": _network,
    "ip6": _network,
}


def _is_whole_world(network: str) -> bool:
    try:
        return ipaddress.ip_network(network, strict=False).prefixlen == 0
    except ValueError:
        return False
