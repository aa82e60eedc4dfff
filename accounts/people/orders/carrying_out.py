"""Carrying out: what each event does, to one official or to hundreds in few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.audit import chain
from accounts.mandate import obligations
from accounts.models import Account, Official, PersonnelOrder, ProvisioningJob
from accounts.models.orders import PersonnelOrderQuerySet
from accounts.people import (
    directory,
    joining,
    leaving,
    moving,
    retirement,
    standing,
    transferring,
)
from accounts.people.days import midnight

Kind = PersonnelOrder.Kind
State = PersonnelOrder.State
JOINERS = (Kind.APPOINTED, Kind.RECEIVED)
Deed = Callable[[Sequence[PersonnelOrder], datetime], None]

# What each event does to those it is about; called with orders of different officials.
_DEEDS: dict[str, Deed] = {
    Kind.APPOINTED: moving.take_in,
    Kind.RECEIVED: moving.take_in,
    Kind.PROMOTED: moving.move,
    Kind.MOVED: moving.move,
    Kind.TRANSFERRED: transferring.transfer,
    Kind.SECONDED: moving.assign_for_a_time,
    Kind.ACTING: moving.assign_for_a_time,
    Kind.SUSPENDED: standing.suspend_by,
    Kind.REINSTATED: standing.reinstate_by,
    Kind.DISMISSED: leaving.leave,
    Kind.RESIGNED: leaving.leave,
    Kind.RETIRED: retirement.retire,
    Kind.DIED: leaving.leave,
}


def carry_out(order: PersonnelOrder, *, now: datetime) -> bool:
    """Carry out one order whose day has come; False if it is done, withdrawn or not due."""
    with transaction.atomic():
        held = locked(order)
        if held.state != State.SCHEDULED or midnight_of(held) > now:
            return False
        carry_out_all([held], now=now)
    order.refresh_from_db()
    return True


@transaction.atomic
def carry_out_all(orders: Sequence[PersonnelOrder], *, now: datetime) -> None:
    """Carry out locked orders of different officials, all or none, in few statements.

    Afterwards their duties are counted anew and their lines of the directory written anew.
    """
    for kind, deed in _DEEDS.items():
        some = [order for order in orders if order.kind == kind]
        if some:
            deed(some, now)
            _finish(kind, some, now)
    # Last, because the chain has one writer at a time, to the end of its transaction.
    done = [order for order in orders if order.state == State.DONE]
    note("order_carried_out", done, by=None, now=now)


def _finish(kind: str, orders: list[PersonnelOrder], now: datetime) -> None:
    """Mark those that were carried out; whoever stays after all was given another day."""
    for order in orders:
        if midnight_of(order) <= now:
            order.state, order.due_at, order.done_at = State.DONE, None, now
            order.last_error = ""
    kept = ("state", "due_at", "done_at", "last_error", "effective_on")
    PersonnelOrder.objects.bulk_update(orders, kept, batch_size=500)
    officials = [order.official_id for order in orders]
    people = Official.objects.filter(pk__in=officials)
    obligations.recompute(people, now=now, cause=kind)
    accounts = Account.objects.get_queryset().filter(official__in=officials)
    directory.list_again(directory.listed(accounts))
    if kind not in JOINERS:
        _queue(accounts, now)


def _queue(accounts: QuerySet[Account], now: datetime) -> None:
    """New accounts into the queue; in it, a director's moves before the others."""
    waiting = ProvisioningJob.objects.open().filter(account=OuterRef("pk"))
    wanted = accounts.filter(Exists(waiting) | Q(state=Account.State.RESERVED))
    for account in wanted.select_related("official", "agency"):
        joining.provision(account, now=now)


def midnight_of(order: PersonnelOrder) -> datetime:
    """The moment from which an order may be carried out: a joiner is made ready ahead."""
    return order.recorded_at if order.kind in JOINERS else midnight(order.effective_on)


def locked(order: PersonnelOrder) -> PersonnelOrder:
    rows = PersonnelOrder.objects.select_for_update(of=("self",))
    return with_all(rows).get(pk=order.pk)


def with_all(orders: PersonnelOrderQuerySet) -> PersonnelOrderQuerySet:
    """The same orders with everything their deeds read."""
    return orders.select_related(
        "official__account", "position__agency", "from_agency", "to_agency", "recorded_by"
    )


def note(act: str, orders: Sequence[PersonnelOrder], *, by: Account | None, now: datetime) -> None:
    """Write an event of each order into the audit, those that are alike in one go."""
    alike: dict[tuple[str, ...], list[PersonnelOrder]] = defaultdict(list)
    for order in orders:
        # A transfer is told where it was recorded: with the agency that is left.
        apart = str(order.pk) if order.kind == Kind.TRANSFERRED else ""
        alike[order.kind, order.effective_on.isoformat(), order.order_no, apart].append(order)
    for (kind, day, number, apart), some in alike.items():
        details = {"kind": kind, "on": day, "order": number}
        if apart:
            (order,) = some
            chain.record(act, order, by=by, now=now, agency=order.from_agency, details=details)
        else:
            chain.record_each(act, some, by=by, now=now, details=details)
