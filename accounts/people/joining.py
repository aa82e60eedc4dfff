"""Joining: appointed, or received from outside (บรรจุ, รับโอน); and mailboxes of positions.

A joiner has a post, a duty under the mandate, a reserved address and a place in the queue of
accounts to be opened, all or nothing. Days are days in Thailand, the first in service included.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate import obligations
from accounts.mandate.classes import class_of
from accounts.models import (
    Account,
    Agency,
    DirectorOrAbove,
    Grade,
    Obligation,
    Official,
    Position,
    ProvisioningJob,
)
from accounts.people import addresses, directory
from accounts.people.days import midnight, today
from accounts.provisioning import queue
from accounts.signing_in import second_factor
from govmail_portal.errors import PortalError

State = Account.State
# Others may be given an address in the same moment; so often we look for the next one.
_TRIES = 5


class InServiceElsewhere(PortalError):
    message = _(
        "This official has an account in another agency. Record a transfer; both agencies "
        "must agree to it."
    )


class PositionElsewhere(PortalError):
    message = _("This position belongs to another agency.")


class HasMailbox(PortalError):
    message = _("This position has a mailbox already.")


class NotRequested(PortalError):
    message = _("Only an account that has been requested can be approved.")


@transaction.atomic
def join(
    official: Official,
    *,
    agency: Agency,
    position: Position,
    kind: str,
    valid_from: date | None,
    order_no: str,
    grade: Grade | None = None,
    by: Account | None,
    now: datetime,
) -> Account:
    """Take an official into service: post, duty, reserved address, place in the queue.

    kind: Assignment.Kind. valid_from: the first day; if it lies ahead, the account is made
    ready and opens then. Twice is once. Who had left comes back to the old address; raises
    InServiceElsewhere, PositionElsewhere, NoDomain.
    """
    Official.objects.select_for_update().get(pk=official.pk)
    if position.agency_id != agency.pk:
        raise PositionElsewhere
    account = _account_of(official, agency, valid_from, now=now)
    official.assignments.get_or_create(
        position=position,
        kind=kind,
        valid_from=valid_from,
        defaults={"grade": grade, "order_no": order_no},
    )
    # They were perhaps read before this one was there.
    official = Official.objects.get(pk=official.pk)
    obligations.recompute([official], now=now, cause="joined", by=by)
    directory.list_again(directory.listed(Account.objects.filter(pk=account.pk)))
    chain.record(
        "joined",
        account,
        by=by,
        now=now,
        agency=agency,
        details={"order": order_no, "on": valid_from.isoformat() if valid_from else ""},
    )
    if account.state in (State.REQUESTED, State.APPROVED):
        # The appointment is the approval.
        approve(account, by=by, now=now)
    elif account.state in (State.RESERVED, State.FAILED):
        provision(account, now=now)
    return account


@transaction.atomic
def request_position_mailbox(
    position: Position, *, local_part: str, by: Account | None, now: datetime
) -> Account:
    """Reserve an address such as saraban@ for a position, and have its mailbox opened.

    Raises HasMailbox, and what `addresses.spell_out` raises.
    """
    Position.objects.select_for_update(of=("self",)).get(pk=position.pk)
    if Account.objects.filter(position=position).exists():
        raise HasMailbox
    address = addresses.spell_out(local_part, position.agency, for_office=True)
    try:
        with transaction.atomic():
            account = Account.objects.create_user(
                address, position=position, agency=position.agency, state=State.RESERVED
            )
    except IntegrityError as error:
        raise addresses.AddressTaken from error
    directory.list_again([account])
    chain.record("position_mailbox_requested", account, by=by, now=now)
    provision(account, now=now)
    return account


@transaction.atomic
def approve(account: Account, *, by: Account | None, now: datetime) -> None:
    """Agree to an account somebody requested: its address is reserved, it is in the queue.

    Also to one whose opening was stopped: it stayed reserved, and is asked for anew.
    """
    held = Account.objects.get_queryset().select_for_update(of=("self",)).get(pk=account.pk)
    under_way = ProvisioningJob.objects.open().filter(account=account).exists()
    is_stopped = held.state == State.RESERVED and not under_way
    if held.state not in (State.REQUESTED, State.APPROVED) and not is_stopped:
        raise NotRequested
    account.state = State.RESERVED
    account.save(update_fields=["state"])
    chain.record("account_approved", account, by=by, now=now)
    provision(account, now=now)


def provision(account: Account, *, now: datetime) -> ProvisioningJob:
    """Put an account into the queue at the place of its holder; one that waits moves forward."""
    due_on = None
    queue_class = ProvisioningJob.QueueClass.POSITION
    if account.official is not None:
        duties = Obligation.objects.open().filter(official=account.official)
        due_on = duties.order_by("due_on").values_list("due_on", flat=True).first()
        first_day = today(max(now, account.valid_from or now))
        is_director = class_of(account.official, first_day) == DirectorOrAbove.YES
        classes = ProvisioningJob.QueueClass
        queue_class = classes.DIRECTOR if is_director else classes.REST
    return queue.request(account, queue_class=queue_class, must_be_done_by=due_on, now=now)


def reserve(
    official: Official, agency: Agency, *, opens: datetime | None, domain: str = ""
) -> Account:
    """Give an official without an account a new one, with an address nobody ever had.

    domain: where, if not at the agency's own. Raises NoDomain.
    """
    at = domain or addresses.domain_of(agency)
    for _try in range(_TRIES):
        address = addresses.propose_at(official, at)
        try:
            with transaction.atomic():
                return Account.objects.create_user(
                    address,
                    official=official,
                    agency=agency,
                    state=State.RESERVED,
                    valid_from=opens,
                )
        except IntegrityError:
            continue  # somebody else was given it in this moment
    raise addresses.AddressTaken


def _account_of(
    official: Official, agency: Agency, valid_from: date | None, *, now: datetime
) -> Account:
    """The official's account in this agency: the one there is, the former one again, or new."""
    opens = midnight(valid_from) if valid_from else None
    account = Account.objects.filter(official=official).select_related("agency").first()
    if account is None:
        return reserve(official, agency, opens=opens)
    has_left = account.valid_to is not None and account.valid_to <= now
    if account.agency_id != agency.pk:
        if not has_left:
            raise InServiceElsewhere
        account.official, account.former_official = None, official
        account.save(update_fields=["official", "former_official"])
        return reserve(official, agency, opens=opens)
    if has_left:
        account.state, account.valid_from, account.valid_to = State.RESERVED, opens, None
        # Whoever comes back begins as everybody does: with a first key and a new second factor,
        # not with an old password and an app on a telephone of long ago.
        account.set_unusable_password()
        account.first_signed_in_at = None
        account.save(
            update_fields=["state", "valid_from", "valid_to", "password", "first_signed_in_at"]
        )
        second_factor.forget(account)
    return account
