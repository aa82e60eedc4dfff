"""What a step of a search shows: rows with their words marked, and how far it came, in words.

Never "nothing" unless everything was looked at and could be opened (P8).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from govmail_portal import dates
from govmail_portal.dates import BANGKOK
from govmail_portal.errors import PortalError
from mailbox.models import Mailbox
from mailbox.reading.cursors import Cursor
from mailbox.reading.listing import Row, View, rows_of
from mailbox.searching.plan import Places, Plan, plan
from mailbox.searching.query import Query, parse
from mailbox.searching.segments.state import partial_in
from mailbox.searching.stepping import finding
from mailbox.searching.stepping.steps import Hit, Limits, Step
from mailbox.searching.words import Piece, marked, normalise
from mailbox.web.search.places import title_in
from mailbox.web.search.telling import index_in_words, sentence_of

log = logging.getLogger(__name__)

HITS = 50
# One step while somebody waits; the page asks for the next by itself.
SECONDS = 0.8
# While somebody types.
AT_HAND = Limits(candidates=150, hits=4, seconds=0.12)


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
    partial: int = 0


@dataclass(frozen=True)
class Outcome:
    """A step as the page shows it. state: "running", "paused" (a full page), "done", "failed".

    further: the query of the next step's address, empty when there is none. broken, partial:
    letters that stayed shut, and that were not searched whole. index: what is amiss with it.
    """

    state: str
    found: int = 0
    rows: Sequence[Found] = ()
    broken: int = 0
    hidden: bool = False
    back_to: str = ""
    further: str = ""
    problems: Sequence[str] = field(default_factory=tuple)
    partial: int = 0
    index: str = ""

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
        step = finding.search(
            finding.Search(mailbox, asked, view.private_key, view.now, folds=True),
            after=(after.at, after.id) if after else None,
            limits=Limits(hits=HITS - sofar.in_page, seconds=SECONDS),
        )
        return _outcome(step, asked, view, sofar)
    except PortalError:
        raise
    except Exception as error:  # noqa: BLE001 - a door may; its words could be mail: only its kind
        log.error("A search failed in mailbox %s: %s.", mailbox.pk, type(error).__name__)
        return Outcome("failed", sofar.found, broken=sofar.broken)


def first_hits(mailbox: Mailbox, text: str, view: View) -> list[Found]:
    """The first few hits of what is being typed, as far as they are at hand.

    None is no answer: nothing is said of what they leave out. Where no index helps, it is
    the newest letters that are looked at.
    """
    if len(normalise(text)) < 2:
        return []
    try:
        query = parse(text, today=view.now.astimezone(BANGKOK).date())
        asked = plan(query, Places())
        if query.problems or asked.problems or query.is_empty:
            return []
        one = finding.Search(mailbox, asked, view.private_key, view.now)
        return _rows(finding.search(one, limits=AT_HAND).hits, view, asked.marks)
    except Exception as error:  # noqa: BLE001 - the box goes on without; its words could be mail
        log.error("First hits failed in mailbox %s: %s.", mailbox.pk, type(error).__name__)
        return []


def _outcome(step: Step, asked: Plan, view: View, sofar: Sofar) -> Outcome:
    in_page = sofar.in_page + len(step.hits)
    found, broken = sofar.found + len(step.hits), sofar.broken + step.broken
    partial = sofar.partial + step.partial
    state = "done" if step.is_finished else "paused" if in_page >= HITS else "running"
    further, back_to = "", ""
    if step.place is not None:
        numbers = {"found": found, "broken": broken, "partial": partial}
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
        partial=partial + partial_in(step.coverage.index),
        index=index_in_words(step, view.manner),
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
