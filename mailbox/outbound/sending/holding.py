"""Holding: what a suspended official has sent and has not left yet waits, and leaves afterwards.

A scheduled letter nobody has begun to send needs no mark: it asks by itself, when its moment
comes, whether its author's account is open (`sending.leaving.is_held`).
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Account
from mailbox.models import Submission
from mailbox.nudges import relay_later


@transaction.atomic
def hold(account: Account, *, now: datetime) -> int:
    """Keep every letter of theirs that is still owed to somebody; return how many.

    Written in their own mailbox, or by them in another's. The portal's automatic letters go
    on. A worker in the middle of one finishes its turn; what it must try again is held.
    """
    begun = Q(scheduled_for__isnull=True) | Q(attempts__gt=0)
    owed = _of(account).filter(begun, due_at__isnull=False, held_at__isnull=True)
    theirs = [one.pk for one in _locked(owed.filter(is_automatic=False, cancelled_at__isnull=True))]
    return Submission.objects.filter(pk__in=theirs).update(held_at=now)


@transaction.atomic
def release(account: Account, *, now: datetime) -> int:
    """Let what was held leave, with as much time to try as it had; return how many."""
    held = _locked(_of(account).filter(held_at__isnull=False))
    for submission in held:
        waited = now - (submission.held_at or now)
        submission.held_at, submission.expires_at = None, submission.expires_at + waited
        submission.save(update_fields=["held_at", "expires_at"])
        relay_later(submission)
    late = _of(account).filter(scheduled_for__lte=now, attempts=0, due_at__gt=now)
    late.filter(cancelled_at__isnull=True).update(
        due_at=now, undo_until=now, expires_at=F("expires_at") + settings.GIVE_UP_AFTER
    )
    return len(held)


def _locked(letters: QuerySet[Submission]) -> list[Submission]:
    """In the order of the relay, which settles several at once: neither waits for the other."""
    return list(letters.order_by("pk").select_for_update(of=("self",), no_key=True))


def _of(account: Account) -> QuerySet[Submission]:
    return Submission.objects.filter(
        Q(mailbox__account=account, written_by__isnull=True) | Q(written_by=account)
    )
