"""Exemptions: a dated release from a rule, by letter, asked by one officer, agreed by another.

The period goes on running meanwhile: an exemption puts off the blame, never the due date, and
what was done stays done.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate import obligations
from accounts.models import Account, Agency, Assignment, Exemption, MandateRule, Official, OrgUnit
from govmail_portal.errors import PortalError

# Both ends count.
LONGEST = timedelta(days=180)


class TooLong(PortalError):
    message = _("An exemption lasts 180 days at most. A longer one needs a new letter.")


class EndsBeforeItBegins(PortalError):
    message = _("An exemption cannot end before it begins.")


class IsOver(PortalError):
    message = _("These days are over: an exemption is never given for the past alone.")


class LetterMissing(PortalError):
    message = _("Give the number of the letter that the exemption rests on.")


class NobodyToExempt(PortalError):
    message = _("Choose one official or one unit.")


class SecondOfficerNeeded(PortalError):
    message = _("You asked for this exemption. Another officer must agree to it.")


class NotYourOwn(PortalError):
    message = _("Nobody asks for their own exemption, or agrees to it.")


class AnsweredAlready(PortalError):
    message = _("This exemption has been agreed to or withdrawn already.")


def within_reach(agencies: QuerySet[Agency]) -> QuerySet[Exemption]:
    """The exemptions of these agencies' units, and of the officials who are theirs today.

    A former agency, and one that somebody is only seconded to, has no say: the duty goes along
    with the account. Who has no account yet is whose post they hold.
    """
    posts = Assignment.objects.filter(position__agency__in=agencies)
    theirs = Q(official__account__agency__in=agencies)
    coming = Q(official__account__isnull=True, official__in=posts.values("official"))
    return Exemption.objects.filter(Q(unit__agency__in=agencies) | theirs | coming)


@transaction.atomic
def ask(
    *,
    rule: MandateRule,
    reason: str,
    letter_no: str,
    starts_on: date,
    expires_on: date,
    by: Account,
    now: datetime,
    official: Official | None = None,
    unit: OrgUnit | None = None,
) -> Exemption:
    """Ask for a release of one official or one unit; it waits for a second officer.

    Days are days in Thailand, both ends count, at most 180. Raises the errors above.
    """
    if (official is None) == (unit is None):
        raise NobodyToExempt
    if official is not None and official.pk == by.official_id:
        raise NotYourOwn
    if not letter_no.strip():
        raise LetterMissing
    if expires_on < starts_on:
        raise EndsBeforeItBegins
    if expires_on < timezone.localdate(now):
        raise IsOver
    if expires_on - starts_on >= LONGEST:
        raise TooLong
    exemption = Exemption.objects.create(
        rule=rule,
        official=official,
        unit=unit,
        reason=Exemption.Reason(reason),
        letter_no=letter_no.strip(),
        starts_on=starts_on,
        expires_on=expires_on,
        asked_by=by,
    )
    _record("ask_exemption", exemption, by=by, now=now)
    return exemption


@transaction.atomic
def agree(exemption: Exemption, *, by: Account, now: datetime) -> None:
    """Let it hold; another officer than the one who asked. Twice by the same officer is once."""
    held = Exemption.objects.select_for_update(of=("self",)).get(pk=exemption.pk)
    if held.withdrawn_at or (held.approved_by_id and held.approved_by_id != by.pk):
        raise AnsweredAlready
    if held.asked_by_id == by.pk:
        raise SecondOfficerNeeded
    if held.official_id is not None and held.official_id == by.official_id:
        raise NotYourOwn
    if held.approved_at:
        return
    held.approved_by, held.approved_at = by, now
    held.save(update_fields=["approved_by", "approved_at"])
    _record("agree_to_exemption", held, by=by, now=now)
    obligations.recompute(touched(held), now=now, cause="exempted", by=by)


@transaction.atomic
def withdraw(exemption: Exemption, *, by: Account, now: datetime) -> None:
    """End it now, or refuse it; one officer is enough to tighten. Twice is once."""
    held = Exemption.objects.select_for_update(of=("self",)).get(pk=exemption.pk)
    if held.withdrawn_at:
        return
    held.withdrawn_at = now
    held.save(update_fields=["withdrawn_at"])
    _record("withdraw_exemption", held, by=by, now=now)
    obligations.recompute(touched(held), now=now, cause="exemption_withdrawn", by=by)


def touched(exemption: Exemption) -> QuerySet[Official]:
    """Whose duties it changes: the official, or everybody in the unit and in those below it."""
    if exemption.official_id:
        return Official.objects.filter(pk=exemption.official_id)
    assert exemption.unit is not None
    return in_units(below(exemption.unit))


def below(unit: OrgUnit) -> set[int]:
    """The ids of a unit and of all below it; a circle of units ends where it began."""
    found = newest = {unit.pk}
    while newest:
        children = OrgUnit.objects.order_by().filter(parent__in=newest).exclude(pk__in=found)
        newest = set(children.values_list("pk", flat=True))
        found = found | newest
    return found


def in_units(units: set[int]) -> QuerySet[Official]:
    """Whoever has, or had, a post in one of these units."""
    posts = Assignment.objects.filter(position__unit__in=units)
    return Official.objects.filter(pk__in=posts.values("official"))


def agency_of(exemption: Exemption) -> Agency | None:
    """Whose officers are answerable for it: the unit's agency, or the official's account's."""
    if exemption.unit:
        return exemption.unit.agency
    account = Account.objects.filter(official=exemption.official_id).first()
    return account.agency if account else None


def _record(act: str, exemption: Exemption, *, by: Account, now: datetime) -> None:
    details = {
        "rule": exemption.rule_id,
        "reason": exemption.reason,
        "letter": exemption.letter_no,
        "from": f"{exemption.starts_on}",
        "until": f"{exemption.expires_on}",
    }
    agency = agency_of(exemption)
    chain.record(act, exemption, by=by, now=now, agency=agency, details=details)
