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
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.audit import chain
from accounts.models import Account, PersonnelOrder, ProvisioningJob
from accounts.people import consequences, joining
from accounts.provisioning import queue
from accounts.signing_in import sessions
from govmail_portal.errors import PortalError

State = Account.State


class NotOpenedYet(PortalError):
    message = _(
        "This account has never been opened. Approve it: the queue then opens it, with a mailbox."
    )


class NobodysAnyMore(PortalError):
    message = _(
        "The holder of this account has gone to another agency. It stays as it is, and nobody "
        "signs in by it."
    )


@transaction.atomic
def activate(account: Account, *, now: datetime | None = None, by: Account | None = None) -> None:
    """Let in again whoever was suspended; who is let in already stays so.

    Raises NotOpenedYet: only the queue opens accounts, with all that belongs to one.
    """
    held = _locked(account)
    if held.state in (State.SUSPENDED, State.RETAINED):
        reinstate(account, now=now, by=by)
    elif held.state not in Account.OPEN_STATES:
        raise NotOpenedYet


@transaction.atomic
def suspend(account: Account, *, now: datetime | None = None, by: Account | None = None) -> None:
    """Close the account: every session ends at once, and none can begin; mail is kept.

    One that is being opened is not opened. Raises NotOpenedYet for a mere request; who has
    left is out already, and stays as they are.
    """
    moment = now or timezone.now()
    if not Account.objects.filter(pk=account.pk, state__in=Account.OPEN_STATES).exists():
        # Before the account is locked, as the queue's workers do.
        queue.cancel(account, now=moment, why=gettext_noop("The account was suspended."), by=by)
    held = _locked(account)
    if held.state in (State.REQUESTED, State.APPROVED):
        raise NotOpenedYet
    if held.state in (State.RETAINED, State.DELETED):
        account.state = held.state
        return
    account.state = State.SUSPENDED
    account.save(update_fields=["state"])
    sessions.end_all(account)
    consequences.carry_out("suspended", account, now=moment)
    chain.record("account_suspended", account, by=by, now=moment)


@transaction.atomic
def reinstate(account: Account, *, now: datetime | None = None, by: Account | None = None) -> None:
    """Open a suspended account again. A window that has closed is opened, too; one that will
    close on a day to come still does. What was suspended before it was ever opened goes to
    the queue. Raises NobodysAnyMore."""
    moment = now or timezone.now()
    held = _locked(account)
    if held.official_id is None and held.former_official_id is not None:
        raise NobodysAnyMore
    was_opened = _was_opened(held)
    account.valid_to = held.valid_to
    account.state = State.ACTIVE if was_opened else State.RESERVED
    if account.valid_to is not None and account.valid_to <= moment:
        account.valid_to = None
    elif account.valid_to is not None and was_opened:
        account.state = State.LEAVING
    account.save(update_fields=["state", "valid_to"])
    consequences.carry_out("reinstated", account, now=moment)
    chain.record("account_reinstated", account, by=by, now=moment)
    if not was_opened:
        joining.provision(account, now=moment)


def _locked(account: Account) -> Account:
    """The row as it is now, held to the end: of two officers at once one waits."""
    rows = Account.objects.get_queryset().select_for_update(of=("self",), no_key=True)
    return rows.get(pk=account.pk)


def _was_opened(account: Account) -> bool:
    """Whether the queue ever brought it to its end; without any job others have opened it."""
    jobs = ProvisioningJob.objects.filter(account=account)
    done = jobs.filter(state=ProvisioningJob.State.DONE)
    return account.first_signed_in_at is not None or done.exists() or not jobs.exists()


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
