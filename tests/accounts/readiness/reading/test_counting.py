"""SPF's cost, told by us and by checkdmarc over the same records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dns.rdata
import dns.resolver
import pytest
from checkdmarc import spf as theirs
from checkdmarc.utils import DNS_CACHE
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.readiness.reading import spf
from accounts.readiness.reading.counting import Answer, Cost, count
from accounts.readiness.reading.spf import Malformed

NAMES = [f"n{number}.example" for number in range(5)]
# What a name has, by kind; a name that is not there does not exist.
Zone = dict[str, dict[str, list[str]]]


class OverZone(dns.resolver.Resolver):
    """A resolver that knows a zone, as checkdmarc takes one; it asks nobody."""

    def __init__(self, zone: Zone) -> None:
        super().__init__(configure=False)
        self._zone = zone

    def resolve(self, qname: Any, rdtype: Any = "A", *args: Any, **rest: Any) -> Any:
        name = str(qname).removesuffix(".")
        if name not in self._zone:
            raise dns.resolver.NXDOMAIN
        found = self._zone[name].get(str(rdtype), [])
        if not found:
            raise dns.resolver.NoAnswer
        return [dns.rdata.from_text("IN", str(rdtype), each) for each in found]


def _asked(zone: Zone, name: str, kind: str) -> tuple[Answer, list[str]]:
    found = zone.get(name, {}).get(kind, [])
    texts = [each.strip('"') for each in found]
    return (Answer.FOUND, texts) if found else (Answer.EMPTY, [])


def _ours(zone: Zone) -> Cost | Malformed:
    record = zone[NAMES[0]]["TXT"][0].strip('"')
    try:
        return count(spf.read(record), NAMES[0], lambda name, kind: _asked(zone, name, kind))
    except Malformed as error:
        return error


def _theirs(zone: Zone) -> Mapping[str, Any] | Exception:
    DNS_CACHE.clear()
    record = zone[NAMES[0]]["TXT"][0].strip('"')
    try:
        return theirs.parse_spf_record(record, NAMES[0], resolver=OverZone(zone), retries=0)
    except theirs.SPFError as error:
        return error


TARGETS = st.sampled_from([*NAMES, "gone.example"])
TERMS = st.one_of(
    st.sampled_from(["a", "mx", "ip4:192.0.2.1", "ip6:2001:db8::1", "a/24", "mx/24//64"]),
    st.builds(
        lambda sign, kind, name: f"{sign}{kind}:{name}",
        st.sampled_from(["", "", "-", "~", "?", "+"]),
        st.sampled_from(["a", "mx", "include", "include"]),
        TARGETS,
    ),
    # Of `exists` without an answer checkdmarc counts no void lookup, we do (section 4.6.4).
    st.sampled_from(
        [
            "exists:n4.example",
            "exists:%{i}.n1.example",
            "include:%{d}.n2.example",
            "a:n1.example/24",
        ]
    ),
)
ENDS = st.one_of(
    st.sampled_from(["-all", "~all", "?all"]), st.builds("redirect={}".format, TARGETS)
)
RECORDS = st.builds(
    lambda terms, end: f'"v=spf1 {" ".join([*terms, end])}"', st.lists(TERMS, max_size=5), ENDS
)


@st.composite
def zones(draw: st.DrawFn) -> Zone:
    zone: Zone = {}
    for name in NAMES:
        has = {"TXT": [draw(RECORDS)]}
        if name == NAMES[4] or draw(st.booleans()):
            has["A"] = ["192.0.2.1"]
        if draw(st.booleans()):
            has["MX"] = [f"10 {NAMES[1]}."]
        zone[name] = has
    return zone


@settings(max_examples=100, deadline=None)
@given(zones())
def test_lookups_are_counted_as_checkdmarc_counts_them(zone: Zone) -> None:
    ours, other = _ours(zone), _theirs(zone)
    if isinstance(other, theirs.SPFTooManyDNSLookups):
        # They stop there, we go on to the end.
        assert isinstance(ours, Cost) and (ours.lookups > 10 or ours.errors)
    elif isinstance(other, theirs.SPFTooManyVoidDNSLookups):
        assert isinstance(ours, Cost) and (ours.void > 2 or ours.errors or ours.lookups > 10)
    elif isinstance(other, Exception):
        assert isinstance(ours, Malformed) or ours.errors
    else:
        assert isinstance(ours, Cost)
        assert (ours.lookups, ours.void) == (other["dns_lookups"], other["void_dns_lookups"])


WORDS = st.one_of(
    TERMS,
    st.sampled_from(
        [
            *("ip4:1.2.3", "ip4:1.2.3.4/33", "ip6:::/129", "a:", "include", "include:", "all:x"),
            *("a:-bad-.example", "exists:%{z}.x.example", "exists:%(d)", "foo", "foo=bar", "exp=x"),
            *("ptr", "ptr:n1.example", "-all", "redirect=", "a:n1", "mx:n1.example/33", "~mx"),
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=4), st.sampled_from(["-all", "~all"]))
def test_what_checkdmarc_refuses_we_refuse(words: list[str], end: str) -> None:
    record = " ".join(["v=spf1", *words, end])
    zone: Zone = {name: {"A": ["192.0.2.1"], "TXT": ['"v=spf1 -all"']} for name in NAMES}
    zone[NAMES[0]] = {"TXT": [f'"{record}"']}
    other = _theirs(zone)
    if isinstance(other, theirs.SPFSyntaxError):
        with pytest.raises(Malformed):
            spf.read(record)


def test_a_chain_without_end_is_bounded() -> None:
    def ask(name: str, kind: str) -> tuple[Answer, list[str]]:
        return Answer.FOUND, [f"v=spf1 include:x{name} include:y{name} -all"]

    cost = count(spf.read("v=spf1 include:z.example -all"), "a.example", ask)
    assert 10 < cost.lookups <= 60


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_nothing_makes_the_reader_fall(text: str) -> None:
    try:
        spf.read(f"v=spf1 {text}")
    except Malformed as error:
        assert len(error.term) <= 100
