"""Opening and closing accounts: what an officer decides, at once.

Whether the door is open now is computed from it and from the account's window
(`Account.is_active`): nobody is let in before their first day or after their last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import chain
from accounts.models import Account, PersonnelOrder
from accounts.people import consequences
from accounts.signing_in import sessions

State = Account.State


@transaction.atomic
def activate(account: Account, *, now: datetime | None = None, by: Account | None = None) -> None:
    """Let the account's holder sign in; one that was suspended is reinstated."""
    if account.state in (State.SUSPENDED, State.RETAINED):
        reinstate(account, now=now, by=by)
        return
    account.state = State.ACTIVE
    account.save(update_fields=["state"])
    chain.record("account_activated", account, by=by, now=now or timezone.now())


@transaction.atomic
def suspend(account: Account, *, now: datetime | None = None, by: Account | None = None) -> None:
    """Close the account: every session ends at once, and none can begin; mail is kept."""
    moment = now or timezone.now()
    account.state = State.SUSPENDED
    account.save(update_fields=["state"])
    sessions.end_all(account)
    consequences.carry_out("suspended", account, now=moment)
    chain.record("account_suspended", account, by=by, now=moment)


@transaction.atomic
def reinstate(account: Account, *, now: datetime | None = None, by: Account | None = None) -> None:
    """Open a suspended account again. A window that has closed is opened, too; one that will
    close on a day to come still does."""
    moment = now or timezone.now()
    account.state = State.ACTIVE
    if account.valid_to is not None and account.valid_to <= moment:
        account.valid_to = None
    elif account.valid_to is not None:
        account.state = State.LEAVING
    account.save(update_fields=["state", "valid_to"])
    consequences.carry_out("reinstated", account, now=moment)
    chain.record("account_reinstated", account, by=by, now=moment)


def suspend_by(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """Suspended from service (พักราชการ): at once, the posts stay, the mail is kept."""
    for account, order in _accounts_of(orders):
        suspend(account, now=now, by=order.recorded_by)


def reinstate_by(orders: Sequence[PersonnelOrder], now: datetime) -> None:
    """The suspension, or a dismissal, was undone."""
    for account, order in _accounts_of(orders):
        reinstate(account, now=now, by=order.recorded_by)


def _accounts_of(
    orders: Sequence[PersonnelOrder],
) -> list[tuple[Account, PersonnelOrder]]:
    by_official: dict[UUID | None, PersonnelOrder] = {each.official_id: each for each in orders}
    rows = Account.objects.get_queryset().filter(official__in=by_official)
    return [(account, by_official[account.official_id]) for account in rows]
