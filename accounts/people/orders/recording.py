"""Recording: an order is written down, agreed to, taken back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Agency, Official, PersonnelOrder, Position
from accounts.people import leaving, moving, retirement, transferring
from accounts.people.days import midnight
from accounts.people.orders.carrying_out import (
    JOINERS,
    carry_out_all,
    locked,
    midnight_of,
    note,
)
from govmail_portal.errors import PortalError

Kind = PersonnelOrder.Kind
State = PersonnelOrder.State
NEED_POSITION = (*JOINERS, Kind.PROMOTED, Kind.MOVED, Kind.SECONDED, Kind.ACTING)
NEED_LAST_DAY = (Kind.SECONDED, Kind.ACTING)


class PositionNeeded(PortalError):
    message = _("Say which position the order is about.")


class LastDayNeeded(PortalError):
    message = _("Say until when: an acting or seconded official serves for a time only.")


class OwnOrder(PortalError):
    message = _("Another officer must record what gives you a post: nobody does so for themselves.")


class EndsBeforeItBegins(PortalError):
    message = _("The last day lies before the first one.")


class NotInService(PortalError):
    message = _("This official has no account in service. Record an appointment first.")


class AlreadyLeaving(PortalError):
    message = _("An order by which this official leaves is on file already. Withdraw it first.")


class TooLateToWithdraw(PortalError):
    message = _("The order has been carried out. Record another one that undoes it.")


class NothingToAgreeTo(PortalError):
    message = _("This order does not wait for a second side.")


@transaction.atomic
def record(
    kind: str,
    official: Official,
    *,
    effective_on: date,
    by: Account | None,
    now: datetime,
    position: Position | None = None,
    to_agency: Agency | None = None,
    until: date | None = None,
    order_no: str = "",
    details: dict[str, Any] | None = None,
) -> PersonnelOrder:
    """Write an order down; if its day has come, carry it out, else it waits for that day.

    effective_on: the first day it holds (of a leaver: the first day out). A transfer waits for
    the other side's `agree`. A joiner is made ready at once, to open on the day. details:
    "grade" (a Grade's key), "superior" (an Account's key, of who dismissed or died).
    Raises a PortalError with a sentence; then nothing is written.
    """
    Official.objects.select_for_update().get(pk=official.pk)
    order = PersonnelOrder(
        official=official,
        kind=kind,
        effective_on=effective_on,
        position=position,
        from_agency=_agency_of(official),
        to_agency=to_agency or (position.agency if position else None),
        until=until,
        order_no=order_no,
        details=details or {},
        recorded_by=by,
        recorded_at=now,
    )
    _check(order, now)
    if kind == Kind.TRANSFERRED:
        transferring.ask_other_side(order)
    else:
        order.due_at = now if kind in JOINERS else max(midnight(effective_on), now)
    order.save()
    note("order_recorded", [order], by=by, now=now)
    _begin(order, now=now)
    return order


@transaction.atomic
def agree(
    order: PersonnelOrder, *, by: Account, now: datetime, position: Position | None = None
) -> None:
    """The other agency agrees to a transfer, and may name the position it receives into.

    Raises NothingToAgreeTo, PositionNeeded, and what `transferring.must_be_other_side` raises.
    """
    order = locked(order)
    if order.state != State.AWAITING_SECOND:
        raise NothingToAgreeTo
    transferring.must_be_other_side(order, by)
    order.position = position or order.position
    if order.position is None:
        raise PositionNeeded
    _check(order, now)
    order.state, order.agreed_by, order.agreed_at = State.SCHEDULED, by, now
    order.due_at = max(midnight(order.effective_on), now)
    order.save()
    note("order_agreed", [order], by=by, now=now)
    _begin(order, now=now)


@transaction.atomic
def try_again(order: PersonnelOrder, *, by: Account | None, now: datetime) -> None:
    """Let an order that needed help be carried out again, in the next minute."""
    again = PersonnelOrder.objects.filter(pk=order.pk, state=State.FAILED)
    if again.update(state=State.SCHEDULED, due_at=now, attempts=0, last_error=""):
        note("order_tried_again", [locked(order)], by=by, now=now)


@transaction.atomic
def withdraw(order: PersonnelOrder, *, by: Account | None, now: datetime) -> None:
    """Take back an order that was not carried out yet; a leaver then stays. Twice is once."""
    held = locked(order)
    if held.state == State.DONE:
        raise TooLateToWithdraw
    if held.state == State.WITHDRAWN:
        return
    held.state, held.due_at = State.WITHDRAWN, None
    held.save(update_fields=["state", "due_at"])
    if held.kind in leaving.KINDS:
        leaving.stay(held)
    note("order_withdrawn", [held], by=by, now=now)
    order.state, order.due_at = held.state, None


def _begin(order: PersonnelOrder, *, now: datetime) -> None:
    if order.state != State.SCHEDULED:
        return
    if midnight_of(order) <= now:
        carry_out_all([order], now=now)
    elif order.kind in leaving.KINDS:
        leaving.announce([order])


def _check(order: PersonnelOrder, now: datetime) -> None:
    """Raise the sentence that says why this order cannot be."""
    if order.kind in NEED_POSITION and order.position is None:
        raise PositionNeeded
    # A post can have a mailbox: who gives himself one would read it.
    recorder = order.recorded_by
    if order.kind in NEED_POSITION and recorder and recorder.official_id == order.official_id:
        raise OwnOrder
    if order.kind in NEED_LAST_DAY and order.until is None:
        raise LastDayNeeded
    if order.until is not None and order.until < order.effective_on:
        raise EndsBeforeItBegins
    if order.kind not in JOINERS:
        _check_service(order, now)


def _check_service(order: PersonnelOrder, now: datetime) -> None:
    account = Account.objects.filter(official=order.official).first()
    if account is None or (_has_left(account, now) and order.kind != Kind.REINSTATED):
        raise NotInService
    if order.kind in (Kind.MOVED, Kind.PROMOTED):
        moving.must_stay_within(order, account)
    if order.kind == Kind.TRANSFERRED:
        transferring.must_go_elsewhere(order)
    if order.kind in leaving.KINDS:
        _make_way(order, now)


def _make_way(order: PersonnelOrder, now: datetime) -> None:
    """Whoever leaves sooner than was planned leaves once: the later order is taken back.

    What the rule of retirement planned also gives way to an order for the same day.
    """
    for other in leaving.planned([order.official_id]):
        by_rule = other.details.get(retirement.BY_RULE)
        is_same = other.effective_on == order.effective_on and other.kind == order.kind
        if other.effective_on < order.effective_on or (is_same and not by_rule):
            raise AlreadyLeaving
        withdraw(other, by=order.recorded_by, now=now)


def _has_left(account: Account, now: datetime) -> bool:
    return account.valid_to is not None and account.valid_to <= now


def _agency_of(official: Official) -> Agency | None:
    account = Account.objects.filter(official=official).select_related("agency").first()
    return account.agency if account else None
