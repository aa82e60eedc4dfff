"""The night of 1 October: tens of thousands of orders fall due at one midnight.

A worker claims a piece of them by its lease, carries the piece out in one transaction, and
takes the next. Killed at any point it leaves a piece undone and none half-done; the piece falls
due again when its lease is over. One order that cannot be carried out holds up no other: its
piece is tried again one by one, and after some tries the order waits for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Official, PersonnelOrder
from accounts.models.orders import PersonnelOrderQuerySet
from accounts.people.orders.carrying_out import carry_out_all, with_all
from govmail_portal.errors import PortalError

State = PersonnelOrder.State
# Many enough that statements are few, few enough that a kill costs seconds.
PIECE = 250
# Only for the moment between the claim and the locks: who works holds the rows themselves.
LEASE = timedelta(seconds=30)
# Begun so often, an order is tried alone; and so often, it waits for a person.
ALONE_FROM = 2
MOST_ATTEMPTS = 6
_WAIT = timedelta(minutes=2)


def claim(now: datetime) -> list[PersonnelOrder]:
    """Take the orders that are due, at most a piece; one alone, if it failed in a piece before.

    Of two orders about one official the earlier one comes first, whoever works. One that
    ended its worker too often is taken no more.
    """
    lease = now + LEASE
    with transaction.atomic():
        rows = PersonnelOrder.objects.select_for_update(skip_locked=True, of=("self",))
        due = rows.due(now).filter(state=State.SCHEDULED).exclude(Exists(_earlier()))
        # First those that may go together: what failed must not hold up the rest.
        orders = list(due.filter(attempts__lt=ALONE_FROM).order_by("due_at")[:PIECE])
        orders = orders or list(due.order_by("due_at")[:1])
        if orders and orders[0].attempts >= MOST_ATTEMPTS:
            _give_up(orders[0], _("Its workers ended without a word."))
            orders = []
        PersonnelOrder.objects.filter(pk__in=[order.pk for order in orders]).update(
            due_at=lease, attempts=F("attempts") + 1
        )
    for order in orders:
        order.due_at, order.attempts = lease, order.attempts + 1
    return orders


@transaction.atomic
def carry_out_piece(piece: Sequence[PersonnelOrder], *, now: datetime) -> int:
    """Carry out what was claimed, all or none; return how many still were ours to do."""
    lease = piece[0].due_at
    keys = [order.pk for order in piece]
    # In one order everywhere, so that two workers never wait for each other.
    people = Official.objects.select_for_update(of=("self",)).order_by("pk")
    list(people.filter(orders__in=keys).values_list("pk"))
    rows = PersonnelOrder.objects.select_for_update(of=("self",)).order_by("pk")
    ours = list(with_all(rows).filter(pk__in=keys, due_at=lease, state=State.SCHEDULED))
    carry_out_all(ours, now=now)
    return len(ours)


@transaction.atomic
def put_off(piece: Sequence[PersonnelOrder], failure: Exception, *, now: datetime) -> None:
    """A piece did not work: each of it is tried alone; one alone later, and not for ever."""
    keys = [order.pk for order in piece]
    ours = PersonnelOrder.objects.filter(pk__in=keys, due_at=piece[0].due_at)
    if len(piece) > 1:
        ours.update(due_at=now, attempts=ALONE_FROM)
        return
    words = _words_of(failure)
    if piece[0].attempts >= MOST_ATTEMPTS:
        _give_up(piece[0], words)
    else:
        ours.update(due_at=now + _WAIT * piece[0].attempts, last_error=words)


def _give_up(order: PersonnelOrder, words: str) -> None:
    """It needs a person's help now; the officers see why."""
    PersonnelOrder.objects.filter(pk=order.pk, due_at=order.due_at).update(
        state=State.FAILED, due_at=None, last_error=words
    )


def _earlier() -> PersonnelOrderQuerySet:
    """Another order about the same official that comes first and is not over."""
    return PersonnelOrder.objects.filter(
        official=OuterRef("official"),
        state=State.SCHEDULED,
        due_at__isnull=False,
        effective_on__lte=OuterRef("effective_on"),
        pk__lt=OuterRef("pk"),
    )


def _words_of(failure: Exception) -> str:
    """Our own sentences whole; of anything else only the kind, for the log has the rest."""
    if isinstance(failure, PortalError):
        return str(failure.message)[:300]
    return type(failure).__name__[:300]
