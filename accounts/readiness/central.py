"""Central accounts: one official of an agency that is not ready is let through to the portal.

The letter's clause 1.1 knows "their own or the state's system". Two evaluators decide, by letter
number and until a day; the account then has an address on the central domain, and its opening no
longer waits at the gate. When the day comes the account stays, and the leave is looked at again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate.finding import officials_named
from accounts.models import Account, Agency, CentralGrant, Official
from accounts.people import addresses, joining
from accounts.provisioning import queue
from accounts.readiness import officers
from govmail_portal.errors import PortalError

LONGEST = timedelta(days=366)


class NoCentralDomain(PortalError):
    message = _("This portal has no central domain: set CENTRAL_DOMAIN.")


class NobodysOfficial(PortalError):
    message = _("This official has neither an account nor a post yet. Record who they serve first.")


class NeedsNoLeave(PortalError):
    message = _("The agency is open, or the account is in use: no leave is needed.")


class LetterMissing(PortalError):
    message = _("Give the number of the letter that this rests on.")


class ReasonMissing(PortalError):
    message = _("Say why: the other evaluator must be able to judge it.")


class NotSoLong(PortalError):
    message = _("Leave ends in the future, a year from now at most.")


class WaitsAlready(PortalError):
    message = _("This official has leave already, or it waits for a second evaluator.")


class AnsweredAlready(PortalError):
    message = _("This has been decided on or ended already.")


class AnotherEvaluatorNeeded(PortalError):
    message = _("You proposed it: another evaluator must agree.")


def agency_of(official: Official) -> Agency:
    """Whose official this is: by the account, else by the post. Raises NobodysOfficial."""
    account = _account_of(official)
    if account is not None:
        return account.agency
    post = official.held_position
    if post is None:
        raise NobodysOfficial
    return post.agency


def served_by(official: Official) -> Agency | None:
    """The same, for lists: from what was loaded with the official; None for nobody's."""
    account: Account | None = getattr(official, "account", None)
    post = official.held_position if account is None else None
    return account.agency if account is not None else post.agency if post is not None else None


@transaction.atomic
def propose(
    official: Official,
    *,
    letter_no: str,
    reason: str,
    until: datetime,
    by: Account,
    now: datetime,
) -> CentralGrant:
    """Propose leave for an official until a moment; another evaluator must agree.

    Raises the errors above, and what `officers.must_decide` raises.
    """
    agency = agency_of(official)
    officers.must_decide(by, agency, now=now)
    _must_have_domain()
    if not letter_no.strip():
        raise LetterMissing
    if not reason.strip():
        raise ReasonMissing
    if not now < until <= now + LONGEST:
        raise NotSoLong
    Official.objects.select_for_update(of=("self",)).get(pk=official.pk)
    _must_need_leave(official, agency)
    # Leave whose day has passed makes room for another.
    over = CentralGrant.objects.filter(official=official, ended_at__isnull=True, until__lte=now)
    over.update(ended_at=now)
    try:
        with transaction.atomic():
            grant = CentralGrant.objects.create(
                official=official,
                letter_no=letter_no.strip()[:120],
                reason=reason.strip()[:500],
                until=until,
                decided_by=by,
                decided_at=now,
            )
    except IntegrityError as error:
        raise WaitsAlready from error
    _record("central_proposed", grant, agency, by=by, now=now)
    return grant


@transaction.atomic
def second(grant: CentralGrant, *, by: Account, now: datetime) -> Account:
    """Agree: the official has an address on the central domain, and a place in the queue.

    Gives the account. Raises AnsweredAlready, AnotherEvaluatorNeeded, NeedsNoLeave,
    NoCentralDomain, and what `officers.must_decide` and `addresses` raise.
    """
    held, agency = _waiting(grant, now)
    officers.must_decide(by, agency, now=now)
    if held.decided_by_id == by.pk:
        raise AnotherEvaluatorNeeded
    domain = _must_have_domain()
    _must_need_leave(held.official, agency)
    held.seconded_by, held.seconded_at = by, now
    held.save(update_fields=["seconded_by", "seconded_at"])
    account = _account_of(held.official)
    if account is None:
        account = joining.reserve(held.official, agency, opens=None, domain=domain)
    else:
        addresses.move_to(account, domain, by=by, now=now)
    _record("central_given", held, agency, by=by, now=now)
    if account.state == Account.State.REQUESTED:
        joining.approve(account, by=by, now=now)
    else:
        joining.provision(account, now=now)
    queue.let_through(account, now=now)
    grant.refresh_from_db()
    return account


@transaction.atomic
def end(grant: CentralGrant, *, why: str, by: Account, now: datetime) -> None:
    """Refuse, take back, or end leave; what is open already stays open. Twice is once."""
    agency = agency_of(grant.official)
    officers.must_decide(by, agency, now=now)
    if not why.strip():
        raise ReasonMissing
    kept = CentralGrant.objects.filter(pk=grant.pk, ended_at__isnull=True)
    if kept.update(ended_by=by, ended_at=now, ended_why=why.strip()[:300]):
        grant.refresh_from_db()
        _record("central_ended", grant, agency, by=by, now=now)


def needing_leave(words: str, *, day: date) -> QuerySet[Official]:
    """Officials of agencies that are not open whose accounts are not in use, by every word of
    their names; whose they are, their account says, else the post they hold that day."""
    closed = Agency.objects.order_by().exclude(state__in=Agency.OPEN_STATES)
    unused = Q(account__isnull=True) | Q(account__state__in=addresses.UNTOLD)
    return officials_named(words, closed, day=day).filter(unused)


def waiting() -> QuerySet[CentralGrant]:
    """What waits for a second evaluator, the oldest first."""
    return CentralGrant.objects.waiting().order_by("decided_at", "pk")


def in_force(now: datetime) -> QuerySet[CentralGrant]:
    """Leave that holds, the first to end first."""
    return CentralGrant.objects.in_force(now).order_by("until", "pk")


def to_look_at_again(
    now: datetime, *, within: timedelta = timedelta(days=30)
) -> QuerySet[CentralGrant]:
    """Leave that is over, or soon will be, and was neither ended nor renewed."""
    given = CentralGrant.objects.filter(seconded_at__isnull=False, ended_at__isnull=True)
    return given.filter(until__lte=now + within).order_by("until", "pk")


def _waiting(grant: CentralGrant, now: datetime) -> tuple[CentralGrant, Agency]:
    Official.objects.select_for_update(of=("self",)).get(pk=grant.official_id)
    held = CentralGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if held.seconded_at is not None or held.ended_at is not None or held.until <= now:
        raise AnsweredAlready
    return held, agency_of(held.official)


def _must_have_domain() -> str:
    if not settings.CENTRAL_DOMAIN:
        raise NoCentralDomain
    return settings.CENTRAL_DOMAIN


def _must_need_leave(official: Official, agency: Agency) -> None:
    account = _account_of(official)
    if agency.is_open or (account is not None and account.state not in addresses.UNTOLD):
        raise NeedsNoLeave


def _account_of(official: Official) -> Account | None:
    found = Account.objects.filter(official=official).select_related("agency", "official")
    return found.first()


def _record(act: str, grant: CentralGrant, agency: Agency, *, by: Account, now: datetime) -> None:
    details = {
        "letter": grant.letter_no,
        "reason": grant.reason,
        "until": grant.until.isoformat(),
        "why": grant.ended_why,
    }
    chain.record(act, grant, by=by, now=now, agency=agency, details=details)
