"""What a search says of itself: how far it came, what it could not look at, how its index is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from govmail_portal import dates
from mailbox.searching.operators import DATES, NAMES, SIZES
from mailbox.searching.query import Problem
from mailbox.searching.stepping.steps import Step
from mailbox.searching.words import normalise


class Told(Protocol):
    """What the sentences are made of; `outcome.Outcome` is one."""

    @property
    def state(self) -> str: ...
    @property
    def found(self) -> int: ...
    @property
    def broken(self) -> int: ...
    @property
    def partial(self) -> int: ...
    @property
    def back_to(self) -> str: ...


# By kind of problem; what a value should be like is `_unread`'s to say.
_PROBLEMS: Mapping[str, Promise] = {
    "empty": gettext_lazy("Nothing follows “%(text)s”. It was searched as a word."),
    "quote": gettext_lazy(
        "A quotation mark is not closed. What follows it was searched as one phrase."
    ),
    "long": gettext_lazy("The search is too long. Its first 500 characters were searched."),
    "terms": gettext_lazy("The search has too many words. The first 40 were searched."),
    "deep": gettext_lazy("There are too many parentheses. The inner ones were searched as words."),
    "place": gettext_lazy("There is no folder or label “%(text)s”. It was searched as a word."),
    "label": gettext_lazy("There is no label “%(text)s”. It was searched as a word."),
    "nothing": gettext_lazy("The search holds no word to look for: all letters are shown."),
    "signs": gettext_lazy(
        "The search holds characters that cannot be searched. They were left out."
    ),
}


def sentence_of(problem: Problem) -> str:
    """What could not be read as meant, in a sentence."""
    sentence = _PROBLEMS.get(problem.kind)
    if sentence is None:
        return _unread(problem.text, normalise(problem.text.partition(":")[0]))
    return str(sentence) % {"text": problem.text}


def _unread(text: str, name: str) -> str:
    said = _("“%(text)s” could not be understood, and was searched as words.") % {"text": text}
    hint = {
        "has": _("After has: attachment, image or pdf."),
        "is": _("After is: unread, read, starred, urgent, snoozed or muted."),
    }.get(NAMES.get(name, ""), "")
    if NAMES.get(name) in DATES:
        hint = _("A day is written like 1/1/2569, 2026-01-01, “1 Jan 2026”, yesterday or 7d.")
    elif NAMES.get(name) in SIZES:
        hint = _("A size is written like 5MB or 500KB.")
    return f"{said} {hint}".strip()


def said(outcome: Told, manner: dates.Manner) -> str:
    """How far the search came, in one sentence for the line below the rows."""
    count = manner.digits(f"{outcome.found:,}")
    number = ngettext(
        "%(count)s conversation found", "%(count)s conversations found", outcome.found
    ) % {"count": count}
    match outcome.state:
        case "failed":
            return _("The search failed. What is shown may not be all of it.")
        case "done":
            return _("All letters have been searched: %(number)s.") % {"number": number}
    return _("Searched back to %(day)s: %(number)s so far.") % {
        "day": outcome.back_to,
        "number": number,
    }


def broken_in_words(outcome: Told, manner: dates.Manner) -> str:
    """How many letters could not be looked at; empty if none."""
    if not outcome.broken:
        return ""
    sentence = ngettext(
        "%(count)s letter could not be opened: its seal is broken. It may be what you look for.",
        "%(count)s letters could not be opened: their seals are broken. "
        "They may be what you look for.",
        outcome.broken,
    )
    return sentence % {"count": manner.digits(str(outcome.broken))}


def partial_in_words(outcome: Told, manner: dates.Manner) -> str:
    """In how many letters some words could not be searched; empty if in none."""
    if not outcome.partial or outcome.state != "done":
        return ""
    sentence = ngettext(
        "In %(count)s letter not all of the attachments could be searched.",
        "In %(count)s letters not all of the attachments could be searched.",
        outcome.partial,
    )
    return sentence % {"count": manner.digits(f"{outcome.partial:,}")}


def index_in_words(step: Step, manner: dates.Manner) -> str:
    """Why a search takes longer than it should; empty while the index answers for all mail."""
    covered = step.coverage
    if step.is_damaged or (covered.is_damaged and covered.index is None):
        return _(
            "The search index of this mailbox is damaged. Nothing is lost: until it has been "
            "built anew, letters are searched one after another, which takes longer."
        )
    if covered.index is not None and covered.down_to is not None:
        index, day = covered.index, dates.day(covered.down_to[0], manner)
        done = min(99, 100 * index.messages // max(1, index.total))
        return _(
            "The search index of this mailbox is being built: %(percent)s\u00a0%%. Letters since "
            "%(day)s are searched quickly, older ones one after another, which takes longer."
        ) % {"day": day, "percent": manner.digits(str(done))}
    if step.asked_index and covered.index is None and not step.is_finished:
        return _(
            "This mailbox has no search index yet: letters are searched one after another, "
            "which takes longer."
        )
    return ""
