"""Deeds that take two officers: one asks and says why, another one agrees, and it is done.

Each deed is registered with the right that agreeing to it takes. Nobody may ask for or agree
to a deed on their own account, and nobody agrees to what they asked for themselves (the table
refuses that, too). An opinion is answered once; what was not answered within a week lapses.
A deed of two agencies takes an officer of each: whoever agrees looks after the other side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.models import Account, Agency, SecondOpinion
from accounts.people.reach import is_within_reach
from accounts.signing_in import second_factor
from govmail_portal.errors import PortalError

ANSWERED_WITHIN = timedelta(days=7)
Carry = Callable[[SecondOpinion, datetime], None]
Sides = Callable[[Account], tuple[Agency, ...]]


class NotYourOwn(PortalError):
    message = _("Nobody may ask for this, or agree to it, on their own account.")


class AnotherOfficerNeeded(PortalError):
    message = _("You asked for it yourself: another officer must agree.")


class OtherSideNeeded(PortalError):
    message = _("It was asked for by your side: an officer of the other agency must agree.")


class MayNotAgree(PortalError):
    message = _("You may not agree to this.")
    status = 403


class AlreadyAnswered(PortalError):
    message = _("Somebody has answered this already.")


class Lapsed(PortalError):
    message = _("Nobody answered this within a week. Ask again.")


class ReasonNeeded(PortalError):
    message = _("Say why: the other officer must be able to judge it.")


def _its_agency(account: Account) -> tuple[Agency, ...]:
    return (account.agency,)


@dataclass(frozen=True)
class Deed:
    """A deed for two. right: what agreeing takes; carry_out(opinion, now) does it.

    sides: whose officers ask and agree; of two agencies one asks and the other agrees.
    """

    name: str
    title: Promise | str
    right: str
    carry_out: Carry
    sides: Sides = _its_agency


_DEEDS: dict[str, Deed] = {}


def takes_two(
    name: str, *, title: Promise | str, right: str, sides: Sides = _its_agency
) -> Callable[[Carry], Carry]:
    """Register what is done once two officers agree: called as `carry(opinion, now)`."""

    def register(carry: Carry) -> Carry:
        _DEEDS[name] = Deed(name, title, right, carry, sides)
        return carry

    return register


def title_of(opinion: SecondOpinion) -> str:
    """What was asked for, in the reader's language."""
    deed = _DEEDS.get(opinion.deed)
    return str(deed.title) if deed else opinion.deed


def deeds() -> list[Deed]:
    """Every deed that takes two, by name."""
    return [_DEEDS[name] for name in sorted(_DEEDS)]


@transaction.atomic
def ask(
    deed: str,
    account: Account,
    *,
    reason: str,
    by: Account,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> SecondOpinion:
    """Ask for a deed; one that is open already is given back, not doubled.

    Raises NotYourOwn, MayNotAgree (the account is out of reach), ReasonNeeded.
    """
    wanted = _DEEDS[deed]
    sides = wanted.sides(account)
    side = _side_reached(by, account, sides)
    if not reason.strip():
        raise ReasonNeeded
    # Two officers who ask at once are one question.
    Account.objects.select_for_update().get(pk=account.pk)
    already = waiting(now).filter(deed=wanted.name, account=account).first()
    if already is not None:
        return already
    opinion = SecondOpinion.objects.create(
        deed=wanted.name,
        account=account,
        reason=reason.strip()[:300],
        details=(details or {}) | ({"side": side.pk} if len(sides) > 1 else {}),
        asked_by=by,
        asked_at=now,
    )
    chain.record(f"{deed}_asked", account, by=by, now=now, details={"reason": opinion.reason})
    return opinion


@transaction.atomic
def agree(opinion: SecondOpinion, *, by: Account, now: datetime) -> None:
    """Agree, and carry the deed out in the same transaction.

    Raises AnotherOfficerNeeded, OtherSideNeeded, NotYourOwn, MayNotAgree, AlreadyAnswered, Lapsed.
    """
    asked = _answerable(opinion, by, now)
    if asked.asked_by_id == by.pk:
        raise AnotherOfficerNeeded
    _must_be_other_side(asked, by)
    _answer(asked, by, now, is_agreed=True)
    _DEEDS[asked.deed].carry_out(asked, now)
    details = {"asked by": asked.asked_by.address, "reason": asked.reason}
    chain.record(f"{asked.deed}_agreed", asked.account, by=by, now=now, details=details)


@transaction.atomic
def refuse(opinion: SecondOpinion, *, by: Account, now: datetime) -> None:
    """Refuse; whoever asked may take it back so, too. Raises as `agree` does."""
    asked = _answerable(opinion, by, now)
    _answer(asked, by, now, is_agreed=False)
    chain.record(f"{asked.deed}_refused", asked.account, by=by, now=now)


def waiting(now: datetime) -> QuerySet[SecondOpinion]:
    """The opinions nobody has answered and that have not lapsed."""
    return SecondOpinion.objects.filter(
        answered_at__isnull=True, asked_at__gt=now - ANSWERED_WITHIN
    )


def _answerable(opinion: SecondOpinion, by: Account, now: datetime) -> SecondOpinion:
    """The opinion, locked, if this officer may answer it now."""
    asked = SecondOpinion.objects.select_for_update().get(pk=opinion.pk)
    _side_reached(by, asked.account, _DEEDS[asked.deed].sides(asked.account))
    if by.pk != asked.asked_by_id and not by.has_perm(_DEEDS[asked.deed].right):
        raise MayNotAgree
    if asked.answered_at is not None:
        raise AlreadyAnswered
    if asked.asked_at <= now - ANSWERED_WITHIN:
        raise Lapsed
    return asked


def _answer(opinion: SecondOpinion, by: Account, now: datetime, *, is_agreed: bool) -> None:
    opinion.answered_by, opinion.answered_at, opinion.is_agreed = by, now, is_agreed
    opinion.save(update_fields=["answered_by", "answered_at", "is_agreed"])


def _side_reached(by: Account, account: Account, sides: tuple[Agency, ...]) -> Agency:
    """The first of the sides this officer looks after; nobody acts on an account of their own."""
    holders = (account.official_id, account.former_official_id)
    if by.pk == account.pk or (by.official_id is not None and by.official_id in holders):
        raise NotYourOwn
    reached = next((side for side in sides if is_within_reach(by, side)), None)
    if reached is None:
        raise MayNotAgree
    return reached


def _must_be_other_side(asked: SecondOpinion, by: Account) -> None:
    """Of a deed of two agencies, whoever agrees looks after the one that did not ask."""
    if "side" not in asked.details:
        return
    others = [
        side for side in _DEEDS[asked.deed].sides(asked.account) if side.pk != asked.details["side"]
    ]
    if not any(is_within_reach(by, side) for side in others):
        raise OtherSideNeeded


@takes_two(
    "reset_second_factor",
    title=_("Reset the second factor"),
    right="accounts.reset_second_factor",
)
def _forget_second_factor(opinion: SecondOpinion, now: datetime) -> None:
    second_factor.forget(opinion.account)
