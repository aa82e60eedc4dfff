"""Transfer to another agency (โอน), agreed to by both sides.

The person keeps nothing of the old account but what it forwards: official mail stays with the
agency it was written to. The new account has a new address, and the old one forwards inside
government for 90 days and says so. Rights to administer belong to the office, and stay, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.models import Account, Assignment, PersonnelOrder
from accounts.people import consequences, directory, joining, leaving, moving
from accounts.people.days import midnight
from accounts.people.reach import is_within_reach
from accounts.provisioning import queue
from accounts.signing_in import sessions
from govmail_portal.errors import PortalError

FORWARDS_FOR = timedelta(days=90)
# How the person likes it goes along; what they may do does not.
_TASTE = (
    "language",
    "theme",
    "thai_digits",
    "christian_era",
    "density",
    "reading_pane",
    "has_shortcuts",
    "writes_plain",
    "mark_read_after",
    "wants_notices",
)


class WhereTo(PortalError):
    message = _("Say which agency the official goes to; it must be another one.")


class OtherSideMustAgree(PortalError):
    message = _(
        "A transfer takes both agencies: an officer of the other one must agree to it, "
        "and nobody agrees to their own."
    )


class PositionOfReceiver(PortalError):
    message = _("The position must be one of the receiving agency.")


def must_go_elsewhere(order: PersonnelOrder) -> None:
    """Raise WhereTo or PositionOfReceiver unless the order leads to another agency's post."""
    if order.to_agency is None or order.to_agency == order.from_agency:
        raise WhereTo
    if order.position is not None and order.position.agency_id != order.to_agency.pk:
        raise PositionOfReceiver


def ask_other_side(order: PersonnelOrder) -> None:
    """Let a transfer wait until the other agency agrees."""
    order.state, order.due_at = PersonnelOrder.State.AWAITING_SECOND, None


def must_be_other_side(order: PersonnelOrder, by: Account) -> None:
    """Raise OtherSideMustAgree unless this officer looks after the other agency's people.

    The receiving one's, if the agency he leaves has recorded it; otherwise the agency left.
    """
    recorder = order.recorded_by
    from_agency, to_agency = order.from_agency, order.to_agency
    assert from_agency is not None and to_agency is not None
    left_recorded = recorder is not None and is_within_reach(recorder, from_agency)
    side = to_agency if left_recorded else from_agency
    is_own = by == recorder or by.official_id == order.official_id
    if is_own or not is_within_reach(by, side):
        raise OtherSideMustAgree


def transfer(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Close the old accounts and make the new ones ready, on the day of the order."""
    for order in orders:
        _transfer(order, now)


def _transfer(order: PersonnelOrder, now: datetime) -> None:
    assert order.to_agency is not None and order.position is not None
    moment = midnight(order.effective_on)
    theirs = Account.objects.get_queryset().filter(official=order.official_id)
    # Before the account is locked, as the queue's workers do.
    queue.cancel(theirs.get(), now=now, why=gettext_noop("Its holder has gone to another agency."))
    old = theirs.select_for_update(of=("self",)).get()
    _close(old, moment)
    moving.end_all([order.official_id], order.effective_on)
    Assignment.objects.create(
        official_id=order.official_id,
        position=order.position,
        kind=Assignment.Kind.SUBSTANTIVE,
        grade_id=order.details.get("grade"),
        order_no=order.order_no[:80],
        valid_from=order.effective_on,
    )
    new = joining.reserve(order.official, order.to_agency, opens=moment)
    for name in _TASTE:
        setattr(new, name, getattr(old, name))
    new.save(update_fields=_TASTE)
    # A retirement that is planned closes the new account, too, with or without a worker.
    leaving.announce(list(leaving.planned([order.official_id])))
    until = moment + FORWARDS_FOR
    consequences.carry_out("transferred", old, now=now, to=new, until=until)


def _close(old: Account, moment: datetime) -> None:
    """Nobody signs in by the old address; its row remembers whose it was."""
    old.former_official, old.official = old.official, None
    old.state, old.valid_to = Account.State.SUSPENDED, moment
    old.save(update_fields=["former_official", "official", "state", "valid_to"])
    sessions.end_all(old)
    directory.list_again(directory.listed(Account.objects.filter(pk=old.pk)))
