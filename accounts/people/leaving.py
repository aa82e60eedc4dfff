"""Leaving the service: resigned, retired, dismissed, died (ลาออก, เกษียณ, ไล่ออก, ถึงแก่กรรม).

A leaver's window closes at midnight before the first day out. Then the account is suspended,
its sessions end and its posts are given back; after 90 days it is retained: nobody signs in,
the mail is kept, and only a records schedule deletes it. Who died or was dismissed leaves mail
that a superior may need: that takes two officers (`superiors_access`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from accounts.audit import chain
from accounts.models import (
    Account,
    Assignment,
    PersonnelOrder,
    Position,
    ProvisioningJob,
    SecondOpinion,
    Session,
)
from accounts.people import consequences, moving, two_officers
from accounts.people.days import day_before, midnight
from accounts.provisioning import queue
from govmail_portal.errors import PortalError

logger = logging.getLogger(__name__)

Kind = PersonnelOrder.Kind
State = Account.State
KINDS = (Kind.DISMISSED, Kind.RESIGNED, Kind.RETIRED, Kind.DIED)
# What these leave behind, a superior looks through; others tell their correspondents themselves.
LEAVE_MAIL_BEHIND = {Kind.DISMISSED: "handed_over", Kind.DIED: "died"}
# For so long mail to somebody who left is answered with the address of the position.
ANSWERED_FOR = timedelta(days=90)
_WAITING = (PersonnelOrder.State.SCHEDULED, PersonnelOrder.State.AWAITING_SECOND)


class SuperiorMustBeOpen(PortalError):
    message = _("The superior's account must be open, and another one than this.")


class NothingLeftBehind(PortalError):
    message = _("Only what somebody left who died or was dismissed is opened to a superior.")


def planned(officials: Iterable[UUID]) -> Iterable[PersonnelOrder]:
    """Orders by which these officials leave on a day to come."""
    return PersonnelOrder.objects.filter(
        official__in=officials, kind__in=KINDS, state=PersonnelOrder.State.SCHEDULED
    )


def announce(orders: Sequence[PersonnelOrder]) -> None:
    """Close the windows of those who will leave, at the midnight of their first day out."""
    for day, some in _by_day(orders).items():
        theirs = Account.objects.filter(official__in=[order.official_id for order in some])
        theirs.update(valid_to=midnight(day))
        theirs.filter(state=State.ACTIVE).update(state=State.LEAVING)


def stay(order: PersonnelOrder) -> None:
    """The order is withdrawn: the account is open again without end, unless another says so."""
    if any(True for _other in planned([order.official_id])):
        return
    theirs = Account.objects.filter(official=order.official_id)
    theirs.filter(state=State.LEAVING).update(state=State.ACTIVE)
    theirs.update(valid_to=None)


def leave(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Close the accounts and end the posts of these officials, each on the day of the order."""
    for day, some in _by_day(orders).items():
        _close(some, day, now)


@transaction.atomic
def retain_left(now: datetime, *, most: int) -> int:
    """Retain accounts whose holders left 90 days ago, at most so many; return how many."""
    rows = Account.objects.get_queryset().select_for_update(skip_locked=True, of=("self",))
    over = rows.filter(state=State.SUSPENDED, valid_to__lte=now - ANSWERED_FOR).order_by("pk")
    accounts = list(over.select_related("agency")[:most])
    Account.objects.filter(pk__in=[each.pk for each in accounts]).update(state=State.RETAINED)
    chain.record_each("account_retained", accounts, by=None, now=now)
    return len(accounts)


def ask_for_superior(
    account: Account,
    superior: Account,
    *,
    reason: str,
    by: Account,
    now: datetime,
    quiet: bool = False,
) -> SecondOpinion:
    """Ask that a superior may read what somebody left who died or was dismissed; one asks here,
    another officer agrees (`two_officers.agree`).

    quiet: the order says that the official is not to be told. Raises NothingLeftBehind,
    SuperiorMustBeOpen, and as `two_officers.ask` does.
    """
    _left_by(account, now)
    if superior.pk == account.pk or not superior.is_active_at(now):
        raise SuperiorMustBeOpen
    details = {"superior": superior.pk} | ({"quiet": True} if quiet else {})
    return two_officers.ask(
        "superiors_access", account, reason=reason, by=by, now=now, details=details
    )


@two_officers.takes_two(
    "superiors_access",
    title=_("Let the superior read what was left behind"),
    right="accounts.change_official",
)
def _let_superior_in(opinion: SecondOpinion, now: datetime) -> None:
    superior = Account.objects.get_queryset().get(pk=opinion.details["superior"])
    if not superior.is_active_at(now):
        raise SuperiorMustBeOpen
    if superior == opinion.answered_by:
        raise two_officers.NotYourOwn
    change = LEAVE_MAIL_BEHIND[Kind(_left_by(opinion.account, now).kind)]
    quiet = {"quiet": True} if opinion.details.get("quiet") else {}
    consequences.carry_out(change, opinion.account, now=now, superior=superior, **quiet)


