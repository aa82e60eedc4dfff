"""Looks through the candidates that the index names, newest first, each only if rows allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Protocol
from uuid import UUID

from mailbox.searching.segments.reading import OutOfTime
from mailbox.searching.stepping.steps import Place
from mailbox.searching.stepping.walking import Candidate, Walk

# The first chunk mostly fills a page: most candidates of a frequent word are hits. Those after it
# are as large as the hits so far promise to fill the page, and somewhat larger.
FIRST, LEAST, MOST, MARGIN = 64, 32, 250, 1.25


class Named(Protocol):
    """A message that may be what is asked for, as the index has it."""

    @property
    def message_id(self) -> UUID: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def content_key(self) -> bytes | None: ...


def walk_named(walk: Walk, named: Iterable[Named], *, down_to: Place | None = None) -> bool:
    """Look at candidates, and no deeper than `down_to`; return whether the step is over.

    What has been deleted since, or is not among the rows that the query allows, is passed over.
    """
    try:
        return any(_look_at(walk, chunk) for chunk in _chunks(walk, named, down_to))
    except OutOfTime as over:
        if down_to is not None and over.place <= down_to:
            return False  # below that place rows are not all there is
        walk.step.place = over.place
        return True


def _look_at(walk: Walk, chunk: Sequence[Named]) -> bool:
    """Look at some candidates; return whether the step is over."""
    rows = walk.asked.rows_to_verify.filter(pk__in=[one.message_id for one in chunk])
    by_id = {message.pk: message for message in rows}
    ready = [
        Candidate(by_id[one.message_id], one.content_key)
        for one in chunk
        if one.message_id in by_id
    ]
    if walk.take(ready, by_words=True):
        return True
    walk.step.place = (chunk[-1].received_at, chunk[-1].message_id)
    return walk.is_over()


def _chunks(walk: Walk, named: Iterable[Named], down_to: Place | None) -> Iterator[list[Named]]:
    """Candidates in bounded numbers, each message once: a fold beside us shows some twice."""
    seen: set[UUID] = set()
    chunk: list[Named] = []
    size = FIRST
    try:
        for one in takewhile(lambda it: down_to is None or _place(it) > down_to, named):
            if one.message_id in seen:
                continue
            seen.add(one.message_id)
            chunk.append(one)
            if len(chunk) >= size:
                yield chunk
                chunk, size = [], _promising(walk)
    except OutOfTime:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _promising(walk: Walk) -> int:
    """So many candidates probably fill the page."""
    step, limits = walk.step, walk.allowance.limits
    if not step.hits:
        return MOST
    wanted = (limits.hits - len(step.hits)) * step.searched / len(step.hits)
    return min(max(LEAST, int(wanted * MARGIN)), MOST)


def _place(one: Named) -> Place:
    return one.received_at, one.message_id
