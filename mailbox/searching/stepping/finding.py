"""One step of a search: by the index as far as it reaches, below it message by message.

Newest first all the way, each conversation once. An index that is found broken is marked, for a
keyholder to build a new one, and the step goes on without it: what it did not say is looked
for, never taken for nothing (P8).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from govmail_portal.errors import PortalError
from mailbox.errors import IndexDamaged, SealBroken
from mailbox.models import Mailbox, SearchIndex, UnfoldedSignature
from mailbox.searching.plan import Plan
from mailbox.searching.segments import folding, reading
from mailbox.searching.segments.reading import Coverage
from mailbox.searching.segments.state import report_damage
from mailbox.searching.stepping.indexed import walk_named
from mailbox.searching.stepping.scan import walk_all
from mailbox.searching.stepping.steps import Allowance, Limits, Place, Step
from mailbox.searching.stepping.walking import Asked, Walk

log = logging.getLogger(__name__)

_LAST = (1 << 128) - 1


@dataclass(frozen=True)
class Search:
    """What is searched for, where. now: aware, for the mark on an index found broken.

    folds: the first step may spend the time to fold what has arrived since.
    """

    mailbox: Mailbox
    plan: Plan
    private_key: bytes
    now: datetime
    folds: bool = False


def search(
    asked: Search,
    *,
    after: Place | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Step:
    """Search one step further, from the newest message or from where a step before ended."""
    limits = limits or Limits()
    facts = Asked(asked.mailbox, asked.plan, asked.private_key, clock)
    walk = Walk(facts, Step(), Allowance(limits, clock() + limits.seconds), after)
    if not asked.plan.has_words:
        walk_all(walk, after)  # rows in clear answer it
        return walk.step
    if asked.folds and after is None:
        _fold(asked)
    is_over, start = _by_index(walk, asked, after)
    if not is_over:
        walk_all(walk, start)
    return walk.step


def _by_index(walk: Walk, asked: Search, after: Place | None) -> tuple[bool, Place | None]:
    """Look at what the index names; return whether the step is over, else where it goes on."""
    covered = walk.step.coverage = reading.coverage(asked.mailbox)
    walk.step.asked_index = True
    if covered.index is None or not _reaches_below(covered, after):
        return False, after
    named = reading.candidates(
        asked.mailbox,
        asked.plan.root,
        asked.private_key,
        reading.Bounds(after, newest=asked.plan.until, oldest=asked.plan.since),
        covered=covered,
        is_over=walk.is_over,
    )
    try:
        if walk_named(walk, named, down_to=covered.down_to):
            return True, None
    except (IndexDamaged, SealBroken):
        _tell_damaged(covered.index, asked.now)
        walk.step.is_damaged = True
        return False, walk.step.place or after
    if covered.down_to is None:
        walk.step.place = None
        return True, None
    at, pk = covered.down_to
    # The message at that place itself is not in the index.
    return False, (at, UUID(int=min(pk.int + 1, _LAST)))


def _reaches_below(covered: Coverage, after: Place | None) -> bool:
    return after is None or covered.down_to is None or after > covered.down_to


def _fold(asked: Search) -> None:
    """Fold new messages, if there are many: once, at most 256 of them. No search fails by it."""
    waiting = UnfoldedSignature.objects.filter(mailbox=asked.mailbox).values_list("pk")
    if len(waiting[: folding.WORTH]) < folding.WORTH:
        return
    try:
        folding.fold(asked.mailbox, asked.private_key)
    except (PortalError, DatabaseError) as error:  # shredded, storage away, a deadlock
        log.error("Mailbox %s could not be folded: %s.", asked.mailbox.pk, type(error).__name__)


def _tell_damaged(index: SearchIndex, now: datetime) -> None:
    """Mark it for a keyholder; the log has its id and nothing else."""
    log.error("Search index damaged: %s of mailbox %s.", index.pk, index.mailbox_id)
    report_damage(index, now=now)
