"""The search that opens messages one after another, newest first, in bounded steps.

Columns in clear narrow by SQL; then list rows are opened, and messages themselves
where rows cannot tell. A step ends after so many messages, hits or seconds, says how far
it came, and the next goes on from there: nothing that was not looked at counts as not
found, and a message whose seal is broken is counted, never passed over in silence (P8).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from django.db.models import Q, QuerySet

from mailbox.models import Mailbox, Message
from mailbox.searching.plan import Plan
from mailbox.searching.stepping.steps import Allowance, Limits, Place, Step
from mailbox.searching.stepping.walking import Asked, Candidate, Walk

CHUNK = 100


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
    limits, asked = limits or Limits(), Asked(mailbox, plan, private_key, clock)
    walk = Walk(asked, Step(), Allowance(limits, clock() + limits.seconds), after)
    walk_all(walk, after)
    return walk.step


def walk_all(walk: Walk, start: Place | None) -> None:
    """Look at every message below a place, until they or the step's limits end."""
    for chunk in _newest_first(walk.asked.rows, start):
        if walk.take([Candidate(message) for message in chunk], by_words=False):
            return
    walk.step.place = None


def _newest_first(rows: QuerySet[Message], after: Place | None) -> Iterator[list[Message]]:
    """Rows below a place, a chunk at a time: a keyset, so the cost does not grow with the depth."""
    while True:
        chunk = list(_below(rows, after).order_by("-received_at", "-id")[:CHUNK])
        if chunk:
            yield chunk
        if len(chunk) < CHUNK:
            return
        after = (chunk[-1].received_at, chunk[-1].pk)


def _below(rows: QuerySet[Message], place: Place | None) -> QuerySet[Message]:
    if place is None:
        return rows
    at, pk = place
    older = Q(received_at__lt=at) | Q(received_at=at, id__lt=pk)
    return rows.filter(older, received_at__lte=at)
