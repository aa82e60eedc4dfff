"""The search that opens messages one after another, newest first, in bounded steps.

Columns in clear narrow by SQL; then list rows are opened, and messages themselves
where rows cannot tell. A step ends after so many messages, hits or seconds, says how far
it came, and the next goes on from there: nothing that was not looked at counts as not
found, and a message whose seal is broken is counted, never passed over in silence (P8).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from mailbox.errors import SealBroken
from mailbox.mime.rendition import Rendition
from mailbox.models import Content, Mailbox, Message
from mailbox.opening import open_rendition, open_summary
from mailbox.searching.matching import Opened, truth
from mailbox.searching.plan import Plan
from mailbox.searching.query import wanted
from mailbox.searching.words import around

CHUNK = 100
SNIPPET = 140
# Where a step ended, in the order newest first: (received_at, id) of the last message it saw.
Place = tuple[datetime, UUID]


@dataclass(frozen=True)
class Limits:
    """How much one step may do. The last message begun is finished."""

    candidates: int = 2_000
    hits: int = 50
    seconds: float = 1.0


@dataclass(frozen=True)
class Hit:
    """The newest message of a conversation that was found, and its words around the first hit."""

    message: Message
    subject: str
    snippet: str


@dataclass
class Step:
    """What one step found. place: where to go on, None when all mail has been searched.

    broken: messages that could not be opened, and may be what was asked for.
    """

    hits: list[Hit] = field(default_factory=list)
    searched: int = 0
    broken: int = 0
    place: Place | None = None

    @property
    def is_finished(self) -> bool:
        return self.place is None


def search(
    mailbox: Mailbox,
    plan: Plan,
    *,
    private_key: bytes,
    after: Place | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Step:
    """Search one step further, from the newest message or from where a step before ended."""
    limits = limits or Limits()
    ends_at = clock() + limits.seconds
    rows = _rows(mailbox, plan)
    step, seen = Step(), set[UUID]()
    for message in _newest_first(rows, after):
        step.place = (message.received_at, message.pk)
        step.searched += 1
        opened = _open(message, plan, private_key)
        if opened is None:
            step.broken += 1
        elif truth(plan.root, opened) and message.thread_id not in seen:
            seen.add(message.thread_id)
            if not _was_found(rows, message, after, plan, private_key):
                step.hits.append(_hit(message, opened, plan))
        if (
            step.searched >= limits.candidates
            or len(step.hits) >= limits.hits
            or clock() >= ends_at
        ):
            return step
    step.place = None
    return step


def _rows(mailbox: Mailbox, plan: Plan) -> QuerySet[Message]:
    # The notes become attributes of the rows; their names are ours, not the query's.
    rows = Message.objects.filter(plan.where, mailbox=mailbox).select_related("folder")
    return rows.annotate(**plan.notes)


def _newest_first(rows: QuerySet[Message], after: Place | None) -> Iterator[Message]:
    """Rows below a place, a chunk at a time: a keyset, so the cost does not grow with the depth."""
    while True:
        chunk = list(_below(rows, after).order_by("-received_at", "-id")[:CHUNK])
        yield from chunk
        if len(chunk) < CHUNK:
            return
        after = (chunk[-1].received_at, chunk[-1].pk)


def _below(rows: QuerySet[Message], place: Place | None) -> QuerySet[Message]:
    if place is None:
        return rows
    at, pk = place
    older = Q(received_at__lt=at) | Q(received_at=at, id__lt=pk)
    return rows.filter(older, received_at__lte=at)


def _open(message: Message, plan: Plan, private_key: bytes) -> Opened | None:
    """A message opened as far as the query needs; None where its seal is broken."""
    answers = {
        asked: getattr(message, name) for asked, name in plan.asked.items() if name in plan.notes
    }
    try:
        opened = Opened(open_summary(message, private_key), answers)
        if truth(plan.root, opened) is None:
            opened.rendition = _rendition(message, private_key)
    except SealBroken:
        return None
    return opened


def _rendition(message: Message, private_key: bytes) -> Rendition:
    message.content = Content.objects.get(pk=message.content_id)
    return open_rendition(message, private_key)


def _was_found(
    rows: QuerySet[Message], hit: Message, after: Place | None, plan: Plan, private_key: bytes
) -> bool:
    """Whether an earlier step has shown this conversation, for a newer message of it."""
    if after is None:
        return False
    at, pk = after
    newer = Q(received_at__gt=at) | Q(received_at=at, id__gte=pk)
    for message in rows.filter(newer, thread=hit.thread_id):
        opened = _open(message, plan, private_key)
        if opened is not None and truth(plan.root, opened):
            return True
    return False


def _hit(message: Message, opened: Opened, plan: Plan) -> Hit:
    summary, read = opened.summary, opened.rendition
    snippet = around(read.text[:200_000], _marks(plan), SNIPPET) if read else summary.snippet
    return Hit(message, summary.subject, snippet)


def _marks(plan: Plan) -> Sequence[str]:
    return list(wanted(plan.root))
