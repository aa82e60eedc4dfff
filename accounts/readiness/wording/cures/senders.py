"""Cures of TR-1: the agency's own SPF record, mended, with all that is good in it kept."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from accounts.readiness.checks.case import number, texts
from accounts.readiness.reading import spf
from accounts.readiness.wording.cures.pasting import (
    Cure,
    Facts,
    Make,
    plain,
    record,
    said,
)

_ALL = re.compile(r"[+\-~?]?all", re.IGNORECASE)
_WHOLE_WORLD = re.compile(r"\+?ip[46]:\S+/0", re.IGNORECASE)
_REDIRECT = re.compile(r"redirect=(\S+)", re.IGNORECASE)
_PTR = re.compile(r"[+?~-]?ptr(:\S+)?", re.IGNORECASE)
_TARGET = re.compile(
    r"(?:[+\-~?]?(?:include|a|mx|ptr|exists):|redirect=)([^\s/]+)(?:/\S*)?", re.IGNORECASE
)
_STRICT = ("-all", "~all")
_USUAL = "v=spf1 mx ~all"
_MOST_TERMS = 50
# RFC 7208, section 4.6.4.
MOST_LOOKUPS, MOST_VOID = 10, 2
_FIRST = _(
    "Before you change it, list every server and service that sends in the name of the domain: "
    "newsletters, systems of other divisions, scanners. What is missing from the list may be "
    "refused afterwards."
)
_MENDED = _(
    "Enter this record in place of the present one. Before you do, list every server and service "
    "that sends in the name of the domain: what is not in it may be refused afterwards."
)
_ONE = _("Take all of these records out and enter this one alone; check that no sender is missing.")
_FEWER = _(
    "Take out what is no longer used, and put the addresses of servers (ip4:, ip6:) in place of "
    "“a”, “mx” and “include” where they seldom change. Services that bring many lookups of their "
    "own can send from a name below the domain with a record of its own."
)
_BROKEN = _(
    "Ask whose record it is to mend it. If you no longer use that service, enter this record, "
    "which is yours without it."
)


def _words(value: str) -> list[str]:
    return [each for each in plain(value).split(" ") if each][1:]


def ended(words: list[str], end: str = "") -> str:
    """A record of these words, each once, with one end: this, else their own strict one, else -all.

    A redirect would not count beside an end: where it counted until now, its senders are included.
    Where nobody is left, the servers that receive mail may send.
    """
    own = [each.lower() for each in words if _ALL.fullmatch(each)]
    kept: dict[str, None] = {}
    for each in words:
        redirected = _REDIRECT.fullmatch(each)
        if redirected and not own:
            kept[f"include:{redirected[1]}"] = None
        elif not (redirected or _ALL.fullmatch(each) or _WHOLE_WORLD.fullmatch(each)):
            kept[each] = None
    if not kept:
        return _USUAL
    return " ".join(["v=spf1", *kept, end or (own[0] if own and own[0] in _STRICT else "-all")])


def _first(facts: Facts, name: str) -> Cure:
    return Cure(str(_FIRST), (record("TXT", name, _USUAL),))


def _mended(facts: Facts, name: str) -> Cure:
    return Cure(str(_MENDED), (record("TXT", name, ended(_words(said(facts, "record")))),))


def _closed(facts: Facts, name: str) -> Cure:
    """Without what lets everybody in: its own end, a network of the whole world, or a redirect."""
    words = _words(said(facts, "record"))
    is_own = any(_ALL.fullmatch(each) or _WHOLE_WORLD.fullmatch(each) for each in words)
    kept = [each for each in words if is_own or not _REDIRECT.fullmatch(each)]
    return Cure(str(_MENDED), (record("TXT", name, ended(kept)),))


def _merged(facts: Facts, name: str) -> Cure:
    """One of several: the words of all, and the softer end, lest a sender be lost."""
    words: list[str] = []
    for each in texts(facts.get("records")):
        # Each by itself: an end of one record never silenced the redirect of another.
        words += ended(_words(each), "~all").split(" ")[1:-1]
    return Cure(str(_ONE), (record("TXT", name, ended(words, "~all")),))


def _without_term(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Mend the misspelt word. If you do not know what it is for, ask whoever entered it; this "
        "is the record without it."
    )
    value = said(facts, "record")
    for _each in range(_MOST_TERMS):
        try:
            spf.read(value)
        except spf.Malformed as error:
            kept = [each for each in _words(value) if each[:100] != error.term]
            value = " ".join(["v=spf1", *kept]) if error.term else _USUAL
    return Cure(str(sentence), (record("TXT", name, ended(_words(value), "~all")),))


def _without_name(facts: Facts, name: str) -> Cure:
    """Without the words that lead there. Deep within others' records they are not to be found."""
    culprit = said(facts, "name").split(" ")[0].lower()
    words = _words(said(facts, "record"))
    kept = [each for each in words if not culprit or _target_of(each) != culprit]
    lines = () if kept == words else (record("TXT", name, ended(kept, _soft(words))),)
    return Cure(str(_BROKEN), lines)


def _soft(words: list[str]) -> str:
    """An end that refuses nobody whom the record did not refuse before."""
    return "" if any(each.lower() == "-all" for each in words) else "~all"


def _target_of(word: str) -> str:
    found = _TARGET.fullmatch(word)
    return found[1].lower().removesuffix(".") if found else ""


def _fewer(facts: Facts, name: str) -> Cure:
    """A record is proposed only where it is known to be enough."""
    words, empty = _words(said(facts, "record")), texts(facts.get("empty"))
    # Nobody should use "ptr" at all (RFC 7208, section 5.5); it can go without being missed, as
    # can what leads to nothing.
    gone = [each for each in words if _PTR.fullmatch(each) or _target_of(each) in empty]
    kept = [each for each in words if each not in gone]
    voids = sum(not _PTR.fullmatch(each) for each in gone)
    lookups, void = number(facts.get("lookups")) - len(gone), number(facts.get("void")) - voids
    is_enough = bool(gone) and lookups <= MOST_LOOKUPS and void <= MOST_VOID
    lines = (record("TXT", name, ended(kept, _soft(words))),) if is_enough else ()
    return Cure(str(_FEWER), lines)


def _by_hand(facts: Facts, name: str) -> Cure:
    """Too long to be known whole, or too much behind one word of it."""
    return Cure(str(_FEWER))


CURES: dict[str, Make] = {
    "spf_missing": _first,
    "spf_several": _merged,
    "spf_too_long": _by_hand,
    "spf_malformed": _without_term,
    "spf_passes_all": _closed,
    "spf_include_passes_all": _without_name,
    "spf_neutral": _mended,
    "spf_open": _mended,
    "spf_too_many_lookups": _fewer,
    "spf_too_many_void": _fewer,
    "spf_loop": _without_name,
    "spf_many_mx": _by_hand,
    "spf_include_none": _without_name,
    "spf_include_many": _without_name,
    "spf_include_malformed": _without_name,
    "spf_lost": _without_name,
}
