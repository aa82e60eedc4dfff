"""What mail officers do to the queue: try again, redirect, give up, hold, release.

Each deed and its events in the audit are one transaction (P11). No deed opens anything: what a
recipient or an author is told, a worker writes, because only it has the relay key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.audit import chain
from accounts.models import Account, Agency
from mailbox.inbound import arrivals
from mailbox.models import Arrival, Delivery, Submission
from mailbox.nudges import relay_later
from mailbox.outbound.relaying.settling import wake

# A held arrival says who holds it: a class or limit that failed, or this.
BY_OFFICER = "officer"


@dataclass(frozen=True)
class Hand:
    """Whose deed it is, when and why. by None: at the terminal. reason: never about content."""

    by: Account | None
    now: datetime
    reason: str = ""


def in_reach_of_deeds(letters: QuerySet[Submission], now: datetime) -> QuerySet[Submission]:
    """Of these, what a deed can be done to: owed, past its undo window, not called back.

    What its author has scheduled for later is theirs alone.
    """
    return letters.filter(
        Q(scheduled_for__isnull=True) | Q(attempts__gt=0),
        due_at__isnull=False,
        cancelled_at__isnull=True,
        undo_until__lte=now,
    )


@transaction.atomic
def retry(letters: QuerySet[Submission], hand: Hand) -> int:
    """Have every recipient still owed tried now, whatever the ladder says; give how many letters.

    What is held for a suspended official stays held.
    """
    those = in_reach_of_deeds(letters, hand.now).filter(held_at__isnull=True)
    woken = [one for one in _locked(those) if _wake(one, hand.now)]
    _tell("mail_tried_again", woken, hand)
    return len(woken)


@transaction.atomic
def redirect(letters: QuerySet[Submission], to: Agency, hand: Hand) -> int:
    """Have these leave through the gateways of another agency, now; give how many.

    They wait in that agency's line from now on. Back again: redirect to the first one.
    """
    those = in_reach_of_deeds(letters, hand.now).filter(held_at__isnull=True)
    moved = _locked(those.exclude(agency=to))
    for one in moved:
        before, one.agency = one.agency, to
        Submission.objects.filter(pk=one.pk).update(agency=to)
        details = {"from": before, "to": to, **_why(hand)}
        chain.record("mail_redirected", one, by=hand.by, now=hand.now, details=details)
        _wake(one, hand.now)
    return len(moved)


@transaction.atomic
def give_up(letters: QuerySet[Submission], hand: Hand) -> int:
    """Try no more for whoever is still owed these; give how many letters.

    The next worker makes them expired without another try, and tells their authors. A worker
    that has one in hand finishes the try it has begun.
    """
    ended = _locked(in_reach_of_deeds(letters, hand.now))
    for one in ended:
        Submission.objects.filter(pk=one.pk).update(expires_at=F("created_at"), held_at=None)
        _wake(one, hand.now)
    _tell("mail_given_up", ended, hand)
    return len(ended)


@transaction.atomic
def hold(chosen: QuerySet[Arrival], hand: Hand) -> int:
    """Keep arrivals from being filed until they are released; give how many."""
    due = chosen.filter(held_at__isnull=True, due_at__lte=hand.now)
    held = list(due.select_for_update(of=("self",), skip_locked=True))
    Arrival.objects.filter(pk__in=[one.pk for one in held]).update(
        due_at=None, held_at=hand.now, held_reason=BY_OFFICER
    )
    _tell("arrival_held", held, hand)
    return len(held)


@transaction.atomic
def release(chosen: QuerySet[Arrival], hand: Hand) -> int:
    """Have held arrivals read once more, as if for the first time; give how many."""
    held = list(chosen.filter(held_at__isnull=False))
    for arrival in held:
        arrivals.release(arrival, now=hand.now)
    _tell("arrival_released", held, hand)
    return len(held)


def _locked(letters: QuerySet[Submission]) -> list[Submission]:
    return list(letters.order_by("pk").select_for_update(of=("self",), no_key=True))


def _wake(one: Submission, now: datetime) -> bool:
    owed = Delivery.objects.owed().filter(submission=one).values_list("pk", flat=True)
    if not wake(one, list(owed), now):
        return False
    relay_later(one)
    return True


def _tell(act: str, subjects: Sequence[Submission | Arrival], hand: Hand) -> None:
    if subjects:
        chain.record_each(act, subjects, by=hand.by, now=hand.now, details=_why(hand))


def _why(hand: Hand) -> dict[str, Any]:
    return {"reason": hand.reason} if hand.reason else {}
