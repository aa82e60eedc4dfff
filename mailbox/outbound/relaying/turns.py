"""Turns: a worker serves one line for a moment, then goes to the end of the queue.

So one agency's flood, or its dead gateway, costs the others a turn and no more. Whoever is
served has a nudge waiting for each of its lines, and at most one: the queue is as long as
there are lines that wait, not as there are letters.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from django.utils import timezone

from mailbox.models import Lane, Submission
from mailbox.nudges import SOON, relay_line_later, rung
from mailbox.outbound.relay import Turn, carry, gateways_for
from mailbox.outbound.relaying.ledger import MOST
from mailbox.outbound.relaying.lines import Line, claim, must_yield, next_due, slot
from mailbox.outbound.relaying.offers import Ways
from mailbox.outbound.sending.leaving import forget_drafts, is_held

# Letters of a turn, and seconds after which it begins no other.
LETTERS = 500
SECONDS = 2.0
# Letters claimed first, before anything is known of the gateway's pace.
_FIRST = 10
# When to look again, where others serve the line, or a circular lets others pass.
A_MOMENT = timedelta(seconds=1)


def take_turn(line: Line, *, gateways: Ways = gateways_for, now: datetime) -> int:
    """Serve a line; return how many letters were taken. What is left is rung for again."""
    rung(line.lane, line.agency_id)
    if must_yield(line, now):
        relay_line_later(line.lane, line.agency_id, timezone.now() + A_MOMENT)
        return 0
    with slot(line) as mine:
        count = _serve(line, Turn.of(gateways, now, until=monotonic() + SECONDS)) if mine else 0
    if not mine:
        relay_line_later(line.lane, line.agency_id, timezone.now() + A_MOMENT)
    elif (due_at := next_due(line)) is not None and due_at < now + SOON:
        relay_line_later(line.lane, line.agency_id, due_at)
    return count


def _serve(line: Line, turn: Turn) -> int:
    """Claim a few at a time: a gateway that hangs keeps no more than these waiting."""
    try:
        return _go_on(line, turn)
    finally:
        # Also where the database broke a step: what gateways have said must not be lost with it.
        turn.end()


def _go_on(line: Line, turn: Turn) -> int:
    count, asked_at = 0, turn.clock.now()
    _put_off_held(line, asked_at)
    while count < LETTERS and turn.clock.lasted() < SECONDS:
        at_once = 1 if line.lane == Lane.BULK else MOST if count else _FIRST
        claimed = claim(line, now=turn.clock.now(), most=at_once, asked_at=asked_at)
        if not claimed.letters:
            break
        if not count and len(claimed.letters) == at_once:
            # There may be more: let a worker with nothing to do join in.
            relay_line_later(line.lane, line.agency_id)
        count += len(claimed.letters)
        forget_drafts(claimed.drafts)
        carry(claimed.letters, turn)
    return count


def _put_off_held(line: Line, now: datetime) -> None:
    """A scheduled letter asks before it begins to leave whether its author's account is open."""
    due = Submission.objects.due(now).filter(lane=line.lane, agency=line.agency_id)
    for submission in due.filter(scheduled_for__isnull=False, attempts=0)[:LETTERS]:
        is_held(submission, now)