def _left_by(account: Account, now: datetime) -> PersonnelOrder:
    """The order by which its holder died or was dismissed; raises NothingLeftBehind."""
    orders = PersonnelOrder.objects.filter(
        official=account.official_id,
        kind__in=LEAVE_MAIL_BEHIND,
        # The one being carried out asks already.
        state__in=(PersonnelOrder.State.SCHEDULED, PersonnelOrder.State.DONE),
        effective_on__lte=timezone.localdate(now),
    )
    newest = orders.order_by("-effective_on", "-pk").first()
    # Whoever came back has an open window again.
    if newest is None or account.valid_to is None or account.valid_to > now:
        raise NothingLeftBehind
    return newest


def _close(orders: list[PersonnelOrder], day: date, now: datetime) -> None:
    """All of one day: in few statements, then what each app hangs on."""
    officials = [order.official_id for order in orders]
    positions = _last_positions(officials, day)
    moving.end_all(officials, day)
    _forget_plans(orders, officials)
    accounts = list(Account.objects.get_queryset().filter(official__in=officials))
    keys = [account.pk for account in accounts]
    # Before their accounts, as the queue's workers lock them.
    unopened = ProvisioningJob.objects.open().filter(account__in=keys).order_by("pk")
    waiting = set(unopened.select_for_update().values_list("account_id", flat=True))
    Account.objects.filter(pk__in=keys).update(state=State.SUSPENDED, valid_to=midnight(day))
    Session.objects.get_queryset().filter(account__in=keys).delete()
    by_official: dict[UUID | None, PersonnelOrder] = {each.official_id: each for each in orders}
    for account in accounts:
        account.state, account.valid_to = State.SUSPENDED, midnight(day)
        if account.pk in waiting:
            _stop_opening(account, now)
        order = by_official[account.official_id]
        _tell(account, order, positions.get(order.official_id), now)


def _tell(
    account: Account, order: PersonnelOrder, position: Position | None, now: datetime
) -> None:
    for_good = order.kind in LEAVE_MAIL_BEHIND
    consequences.carry_out("suspended", account, now=now, for_good=for_good)
    if order.kind not in LEAVE_MAIL_BEHIND:
        until = midnight(order.effective_on) + ANSWERED_FOR
        consequences.carry_out("retained", account, now=now, position=position, until=until)
    elif not _asked_for_superior(account, order, now):
        consequences.carry_out(LEAVE_MAIL_BEHIND[Kind(order.kind)], account, now=now, superior=None)


def _asked_for_superior(account: Account, order: PersonnelOrder, now: datetime) -> bool:
    """Ask for the superior the order names; False where it names none, or none that may be.

    On the day of the order nobody stays in because a superior was closed, or whoever recorded
    it has moved, meanwhile: an officer asks anew. Who records it for today is told at once.
    """
    superior, quiet = _superior_of(order), bool(order.details.get("quiet"))
    if superior is None or order.recorded_by is None:
        return False
    by, why = order.recorded_by, _why(order)
    try:
        ask_for_superior(account, superior, reason=why, by=by, now=now, quiet=quiet)
    except PortalError as refusal:
        if order.recorded_at >= now:
            raise
        logger.warning("Order %s: no superior is asked for (%s).", order.pk, type(refusal).__name__)
        return False
    return True


def _superior_of(order: PersonnelOrder) -> Account | None:
    key = order.details.get("superior")
    return Account.objects.get_queryset().filter(pk=key).first() if key else None


def _why(order: PersonnelOrder) -> str:
    # Read by another officer, in whichever language they read: the order's number says most.
    with override("th"):
        return f"{order.get_kind_display()} {order.order_no}".strip()


def _stop_opening(account: Account, now: datetime) -> None:
    queue.cancel(account, now=now, why=gettext_noop("Its holder has left."))


def _last_positions(officials: list[UUID], day: date) -> dict[UUID, Position]:
    """The substantive post each held on the last day."""
    held = Assignment.objects.filter(official__in=officials, kind=Assignment.Kind.SUBSTANTIVE).on(
        day_before(day)
    )
    rows = held.select_related("position").order_by("pk")
    return {each.official_id: each.position for each in rows}


def _forget_plans(orders: list[PersonnelOrder], officials: list[UUID]) -> None:
    """Whatever else was to happen to them on a later day does not."""
    others = PersonnelOrder.objects.filter(official__in=officials, state__in=_WAITING)
    others.exclude(pk__in=[order.pk for order in orders]).update(
        state=PersonnelOrder.State.WITHDRAWN, due_at=None
    )


def _by_day(orders: Iterable[PersonnelOrder]) -> dict[date, list[PersonnelOrder]]:
    days: dict[date, list[PersonnelOrder]] = defaultdict(list)
    for order in orders:
        days[order.effective_on].append(order)
    return days
