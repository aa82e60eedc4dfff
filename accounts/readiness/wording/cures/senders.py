"""Cures of TR-1: the agency's own SPF record, mended, with all that is good in it kept."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.readiness.checks.case import texts
from accounts.readiness.wording.cures.pasting import (
    Cure,
    Facts,
    Make,
    PasteLine,
    plain,
    record,
    said,
)

_ALL = re.compile(r"[+\-~?]?all", re.IGNORECASE)
_WHOLE_WORLD = re.compile(r"\+?ip[46]:\S+/0", re.IGNORECASE)
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


def ended(words: list[str], end: str = "-all") -> str:
    """A record of these words, each once, with one end; a redirect would not count beside it."""
    kept = [
        each
        for each in dict.fromkeys(words)
        if not _ALL.fullmatch(each) and not _WHOLE_WORLD.fullmatch(each)
    ]
    kept = [each for each in kept if not each.lower().startswith("redirect=")]
    return " ".join(["v=spf1", *kept, end])


def _own(facts: Facts, name: str) -> PasteLine:
    return record("TXT", name, ended(_words(said(facts, "record"))))


def _first(facts: Facts, name: str) -> Cure:
    return Cure(str(_FIRST), (record("TXT", name, "v=spf1 mx ~all"),))


def _mended(sentence: Promise) -> Make:
    def make(facts: Facts, name: str) -> Cure:
        return Cure(str(sentence), (_own(facts, name),))

    return make


def _merged(facts: Facts, name: str) -> Cure:
    """One of several: the words of all, and the softer end, lest a sender be lost."""
    found = texts(facts.get("records"))
    words = [word for each in found for word in _words(each)]
    return Cure(str(_ONE), (record("TXT", name, ended(words, "~all")),))


def _without_term(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Mend the misspelt word. If you do not know what it is for, ask whoever entered it; this "
        "is the record without it."
    )
    culprit = said(facts, "term")
    words = [each for each in _words(said(facts, "record")) if each[:100] != culprit]
    value = ended(words, "~all") if all(each.isascii() for each in words) else "v=spf1 mx ~all"
    return Cure(str(sentence), (record("TXT", name, value),))


def _without_name(facts: Facts, name: str) -> Cure:
    culprit = said(facts, "name").split(" ")[0].lower()
    words = _words(said(facts, "record"))
    kept = [each for each in words if not culprit or culprit not in each.lower()]
    end = next((each for each in words if _ALL.fullmatch(each)), "-all")
    is_nested = kept == words
    lines = () if is_nested else (record("TXT", name, ended(kept, end)),)
    return Cure(str(_BROKEN), lines)


def _fewer(facts: Facts, name: str) -> Cure:
    words = _words(said(facts, "record"))
    kept = [each for each in words if not re.fullmatch(r"[+?~-]?ptr(:\S+)?", each, re.IGNORECASE)]
    end = next((each for each in words if _ALL.fullmatch(each)), "-all")
    # Nobody should use "ptr" at all (RFC 7208, section 5.5); it can go without being missed.
    lines = () if kept == words else (record("TXT", name, ended(kept, end)),)
    return Cure(str(_FEWER), lines)


CURES: dict[str, Make] = {
    "spf_missing": _first,
    "spf_several": _merged,
    "spf_too_long": _fewer,
    "spf_malformed": _without_term,
    "spf_passes_all": _mended(_MENDED),
    "spf_include_passes_all": _without_name,
    "spf_neutral": _mended(_MENDED),
    "spf_open": _mended(_MENDED),
    "spf_too_many_lookups": _fewer,
    "spf_too_many_void": _fewer,
    "spf_loop": _without_name,
    "spf_many_mx": _fewer,
    "spf_include_none": _without_name,
    "spf_include_many": _without_name,
    "spf_include_malformed": _without_name,
    "spf_lost": _without_name,
}
