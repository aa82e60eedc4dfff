"""Delegating: somebody lets another use a mailbox, for a time; every act is in the audit chain.

Who may: the mailbox's own account; for a position's mailbox whoever holds the position
(substantively or acting). HR officers and operators may end delegations, never give one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Assignment
from govmail_portal.errors import NotYours, PortalError
from mailbox.models import Delegation, Mailbox

# Nobody decides further ahead whom they trust; a new delegation is a minute's work.
LONGEST = timedelta(days=366)
# Delegates of one mailbox at a time; an office of fifty is a list, not a trust.
MOST = 50
_GRANTING = (Assignment.Kind.SUBSTANTIVE, Assignment.Kind.ACTING)


class NoSuchColleague(PortalError):
    message = _("Nobody with an open account of the portal has this address.")


class DelegateToOneself(PortalError):
    message = _("You need no delegation for your own mailbox.")


class DelegationDates(PortalError):
    message = _("The last day must be today or later, not before the first, within a year.")


class TooManyDelegates(PortalError):
    message = _("This mailbox has as many delegates as it may have. End one first.")


@dataclass(frozen=True)
class Terms:
    """What a delegate may do, and on which days in Thailand (both count); reading always."""

    may_write: bool = False
    may_send_as: bool = False
    may_send_on_behalf: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    reason: str = ""


def may_grant(mailbox: Mailbox, account: Account, *, on: date | None = None) -> bool:
    """Whether an account decides who else uses this mailbox on a day (today)."""
    if not mailbox.is_open:
        return False
    if mailbox.account_id == account.pk:
        return True
    return mailbox.account_id is not None and mailbox.account_id in _headed_by(account, on)


def granted_by(account: Account, *, on: date | None = None) -> list[Mailbox]:
    """The mailboxes whose delegates this account decides on, its own first; two statements."""
    boxes = Mailbox.objects.readable_by(account).own_first(account)
    found = boxes.select_related("account__official", "account__position", "account__agency")
    mine = {account.pk, *_headed_by(account, on)}
    return [box for box in found if box.account_id in mine]


def holders_of(
    mailboxes: Iterable[Mailbox], *, on: date | None = None
) -> dict[UUID, list[Assignment]]:
    """Who uses these mailboxes by their post on a day (today), those who hold it longest first."""
    offices = {box.account_id: box.pk for box in mailboxes if box.account_id is not None}
    held = Assignment.objects.on(on or timezone.localdate()).order_by("pk")
    rows = held.filter(position__account__in=offices)
    found: dict[UUID, list[Assignment]] = defaultdict(list)
    for row in rows.select_related("official", "position__account"):
        found[offices[row.position.account.pk]].append(row)
    return found


def _headed_by(account: Account, on: date | None) -> set[int]:
    """The accounts of the offices that this one's official heads on a day, or acts for."""
    if account.official_id is None:
        return set()
    held = Assignment.objects.on(on or timezone.localdate()).filter(
        official=account.official_id, kind__in=_GRANTING, position__account__isnull=False
    )
    return set(held.values_list("position__account", flat=True))


@transaction.atomic
def grant(
    mailbox: Mailbox, address: str, terms: Terms, *, by: Account, now: datetime
) -> Delegation:
    """Let the colleague with this address use a mailbox; one they have already is replaced.

    NotYours, NoSuchColleague, DelegateToOneself, DelegationDates, TooManyDelegates.
    """
    if not may_grant(mailbox, by, on=timezone.localdate(now)):
        raise NotYours
    _check_dates(terms, timezone.localdate(now))
    delegate = _colleague(address)
    if delegate.pk in (by.pk, mailbox.account_id):
        raise DelegateToOneself
    # Locked, so that two windows do not make two.
    Mailbox.objects.select_for_update(of=("self",)).get(pk=mailbox.pk)
    standing = Delegation.objects.standing(timezone.localdate(now)).filter(mailbox=mailbox)
    for earlier in standing.filter(account=delegate):
        _end(earlier, by=by, now=now)
    if standing.count() >= MOST:
        raise TooManyDelegates
    return _grant(mailbox, delegate, terms, by=by, now=now)


def hand_over(mailbox: Mailbox, to: Account, terms: Terms, *, now: datetime) -> Delegation:
    """Give access because of an order, not by the owner's wish: nobody is named as giver."""
    return _grant(mailbox, to, terms, by=None, now=now)


@transaction.atomic
def end(delegation: Delegation, *, by: Account, now: datetime) -> None:
    """End a delegation at once: by who may grant it, or by the delegate. NotYours.

    One that is over stays as it is.
    """
    day = timezone.localdate(now)
    if delegation.account_id != by.pk and not may_grant(delegation.mailbox, by, on=day):
        raise NotYours
    _end(delegation, by=by, now=now)


@transaction.atomic
def end_by_officer(delegation: Delegation, *, by: Account, now: datetime) -> None:
    """End it for the agency: the caller has seen that the officer looks after this mailbox."""
    _end(delegation, by=by, now=now)


@transaction.atomic
def end_by_portal(delegation: Delegation, *, now: datetime) -> None:
    """End it because its delegate's service is over."""
    _end(delegation, by=None, now=now)


def _grant(
    mailbox: Mailbox, to: Account, terms: Terms, *, by: Account | None, now: datetime
) -> Delegation:
    sends = terms.may_send_as or terms.may_send_on_behalf
    made = Delegation.objects.create(
        mailbox=mailbox,
        account=to,
        may_write=terms.may_write or sends,
        may_send_as=terms.may_send_as,
        may_send_on_behalf=terms.may_send_on_behalf,
        valid_from=terms.valid_from or timezone.localdate(now),
        valid_to=terms.valid_to,
        reason=terms.reason.replace("\0", "").strip()[:300],
        granted_by=by,
        granted_at=now,
    )
    _record("delegation_granted", made, by=by, now=now)
    return made


def _end(delegation: Delegation, *, by: Account | None, now: datetime) -> None:
    mine = Delegation.objects.filter(pk=delegation.pk, ended_at__isnull=True)
    if mine.update(ended_at=now, ended_by=by):
        delegation.ended_at, delegation.ended_by = now, by
        _record("delegation_ended", delegation, by=by, now=now)


def _record(act: str, delegation: Delegation, *, by: Account | None, now: datetime) -> None:
    owner = delegation.mailbox.account
    chain.record(
        act,
        delegation,
        by=by,
        now=now,
        agency=owner.agency if owner else None,
        details={
            "write": delegation.may_write,
            "send_as": delegation.may_send_as,
            "on_behalf": delegation.may_send_on_behalf,
            "from": delegation.valid_from.isoformat(),
            "to": delegation.valid_to.isoformat() if delegation.valid_to else "",
            "reason": delegation.reason,
        },
    )


def _colleague(address: str) -> Account:
    """A person with an open account; offices cannot be delegates, nobody would be named."""
    found = Account.objects.active().filter(address=address.strip().lower(), official__isnull=False)
    # PostgreSQL takes no text with a NUL, and no address has one.
    account = None if "\0" in address else found.first()
    if account is None:
        raise NoSuchColleague
    return account


def _check_dates(terms: Terms, today: date) -> None:
    first, last = terms.valid_from or today, terms.valid_to
    if last is None or last < max(first, today) or last > today + LONGEST:
        raise DelegationDates
