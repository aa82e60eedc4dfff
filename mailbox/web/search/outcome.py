"""What a step of a search shows: rows with their words marked, and how far it came, in words.

Never "nothing" unless everything was looked at and could be opened (P8).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govmail_portal import dates
from govmail_portal.errors import PortalError
from mailbox.models import Mailbox
from mailbox.reading.cursors import Cursor
from mailbox.reading.listing import Row, View, rows_of
from mailbox.searching import scan
from mailbox.searching.operators import DATES, NAMES, SIZES
from mailbox.searching.plan import Places, Plan, plan
from mailbox.searching.query import Problem, Query
from mailbox.searching.steps import Hit, Limits, Step
from mailbox.searching.words import Piece, marked, normalise
from mailbox.web.search.places import title_in

log = logging.getLogger(__name__)

HITS = 50
# One step while somebody waits; the page asks for the next by itself.
SECONDS = 0.8


@dataclass(frozen=True)
class Found:
    """A row of the results: its conversation, the message's words marked, where it lies.

    file: the name of the file that the snippet stands in; nothing for the letter itself.
    """

    row: Row
    place: str
    subject: Sequence[Piece]
    snippet: Sequence[Piece]
    file: Sequence[Piece] = ()


@dataclass(frozen=True)
class Sofar:
    """What earlier steps of the same search found: conversations, and messages that stayed shut."""

    found: int = 0
    broken: int = 0
    in_page: int = 0


@dataclass(frozen=True)
class Outcome:
    """A step as the page shows it. state: "running", "paused" (a full page), "done", "failed".

    further: the query of the next step's address, empty when there is none.
    """

    state: str
    found: int = 0
    rows: Sequence[Found] = ()
    broken: int = 0
    hidden: bool = False
    back_to: str = ""
    further: str = ""
    problems: Sequence[str] = field(default_factory=tuple)

    @property
    def is_nothing(self) -> bool:
        """Whether everything was looked at, could be opened, and was not what was asked for."""
        return self.state == "done" and not self.found and not self.broken


def run(
    mailbox: Mailbox,
    query: Query,
    view: View,
    places: Places,
    *,
    after: Cursor | None = None,
    sofar: Sofar | None = None,
) -> Outcome:
    """Search one step further. Whatever fails becomes an outcome that says so."""
    sofar = sofar or Sofar()
    try:
        asked = plan(query, places)
        step = scan.search(
            mailbox,
            asked,
            private_key=view.private_key,
            after=(after.at, after.id) if after else None,
            limits=Limits(hits=HITS - sofar.in_page, seconds=SECONDS),
        )
        return _outcome(step, asked, view, sofar)
    except PortalError:
        raise
    except Exception as error:  # noqa: BLE001 - a door may; its words could be mail: only its kind
        log.error("A search failed in mailbox %s: %s.", mailbox.pk, type(error).__name__)
        return Outcome("failed", sofar.found, broken=sofar.broken)


def _outcome(step: Step, asked: Plan, view: View, sofar: Sofar) -> Outcome:
    in_page = sofar.in_page + len(step.hits)
    found, broken = sofar.found + len(step.hits), sofar.broken + step.broken
    state = "done" if step.is_finished else "paused" if in_page >= HITS else "running"
    further, back_to = "", ""
    if step.place is not None:
        numbers = {"found": found, "broken": broken}
        if state == "running":
            numbers["page"] = in_page
        further = urlencode({"after": str(Cursor(*step.place)), **numbers})
        back_to = dates.day(step.place[0], view.manner)
    return Outcome(
        state=state,
        found=found,
        rows=_rows(step.hits, view, asked.marks),
        broken=broken,
        hidden=asked.hidden,
        back_to=back_to,
        further=further,
        problems=[sentence_of(problem) for problem in asked.problems],
    )


def _rows(hits: Sequence[Hit], view: View, words: Sequence[str]) -> list[Found]:
    opened = {hit.message.pk: hit.summary for hit in hits}
    made = rows_of([hit.message for hit in hits], view, opened)
    rows = {str(row.thread): row for row in made}
    return [
        Found(
            row,
            title_in(hit.message.folder),
            marked(row.subject, words),
            marked(hit.snippet, words),
            marked(hit.file, words),
        )
        for hit in hits
        if (row := rows.get(str(hit.message.thread_id))) is not None
    ]


def sentence_of(problem: Problem) -> str:
    """What could not be read as meant, in a sentence."""
    text = problem.text
    name = normalise(text.partition(":")[0])
    match problem.kind:
        case "empty":
            return _("Nothing follows “%(text)s”. It was searched as a word.") % {"text": text}
        case "quote":
            return _("A quotation mark is not closed. What follows it was searched as one phrase.")
        case "long":
            return _("The search is too long. Its first 500 characters were searched.")
        case "terms":
            return _("The search has too many words. The first 40 were searched.")
        case "deep":
            return _("There are too many parentheses. The inner ones were searched as words.")
        case "place":
            return _("There is no folder or label “%(text)s”. It was searched as a word.") % {
                "text": text
            }
        case "label":
            return _("There is no label “%(text)s”. It was searched as a word.") % {"text": text}
    return _unread(text, name)


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


def said(outcome: Outcome, manner: dates.Manner) -> str:
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


def broken_in_words(outcome: Outcome, manner: dates.Manner) -> str:
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
