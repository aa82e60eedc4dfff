"""Retirement: the last day of the fiscal year in which the sixtieth year of life is completed.

Civil Service Pension Act, section 19; age is counted from the day of birth itself (Civil Code,
section 16; cabinet circular นร 0205/ว 42 of 1995), so sixty years are complete the day before
the sixtieth birthday: who is born on 1 October leaves a year before who is born on the 2nd.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.audit import chain
from accounts.models import Account, Official, PersonnelOrder
from accounts.people import leaving
from accounts.people.days import end_of_fiscal_year, midnight, today

AGE = 60
# The lists of a year's retirements are known by then, and people see it coming.
PLANNED_AHEAD = timedelta(days=183)
# In an order's details: the rule made it, and not an officer.
BY_RULE = "by_rule"
State = PersonnelOrder.State


def last_day(birth_date: date) -> date:
    """Return the last day in service, a 30 September, of somebody born on a day."""
    return end_of_fiscal_year(_birthday(birth_date, AGE) - timedelta(days=1))


def last_day_of(official: Official) -> date | None:
    """Return an official's last day: an explicit one wins; None if no birth date is known."""
    if official.retires_on is not None:
        return official.retires_on
    return last_day(official.birth_date) if official.birth_date else None


def retire(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Carry retirements out. Somebody who was given a longer time meanwhile stays, and the
    order with them: it is given the new day."""
    going = [order for order in orders if not _put_off(order)]
    leaving.leave(going, now)


@transaction.atomic
def plan(now: datetime, *, officials: Iterable[Official] | None = None) -> int:
    """Write the orders of those whose last day is near, and move those whose day has changed.

    officials: only these, after a birth date or an extension was entered. Nobody whose day
    has passed already is retired by the rule: such a date is for HR to explain (`unexplained`).
    Returns how many orders were written or moved.
    """
    chosen = None if officials is None else [each.pk for each in officials]
    return _follow_changes(chosen) + _write_orders(chosen, now)


def unexplained(now: datetime) -> QuerySet[Official]:
    """Officials in service whom the rule would have retired, and no explicit day keeps."""
    day = today(now)
    serving = Account.objects.active(now).filter(official=OuterRef("pk"))
    born = Q(retires_on__isnull=True, birth_date__lte=_youngest_out_by(_last_past(day)))
    return Official.objects.filter(born | Q(retires_on__lt=day)).filter(Exists(serving))


def _write_orders(chosen: list[UUID] | None, now: datetime) -> int:
    near = _near(now) if chosen is None else _near(now).filter(pk__in=chosen)
    orders = []
    for official in near.select_related("account__agency"):
        last = last_day_of(official)
        assert last is not None
        first_out = last + timedelta(days=1)
        orders.append(
            PersonnelOrder(
                official=official,
                kind=PersonnelOrder.Kind.RETIRED,
                effective_on=first_out,
                from_agency=official.account.agency,
                details={BY_RULE: True},
                due_at=midnight(first_out),
                recorded_at=now,
            )
        )
    PersonnelOrder.objects.bulk_create(orders, batch_size=1000)
    leaving.announce(orders)
    details = {"kind": str(PersonnelOrder.Kind.RETIRED)}
    chain.record_each("order_recorded", orders, by=None, now=now, details=details)
    return len(orders)


def _near(now: datetime) -> QuerySet[Official]:
    """Officials with an account whose last day is near and who have no order to leave."""
    day = today(now)
    horizon = day + PLANNED_AHEAD
    explicit = Q(retires_on__gte=day, retires_on__lte=horizon)
    # The rule's days are 30 Septembers, so only the nearest one can lie before the horizon.
    by_rule = Q(
        retires_on__isnull=True,
        birth_date__lte=_youngest_out_by(end_of_fiscal_year(day)),
        birth_date__gt=_youngest_out_by(_last_past(day)),
    )
    wanted = explicit | by_rule if end_of_fiscal_year(day) <= horizon else explicit
    serving = Account.objects.filter(official=OuterRef("pk"), valid_to__isnull=True).exclude(
        state__in=(Account.State.RETAINED, Account.State.DELETED)
    )
    leavers = PersonnelOrder.objects.filter(
        official=OuterRef("pk"), kind__in=leaving.KINDS, state=State.SCHEDULED
    )
    return Official.objects.filter(wanted).filter(Exists(serving)).exclude(Exists(leavers))


def _follow_changes(chosen: list[UUID] | None) -> int:
    waiting = PersonnelOrder.objects.filter(kind=PersonnelOrder.Kind.RETIRED, state=State.SCHEDULED)
    if chosen is not None:
        waiting = waiting.filter(official__in=chosen)
    rows = waiting.select_for_update(of=("self",)).select_related("official").order_by("pk")
    moved = 0
    for order in rows:
        last = last_day_of(order.official)
        if order.details.get(BY_RULE) and last and last + timedelta(days=1) != order.effective_on:
            _give_day(order, last)
            moved += 1
        elif _put_off(order):
            moved += 1
    return moved


def _put_off(order: PersonnelOrder) -> bool:
    """Give an order its later day, if its official serves longer than it says."""
    official = order.official
    last = last_day_of(official) if order.details.get(BY_RULE) else official.retires_on
    if last is None or last < order.effective_on:
        return False
    _give_day(order, last)
    return True


def _give_day(order: PersonnelOrder, last: date) -> None:
    order.effective_on = last + timedelta(days=1)
    order.due_at = midnight(order.effective_on)
    order.save(update_fields=["effective_on", "due_at"])
    leaving.announce([order])


def _last_past(day: date) -> date:
    """The last 30 September before a day."""
    return end_of_fiscal_year(day).replace(year=end_of_fiscal_year(day).year - 1)


def _youngest_out_by(thirtieth: date) -> date:
    """The latest day of birth of those who have retired by the end of a 30 September."""
    return date(thirtieth.year - AGE, 10, 1)


def _birthday(birth_date: date, age: int) -> date:
    year = birth_date.year + age
    try:
        return birth_date.replace(year=year)
    except ValueError:  # born on 29 February; that year has none
        return date(year, 3, 1)
