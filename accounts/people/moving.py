"""Moving within an agency: another post, a promotion, a post for a time (ย้าย, เลื่อน, รักษาการ).

The address stays; a position's mailbox follows the post, because whoever may open it is asked
of the assignments in force. All here takes many orders, of one official each, in few
statements: the night of 1 October has 60,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Assignment, Grade, PersonnelOrder
from accounts.people import joining
from accounts.people.days import day_before
from govmail_portal.errors import PortalError

_FOR_A_TIME = {
    PersonnelOrder.Kind.ACTING: Assignment.Kind.ACTING,
    PersonnelOrder.Kind.SECONDED: Assignment.Kind.SECONDMENT,
}


class AnotherAgency(PortalError):
    message = _("This position is in another agency. Record a transfer.")


def must_stay_within(order: PersonnelOrder, account: Account) -> None:
    """Raise AnotherAgency if the new post is not in the agency of the official's account."""
    if order.position is not None and order.position.agency_id != account.agency_id:
        raise AnotherAgency


def take_in(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Appointed, or received by transfer from outside the portal."""
    for order in orders:
        assert order.position is not None
        joining.join(
            order.official,
            agency=order.position.agency,
            position=order.position,
            kind=Assignment.Kind.SUBSTANTIVE,
            valid_from=order.effective_on,
            order_no=order.order_no[:80],
            grade=Grade.objects.filter(pk=order.details.get("grade")).first(),
            by=order.recorded_by,
            now=now,
        )


def move(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Give each official the order's post as their substantive one, from its day on."""
    held = _substantive(orders)
    closed: list[Assignment] = []
    begun: list[Assignment] = []
    for order in orders:
        new = _assignment(order, Assignment.Kind.SUBSTANTIVE)
        stays = False
        for old in held.get(order.official_id, []):
            if (old.position_id, old.grade_id) == (new.position_id, new.grade_id):
                stays = True
            else:
                old.valid_to = day_before(order.effective_on)
                closed.append(old)
        if not stays:
            begun.append(new)
    Assignment.objects.bulk_update(closed, ["valid_to"], batch_size=500)
    Assignment.objects.bulk_create(begun, batch_size=500)


def assign_for_a_time(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Acting, or seconded: a dated assignment besides; account, address and post stay."""
    Assignment.objects.bulk_create(
        [_assignment(order, _FOR_A_TIME[PersonnelOrder.Kind(order.kind)]) for order in orders],
        batch_size=500,
    )


def end_all(officials: Sequence[UUID], day: date) -> None:
    """End every assignment of these officials the day before a day."""
    theirs = Assignment.objects.filter(official__in=officials).still_on(day)
    theirs.update(valid_to=day_before(day))


def _substantive(orders: Sequence[PersonnelOrder]) -> dict[UUID, list[Assignment]]:
    """Their substantive assignments that reach into the order's day."""
    days = {order.official_id: order.effective_on for order in orders}
    rows = Assignment.objects.filter(official__in=days, kind=Assignment.Kind.SUBSTANTIVE)
    found: dict[UUID, list[Assignment]] = {}
    for each in rows.order_by("pk"):
        day = days[each.official_id]
        begins_later = each.valid_from is not None and each.valid_from > day
        if not begins_later and (each.valid_to is None or each.valid_to >= day):
            found.setdefault(each.official_id, []).append(each)
    return found


def _assignment(order: PersonnelOrder, kind: str) -> Assignment:
    assert order.position_id is not None
    return Assignment(
        official_id=order.official_id,
        position_id=order.position_id,
        kind=kind,
        grade_id=order.details.get("grade"),
        order_no=order.order_no[:80],
        valid_from=order.effective_on,
        valid_to=order.until,
    )
